"""A network policy protects the pods that its selector finds, and nobody else."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    CILIUM_POLICY,
    NETWORK_POLICY,
    Inventory,
    NetworkPolicy,
    Node,
    NotApplicable,
    Problem,
    Resource,
    Selector,
    UnknownValue,
    Workload,
    network_policies,
    rule,
    same_namespace,
    together,
    workloads_perhaps_under,
    workloads_under,
)

# Labels that say which application a pod is.
_NAMES = frozenset({"app", "app.kubernetes.io/name", "k8s-app", "name"})


@rule(
    id="SEC030",
    title="network policy selects no pod",
    group="hardening",
    kinds=[NETWORK_POLICY, CILIUM_POLICY],
    references=[
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/",
    ],
    aliases=[
        "kube-linter:dangling-networkpolicy",
        "kube-score:networkpolicy-targets-pod",
    ],
)
def netpol_selects_nothing(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    policies = inventory.index(_by_resource).get(resource, [])
    wanted = [(policy, policy.selector()) for policy in policies]
    chosen = [(policy, found) for policy, found in wanted if found and found.requirements]
    if not chosen:
        raise NotApplicable("it is for all pods of its namespace, or for none by its kind")
    for policy, selector in chosen:
        if workloads_under(inventory, policy):
            continue
        for workload in workloads_perhaps_under(inventory, policy):
            raise UnknownValue(f"it may select the pods of {workload.address}")
        yield _judged(policy, selector, inventory)


def _judged(policy: NetworkPolicy, selector: Selector, inventory: Inventory) -> Problem:
    """That nothing of the scan matches says little; that a label is misspelt says all."""
    unread = inventory.unread(near=policy.resource.path)
    if unread is not None:
        raise UnknownValue(f"its pods may be in what was not read: {unread}")
    for workload in _neighbours(policy, inventory):
        labels = workload.labels
        why = _meant(selector, workload.name, labels)
        if why:
            shown = workload.template.get("metadata", "labels")
            where: Node = shown if shown.present else workload.get("metadata", "name")
            return Problem(
                policy.subject,
                f"no pod has these labels: {why}",
                ((where, "these pods are not selected"),),
            )
    raise UnknownValue("no workload of the scan has the pods that it selects")


def _meant(selector: Selector, name: str, labels: dict[str, str]) -> str:
    """Why the selector, which does not match the labels, must have been meant for them."""
    pairs = selector.required_pairs()
    missed = [(key, values) for key, values in pairs if labels.get(key) not in values]
    if len(pairs) != len(selector.requirements) or len(missed) != 1 or len(missed[0][1]) != 1:
        return ""
    key, value = missed[0][0], next(iter(missed[0][1]))
    if key not in labels and key in _NAMES:
        other = next((k for k in sorted(_NAMES) if labels.get(k) == value), None)
        if other is not None:
            return f"those of '{name}' have '{value}' as '{other}', not as '{key}'"
        if value == name and not labels.keys() & _NAMES:
            return f"those of '{name}' have no label '{key}'"
    if key in labels and _slip(value, labels[key]):
        return f"those of '{name}' have {key} '{labels[key]}', not '{value}'"
    return ""


def _slip(one: str, other: str) -> bool:
    """Whether two words differ by their case or by what separates their parts."""
    return _plain(one) == _plain(other)


def _plain(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "").replace(".", "")


def _neighbours(policy: NetworkPolicy, inventory: Inventory) -> Iterator[Workload]:
    namespace = same_namespace(policy.resource.namespace)
    for workload in inventory.index(_by_namespace).get(namespace, ()):
        if together(policy.resource, workload.resource):
            yield workload


def _by_namespace(inventory: Inventory) -> dict[str, list[Workload]]:
    found: dict[str, list[Workload]] = defaultdict(list)
    for workload in inventory.workloads:
        found[same_namespace(workload.namespace)].append(workload)
    return found


def _by_resource(inventory: Inventory) -> dict[Resource, list[NetworkPolicy]]:
    found: dict[Resource, list[NetworkPolicy]] = defaultdict(list)
    for policy in network_policies(inventory):
        found[policy.resource].append(policy)
    return found
