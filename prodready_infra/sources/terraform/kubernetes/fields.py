"""How the Kubernetes provider spells the fields of the API: tables, and nothing else.

Blocks and arguments are the API's fields in snake case; what the provider does otherwise stands
here, each with the page that says so. ``D`` below is
https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs/resources
"""

from typing import Any

# Resource types with a version in their name, and those without where they differ from these.
# A type without one keeps to the API of its time, which may be gone from today's clusters:
# https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs/guides/versioned-resources
_KINDS = {
    "cluster_role_binding": ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    "cluster_role": ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    "config_map": ("v1", "ConfigMap"),
    "daemon_set": ("apps/v1", "DaemonSet"),
    "deployment": ("apps/v1", "Deployment"),
    "ingress_class": ("networking.k8s.io/v1", "IngressClass"),
    "job": ("batch/v1", "Job"),
    "limit_range": ("v1", "LimitRange"),
    "mutating_webhook_configuration": (
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
    ),
    "namespace": ("v1", "Namespace"),
    "network_policy": ("networking.k8s.io/v1", "NetworkPolicy"),
    "persistent_volume": ("v1", "PersistentVolume"),
    "persistent_volume_claim": ("v1", "PersistentVolumeClaim"),
    "pod": ("v1", "Pod"),
    "priority_class": ("scheduling.k8s.io/v1", "PriorityClass"),
    "replication_controller": ("v1", "ReplicationController"),
    "resource_quota": ("v1", "ResourceQuota"),
    "role_binding": ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    "role": ("rbac.authorization.k8s.io/v1", "Role"),
    "secret": ("v1", "Secret"),
    "service": ("v1", "Service"),
    "service_account": ("v1", "ServiceAccount"),
    "stateful_set": ("apps/v1", "StatefulSet"),
    "storage_class": ("storage.k8s.io/v1", "StorageClass"),
    "validating_webhook_configuration": (
        "admissionregistration.k8s.io/v1",
        "ValidatingWebhookConfiguration",
    ),
}
TYPES: dict[str, tuple[str, str]] = {
    **{f"kubernetes_{name}": api for name, api in _KINDS.items()},
    **{f"kubernetes_{name}_v1": api for name, api in _KINDS.items()},
    "kubernetes_daemonset": ("apps/v1", "DaemonSet"),
    "kubernetes_cron_job": ("batch/v1beta1", "CronJob"),
    "kubernetes_cron_job_v1": ("batch/v1", "CronJob"),
    "kubernetes_horizontal_pod_autoscaler": ("autoscaling/v1", "HorizontalPodAutoscaler"),
    "kubernetes_horizontal_pod_autoscaler_v1": ("autoscaling/v1", "HorizontalPodAutoscaler"),
    "kubernetes_horizontal_pod_autoscaler_v2": ("autoscaling/v2", "HorizontalPodAutoscaler"),
    "kubernetes_horizontal_pod_autoscaler_v2beta2": (
        "autoscaling/v2beta2",
        "HorizontalPodAutoscaler",
    ),
    "kubernetes_ingress": ("networking.k8s.io/v1beta1", "Ingress"),
    "kubernetes_ingress_v1": ("networking.k8s.io/v1", "Ingress"),
    "kubernetes_pod_disruption_budget": ("policy/v1beta1", "PodDisruptionBudget"),
    "kubernetes_pod_disruption_budget_v1": ("policy/v1", "PodDisruptionBudget"),
}
# With one of these in its spec it is an object of the newer version, says the page of
# the resource, D/horizontal_pod_autoscaler.
NEWER = {
    "kubernetes_horizontal_pod_autoscaler": (("metric", "behavior"), "autoscaling/v2beta2"),
}

# The arguments of the object itself; the others are the provider's own (``wait_for_rollout``) or
# Terraform's (``lifecycle``, ``timeouts``).
TOP = frozenset(
    {
        "aggregation_rule",
        "allow_volume_expansion",
        "allowed_topologies",
        "automount_service_account_token",
        "binary_data",
        "data",
        "description",
        "global_default",
        "image_pull_secret",
        "immutable",
        "metadata",
        "mount_options",
        "parameters",
        "preemption_policy",
        "reclaim_policy",
        "role_ref",
        "rule",
        "secret",
        "spec",
        "storage_provisioner",
        "subject",
        "type",
        "value",
        "volume_binding_mode",
        "webhook",
    }
)

# Names that are not the snake case of the field; those of ``(parent, name)`` only there. The
# parent of an argument of the object is its kind.
NAMES: dict[str | tuple[str, str], str] = {
    "client_ip": "clientIP",
    "cluster_ip": "clusterIP",
    "cluster_ips": "clusterIPs",
    "data_disk_uri": "diskURI",
    "downward_api": "downwardAPI",
    "external_ips": "externalIPs",
    "host_ip": "hostIP",
    "host_ipc": "hostIPC",
    "host_pid": "hostPID",
    "load_balancer_ip": "loadBalancerIP",
    "match_expression": "matchExpressions",
    "non_resource_urls": "nonResourceURLs",
    "pd_id": "pdID",
    "pod_cidr": "podCIDR",
    "pod_cidrs": "podCIDRs",
    "run_as_username": "runAsUserName",
    "set_hostname_as_fqdn": "setHostnameAsFQDN",
    "storage_provisioner": "provisioner",
    "target_cpu_utilization_percentage": "targetCPUUtilizationPercentage",
    "volume_id": "volumeID",
    # Plain text in the configuration; the provider encodes it: D/secret_v1
    ("Secret", "data"): "stringData",
    ("Secret", "binary_data"): "data",
}
# Blocks that may be repeated, and the lists they are the elements of. Any other block is a single
# object, unless it is written several times.
LISTS: dict[str | tuple[str, str], str] = {
    "allowed_topologies": "allowedTopologies",
    "cluster_role_selectors": "clusterRoleSelectors",
    "container": "containers",
    "egress": "egress",
    "env": "env",
    "env_from": "envFrom",
    "from": "from",
    "host_aliases": "hostAliases",
    "http_header": "httpHeaders",
    "image_pull_secret": "imagePullSecrets",
    "image_pull_secrets": "imagePullSecrets",
    "ingress": "ingress",
    "init_container": "initContainers",
    "items": "items",
    "limit": "limits",
    "match_expression": "matchExpressions",
    "match_expressions": "matchExpressions",
    "match_fields": "matchFields",
    "match_label_expressions": "matchLabelExpressions",
    "metric": "metrics",
    "node_selector_term": "nodeSelectorTerms",
    "on_pod_condition": "onPodConditions",
    "option": "options",
    "path": "paths",
    "policy": "policies",
    "port": "ports",
    "ports": "ports",
    "preferred_during_scheduling_ignored_during_execution": (
        "preferredDuringSchedulingIgnoredDuringExecution"
    ),
    "readiness_gate": "readinessGates",
    "required_during_scheduling_ignored_during_execution": (
        "requiredDuringSchedulingIgnoredDuringExecution"
    ),
    "rule": "rules",
    "sources": "sources",
    "subject": "subjects",
    "sysctl": "sysctls",
    "tls": "tls",
    "to": "to",
    "toleration": "tolerations",
    "topology_spread_constraint": "topologySpreadConstraints",
    "volume": "volumes",
    "volume_claim_template": "volumeClaimTemplates",
    "volume_device": "volumeDevices",
    "volume_mount": "volumeMounts",
    "webhook": "webhooks",
    ("ServiceAccount", "secret"): "secrets",
}
SINGLE = frozenset(
    {
        ("ephemeral", "volume_claim_template"),
        ("external", "metric"),
        ("node_affinity", "required_during_scheduling_ignored_during_execution"),
        ("object", "metric"),
        ("pods", "metric"),
        ("service", "port"),
    }
)
# The fields of the block belong to what is around it: D/persistent_volume_v1
INLINE = frozenset({"persistent_volume_source"})
# Maps, which older versions of the provider took as blocks:
# https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs/guides/v2-upgrade-guide
MAP_BLOCKS = frozenset({("resources", "limits"), ("resources", "requests")})

# Numbers, or numbers or names, which the provider takes as strings, or Terraform converts.
INTEGERS = frozenset(
    {
        "active_deadline_seconds",
        "average_utilization",
        "backoff_limit",
        "completions",
        "container_port",
        "end_port",
        "expiration_seconds",
        "failed_jobs_history_limit",
        "failure_threshold",
        "fs_group",
        "health_check_node_port",
        "host_port",
        "initial_delay_seconds",
        "max_replicas",
        "max_skew",
        "max_surge",
        "max_unavailable",
        "min_available",
        "min_domains",
        "min_ready_seconds",
        "min_replicas",
        "node_port",
        "number",
        "parallelism",
        "partition",
        "period_seconds",
        "port",
        "priority",
        "progress_deadline_seconds",
        "replicas",
        "revision_history_limit",
        "run_as_group",
        "run_as_user",
        "service_port",
        "stabilization_window_seconds",
        "starting_deadline_seconds",
        "success_threshold",
        "successful_jobs_history_limit",
        "supplemental_groups",
        "target_cpu_utilization_percentage",
        "target_port",
        "termination_grace_period_seconds",
        "timeout_seconds",
        "toleration_seconds",
        "ttl_seconds_after_finished",
        "weight",
    }
)
OCTAL = frozenset({"default_mode", "mode"})
BOOLEANS = frozenset(
    {
        "allow_privilege_escalation",
        "allow_volume_expansion",
        "automount_service_account_token",
        "enable_service_links",
        "global_default",
        "host_ipc",
        "host_network",
        "host_pid",
        "immutable",
        "optional",
        "privileged",
        "publish_not_ready_addresses",
        "read_only",
        "read_only_root_filesystem",
        "run_as_non_root",
        "share_process_namespace",
        "suspend",
    }
)
# ``value`` is a string of these; a PriorityClass's is a number.
TEXTS = frozenset({("env", "value"), ("option", "value"), ("http_header", "value")})

# What the provider sends where nothing is written, and the API would do otherwise. Its
# ``replicas`` is computed, and so 1 as the API has it.
_POD: dict[str, Any] = {"automountServiceAccountToken": True}  # since 2.0: D/pod_v1
DEFAULTS: dict[tuple[str, str], dict[str, Any]] = {
    ("Pod", "spec"): _POD,
    ("template", "spec"): _POD,
    ("", "StorageClass"): {"allowVolumeExpansion": True},  # D/storage_class_v1
    ("http", "path"): {"pathType": "ImplementationSpecific"},  # D/ingress_v1
}
