"""A ConfigMap that nothing names is a change that somebody believes to be in effect."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    configuration_of,
    rule,
    same_namespace,
)

# Programs find them by a label or an annotation: dashboards, rules, elections, add-ons, exports.
_FOUND_BY = re.compile(
    r"grafana_\w+|grafana[./-].*|.*dashboard.*|.*istio.*|.*leader.*|addonmanager\.kubernetes\.io/.*"
    r"|.*(?:sidecar|discover|inject|reflect|replicat|sync-to|watch).*|prometheus.*|velero\.io/.*"
    r"|argocd\.argoproj\.io/hook|helm\.sh/hook|app\.kubernetes\.io/part-of|tekton\.dev/.*"
    r"|config\.\w+\.k8s\.io/.*|console\.openshift\.io/.*|kustomize\.toolkit\.fluxcd\.io/.*"
)
# Programs of the cluster look for them by these names.
_BY_NAME = re.compile(
    r"aws-auth|aws-logging|amazon-vpc-cni|coredns(?:-custom)?|kube-dns|kube-proxy(?:-config)?"
    r"|cluster-info|kubeadm-config|kubelet-config.*|kube-root-ca\.crt|extension-apiserver-auth.*"
    r"|cluster-autoscaler-.*|ip-masq-agent.*|(?:container-azm-ms|ama-metrics)-.*|istio.*|calico-.*"
    r"|config-.+|argocd-.+|workflow-controller-configmap|.*-lock|local-registry-hosting|.*-leader.*"
    r"|nginx-.*|ingress-nginx-.*|tcp-services|udp-services|.*-custom-metrics.*|feature-flags"
    r"|velero.*|change-storage-class-config|strimzi-.*|special-resource-.*"
)
_WORD = re.compile(r"[a-z0-9](?:[-.a-z0-9]*[a-z0-9])?")
# They say what the object itself is, or whom it selects, not what it reads.
_NOT_NAMING = frozenset({"labels", "matchLabels", "selector", "namespace"})


@rule(
    id="SAF062",
    title="ConfigMap is named by nothing",
    group="disputed",
    kinds=["ConfigMap"],
    references=[
        "https://kubernetes.io/docs/concepts/configuration/configmap/",
    ],
)
def config_unused(config: Resource, inventory: Inventory) -> Iterator[Problem]:
    name = config.get("metadata", "name").text()
    marks = (*config.annotations, *config.labels)
    if not name or _BY_NAME.fullmatch(name) or any(map(_FOUND_BY.fullmatch, marks)):
        raise NotApplicable("a program finds it by its name, its labels or its annotations")
    if name in inventory.index(_words):
        return
    readers = inventory.index(_readers).get(same_namespace(config.namespace), {})
    folder = config.path.rpartition("/")[0]
    if folder not in readers:
        raise UnknownValue("the scan holds no pods beside it that read a ConfigMap")
    if not readers[folder]:
        raise UnknownValue("a pod beside it names its ConfigMaps by values that are not known")
    unread = inventory.unread(near=config.path)
    if unread is not None:
        raise UnknownValue(f"it may be named in what was not read: {unread}")
    yield Problem(config.get("metadata", "name"), f"nothing in the scan names ConfigMap '{name}'")


def _words(inventory: Inventory) -> set[str]:
    """Every word of every text that may name a ConfigMap."""
    found: set[str] = set()
    for resource in inventory.resources:
        own = resource.get("metadata", "name").path if resource.kind == "ConfigMap" else ()
        for node in resource.node.walk():
            if type(node.value) is str and node.path != own and not _describes(node):
                found.update(_WORD.findall(node.value))
    return found


def _describes(node: Node) -> bool:
    *above, last = node.path
    if above == ["metadata"] and last == "name":
        return True
    return not _NOT_NAMING.isdisjoint(map(str, node.path))


def _readers(inventory: Inventory) -> dict[str, dict[str, bool]]:
    """By namespace and folder: whether all names that pods read ConfigMaps by are known."""
    found: dict[str, dict[str, bool]] = {}
    for workload in inventory.workloads:
        folder = workload.resource.path.rpartition("/")[0]
        folders = found.setdefault(same_namespace(workload.namespace), {})
        try:
            names = [use.node for use in configuration_of(workload) if use.kind == "ConfigMap"]
        except UnknownValue:
            folders[folder] = False
            continue
        if names:
            folders[folder] = folders.get(folder, True) and all(name.known for name in names)
    return found
