"""What users call must come back when its node goes away, and a pod alone does not."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Workload,
    callers_of,
    rule,
    workloads_behind,
)

# What controllers write on their pods, which a copy without ownerReferences still shows.
_CONTROLLER_LABELS = ("pod-template-hash", "controller-revision-hash")
# Written by the kubelet, by Helm or by Argo CD: somebody looks after such a pod, or it is a test.
_MANAGED = (
    "kubernetes.io/config.mirror",
    "kubernetes.io/config.source",
    "helm.sh/hook",
    "argocd.argoproj.io/hook",
)


@rule(
    id="SAF037",
    title="Pod without a controller takes traffic",
    group="availability",
    kinds=["Pod"],
    references=[
        "https://kubernetes.io/docs/concepts/configuration/overview/#naked-pods-vs-replicasets-deployments-and-jobs",
        "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-lifetime",
    ],
)
def naked_pod(pod: Workload, inventory: Inventory) -> Iterator[Problem]:
    labels = pod.get("metadata", "labels")
    if pod.get("metadata", "ownerReferences") or any(map(labels.get, _CONTROLLER_LABELS)):
        return
    annotations = pod.get("metadata", "annotations")
    mark = next((name for name in _MANAGED if annotations.get(name).present), "")
    if mark or pod.namespace == "kube-system":
        raise NotApplicable(f"it is no pod of a service ({mark or 'namespace kube-system'})")
    if pod.pod.get("restartPolicy").text("Always") != "Always":
        raise NotApplicable("it runs once, and ends")
    services = callers_of(inventory, pod)
    if not services:
        raise NotApplicable("no Service of the scan sends it requests")
    others = (w for service in services for w in workloads_behind(inventory, service))
    controller = next((w for w in others if w.kind != "Pod"), None)
    if controller is not None:
        raise NotApplicable(f"its Service has the pods of {controller.address} too")
    yield Problem(
        pod.get("metadata", "name"),
        "no controller owns this Pod: when its node is drained or dies, nothing starts it again",
        ((services[0].node, "this Service sends it requests"),),
    )
