"""All that a policy may import: the model, the relations, and what declares a rule."""

from prodready_infra.errors import NotApplicable, UnknownValue
from prodready_infra.findings import Category
from prodready_infra.model.alerting import (
    CONFIG_TEXT,
    Alert,
    Matcher,
    Receiver,
    Route,
    Routing,
    Routings,
    alert_of,
    routing_of,
    routings,
)
from prodready_infra.model.api_versions import REMOVED_API_KINDS, ApiRemoval, api_removal
from prodready_infra.model.base_images import entrypoint_drops_root, runs_as_root
from prodready_infra.model.clusters import Cluster, Release, clusters_of, expect_all_nodes
from prodready_infra.model.configuration import (
    ConfigUse,
    Producer,
    configuration_of,
    producers_of,
)
from prodready_infra.model.container import Container, EnvVar, Probe
from prodready_infra.model.cron import Schedule, parse_schedule, schedule_of
from prodready_infra.model.databases import belongs_to_aurora, is_replica
from prodready_infra.model.durations import duration
from prodready_infra.model.exposure import (
    GATEWAY_ROUTES,
    ROUTE_KINDS,
    Backend,
    Exposure,
    backend_service,
    backends_of,
    exposures_of,
    nearest_exposure,
    routes_to,
    service_of_host,
)
from prodready_infra.model.image import Image, parse_image
from prodready_infra.model.inventory import Inventory, beside, nearest, same_namespace, together
from prodready_infra.model.json_text import json_of
from prodready_infra.model.limits import effective_limit, effective_request, pod_request
from prodready_infra.model.network import (
    CILIUM_CLUSTERWIDE,
    CILIUM_POLICY,
    NETWORK_POLICY,
    NETWORK_POLICY_KINDS,
    NetworkPolicy,
    network_policies,
    policies_of,
    policies_perhaps_of,
    workloads_perhaps_under,
    workloads_under,
)
from prodready_infra.model.node import Node, Unknown, is_unknown
from prodready_infra.model.node_groups import ONE_SUBNET, NodeGroup
from prodready_infra.model.node_sizes import NodeSize, node_size
from prodready_infra.model.provider_defaults import setting
from prodready_infra.model.quantity import quantity, share
from prodready_infra.model.references import Flaw, flaws_of
from prodready_infra.model.relations import (
    budgets_of,
    callers_of,
    pod_monitors_of,
    service_monitors_of,
    services_of,
    serving_ports,
    workloads_behind,
    workloads_counted,
    workloads_perhaps_counted,
)
from prodready_infra.model.resource import Resource, kubernetes_kind
from prodready_infra.model.scaling import Scaler, replica_floor, scaler_of, scalers
from prodready_infra.model.secrets import Secret, SecretKind, classify, is_secret_name, scan_text
from prodready_infra.model.selector import Selector, label_selector
from prodready_infra.model.shell import ShellCommand, pipelines, split_commands
from prodready_infra.model.stage import Instruction, Stage
from prodready_infra.model.target_groups import (
    TARGET_GROUP_BINDING,
    binds_pods,
    target_groups_of,
)
from prodready_infra.model.workload import (
    LONG_RUNNING,
    SCALABLE,
    SERVING,
    WORKLOAD_KINDS,
    Workload,
)
from prodready_infra.rules.rule import Lifecycle, Problem, Rule, rule

__all__ = [
    "CILIUM_CLUSTERWIDE",
    "CILIUM_POLICY",
    "CONFIG_TEXT",
    "GATEWAY_ROUTES",
    "LONG_RUNNING",
    "NETWORK_POLICY",
    "NETWORK_POLICY_KINDS",
    "ONE_SUBNET",
    "REMOVED_API_KINDS",
    "ROUTE_KINDS",
    "SCALABLE",
    "SERVING",
    "TARGET_GROUP_BINDING",
    "WORKLOAD_KINDS",
    "Alert",
    "ApiRemoval",
    "Backend",
    "Category",
    "Cluster",
    "ConfigUse",
    "Container",
    "EnvVar",
    "Exposure",
    "Flaw",
    "Image",
    "Instruction",
    "Inventory",
    "Lifecycle",
    "Matcher",
    "NetworkPolicy",
    "Node",
    "NodeGroup",
    "NodeSize",
    "NotApplicable",
    "Probe",
    "Problem",
    "Producer",
    "Receiver",
    "Release",
    "Resource",
    "Route",
    "Routing",
    "Routings",
    "Rule",
    "Scaler",
    "Schedule",
    "Secret",
    "SecretKind",
    "Selector",
    "ShellCommand",
    "Stage",
    "Unknown",
    "UnknownValue",
    "Workload",
    "alert_of",
    "api_removal",
    "backend_service",
    "backends_of",
    "belongs_to_aurora",
    "beside",
    "binds_pods",
    "budgets_of",
    "callers_of",
    "classify",
    "clusters_of",
    "configuration_of",
    "duration",
    "effective_limit",
    "effective_request",
    "entrypoint_drops_root",
    "expect_all_nodes",
    "exposures_of",
    "flaws_of",
    "is_replica",
    "is_secret_name",
    "is_unknown",
    "json_of",
    "kubernetes_kind",
    "label_selector",
    "nearest",
    "nearest_exposure",
    "network_policies",
    "node_size",
    "parse_image",
    "parse_schedule",
    "pipelines",
    "pod_monitors_of",
    "pod_request",
    "policies_of",
    "policies_perhaps_of",
    "producers_of",
    "quantity",
    "replica_floor",
    "routes_to",
    "routing_of",
    "routings",
    "rule",
    "runs_as_root",
    "same_namespace",
    "scaler_of",
    "scalers",
    "scan_text",
    "schedule_of",
    "service_monitors_of",
    "service_of_host",
    "services_of",
    "serving_ports",
    "setting",
    "share",
    "split_commands",
    "target_groups_of",
    "together",
    "workloads_behind",
    "workloads_counted",
    "workloads_perhaps_counted",
    "workloads_perhaps_under",
    "workloads_under",
]
