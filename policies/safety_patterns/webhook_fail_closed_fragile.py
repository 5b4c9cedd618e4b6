"""A webhook that every pod must pass must not be down when pods have to start."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    SCALABLE,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    Selector,
    UnknownValue,
    Workload,
    label_selector,
    replica_floor,
    rule,
    workloads_behind,
)

# What an outage of the webhook would keep from being created or changed.
_PODS = {("", "pods")}
_CORE = _PODS | {
    ("apps", kind) for kind in ("deployments", "replicasets", "statefulsets", "daemonsets")
}
_NAMESPACE_LABEL = "kubernetes.io/metadata.name"
_SYSTEM = "kube-system"
_LONGEST = 10


@rule(
    id="SAF065",
    title="webhook that fails closed is itself not highly available",
    group="availability",
    kinds=["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    references=[
        "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/",
        "https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/",
    ],
)
def webhook_fail_closed_fragile(configuration: Resource, inventory: Inventory) -> Iterator[Problem]:
    closed = [w for w in configuration.get("webhooks").items() if _closed(configuration, w)]
    if not closed:
        raise NotApplicable("none of its webhooks can keep pods or their controllers from starting")
    doubt: UnknownValue | None = None
    for cause in (_too_few, _locks_itself_out, _too_slow):
        for webhook in closed:
            try:
                problem = cause(configuration, webhook, inventory)
            except UnknownValue as signal:
                doubt = doubt or signal
                continue
            if problem is not None:
                yield problem
                break
    if doubt is not None:
        raise doubt


def _closed(configuration: Resource, webhook: Node) -> bool:
    """``failurePolicy`` is Fail in v1 where it is absent, and was Ignore before."""
    old = configuration.api_version.endswith("beta1")
    return webhook.get("failurePolicy").text("Ignore" if old else "Fail") == "Fail" and _takes(
        webhook, _CORE
    )


def _takes(webhook: Node, objects: set[tuple[str, str]]) -> bool:
    """Whether one of its rules is about creating one of the objects, or changing it."""
    return any(
        _words(each, "operations") & {"*", "CREATE"}
        and _words(each, "apiGroups") & {"*", group}
        and _words(each, "resources") & {"*", "*/*", resource}
        for each in webhook.get("rules").items()
        for group, resource in objects
    )


def _words(node: Node, field: str) -> set[str]:
    return {word.text() for word in node.get(field).items()}


def _behind(webhook: Node, inventory: Inventory, near: str) -> tuple[str, list[Workload]]:
    """The namespace of the Service it calls, and the workloads behind that."""
    ref = webhook.get("clientConfig", "service")
    name, namespace = ref.get("name").text(), ref.get("namespace").text()
    service = inventory.named("Service", namespace, name, near=near) if name else None
    return namespace, workloads_behind(inventory, service) if service is not None else []


def _too_few(configuration: Resource, webhook: Node, inventory: Inventory) -> Problem | None:
    _, workloads = _behind(webhook, inventory, configuration.path)
    if not workloads:
        raise UnknownValue("the pods that answer it are not in the scan")
    if any(w.kind not in SCALABLE and w.kind != "Pod" for w in workloads):
        return None
    pods, origin = 0, webhook
    for workload in workloads:
        floor, origin = (
            (1, workload.node) if workload.kind == "Pod" else replica_floor(inventory, workload)
        )
        pods += floor
    if pods >= 2:
        return None
    unread = inventory.unread(near=workloads[0].resource.path)
    if unread is not None:
        raise UnknownValue(f"how many pods answer it may be said elsewhere: {unread}")
    name = workloads[0].name
    few = f"'{name}' may be scaled to zero" if not pods else f"the only pod of '{name}' is away"
    return Problem(
        webhook.get("name"),
        f"while {few}, nothing that the webhook selects can be created",
        ((origin, "this says how many pods answer it"),),
    )


def _locks_itself_out(
    configuration: Resource, webhook: Node, inventory: Inventory
) -> Problem | None:
    """Pods that must pass the webhook that they are: after an outage none of them starts."""
    namespace, workloads = _behind(webhook, inventory, configuration.path)
    if not namespace or not _takes(webhook, _PODS):
        return None
    if not _selects_namespace(webhook, namespace, inventory):
        return None
    selector = label_selector(webhook.get("objectSelector"))
    if selector is not None and selector.requirements:
        if not workloads:
            raise UnknownValue("the pods that answer it are not in the scan")
        if not any(selector.matches(workload.labels) for workload in workloads):
            return None
    if webhook.get("matchConditions").present:
        raise UnknownValue("its matchConditions are not evaluated")
    system = "" if namespace == _SYSTEM else _system(webhook, inventory)
    return Problem(
        webhook.get("namespaceSelector"),
        f"it takes the pods of its own namespace '{namespace}'{system}: once down, it stays down",
    )


def _system(webhook: Node, inventory: Inventory) -> str:
    """That it takes the pods of the cluster itself as well, where that is known."""
    try:
        return f" and of {_SYSTEM}" if _selects_namespace(webhook, _SYSTEM, inventory) else ""
    except UnknownValue:
        return ""


def _selects_namespace(webhook: Node, name: str, inventory: Inventory) -> bool:
    """Whether ``namespaceSelector`` takes it; absent takes all."""
    selector = label_selector(webhook.get("namespaceSelector"))
    if selector is None or not selector.requirements:
        return True
    declared = inventory.named("Namespace", "", name)
    labels = dict(declared.labels) if declared is not None else {}
    labels[_NAMESPACE_LABEL] = name
    if not selector.matches(labels):
        return False
    if declared is None and _leaves_out_others(selector):
        raise UnknownValue(f"the labels of namespace '{name}' are not in the scan")
    return True


def _leaves_out_others(selector: Selector) -> bool:
    """Whether a label that somebody may have given to the namespace would take it out."""
    return any(r.key != _NAMESPACE_LABEL for r in selector.requirements)


def _too_slow(configuration: Resource, webhook: Node, inventory: Inventory) -> Problem | None:
    del configuration, inventory
    timeout = webhook.get("timeoutSeconds")
    seconds = timeout.number(_LONGEST)
    if seconds <= _LONGEST:
        return None
    return Problem(
        timeout, f"each request waits up to {timeout.text()} seconds for a webhook that is away"
    )
