"""Where a namespace is walled off by network policies, no workload of it may stand outside."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Literal, TypeAlias

from prodready_infra.sdk import (
    LONG_RUNNING,
    Inventory,
    NetworkPolicy,
    NotApplicable,
    Problem,
    UnknownValue,
    Workload,
    network_policies,
    policies_of,
    policies_perhaps_of,
    rule,
    same_namespace,
    together,
)

_Direction: TypeAlias = Literal["ingress", "egress"]
_Place: TypeAlias = tuple[str, str]
_DIRECTIONS: tuple[_Direction, ...] = ("ingress", "egress")


@rule(
    id="SEC029",
    title="no network policy isolates the workload",
    group="hardening",
    kinds=LONG_RUNNING,
    references=[
        "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
        "https://docs.cilium.io/en/stable/security/policy/language/",
    ],
    aliases=[
        "checkov:CKV2_K8S_6",
        "kube-linter:non-isolated-pod",
        "kube-score:pod-networkpolicy",
        "polaris:missingNetworkPolicy",
    ],
)
def netpol_missing(
    workload: Workload, inventory: Inventory, *, egress: bool = False
) -> Iterator[Problem]:
    if workload.pod.get("hostNetwork").flag():
        raise NotApplicable("it uses the network of its node, which pod selectors do not reach")
    yield from _open(workload, "ingress", inventory)
    if egress:
        yield from _open(workload, "egress", inventory)


def _open(workload: Workload, direction: _Direction, inventory: Inventory) -> Iterator[Problem]:
    if _isolated(workload, direction, inventory):
        return
    witness = _witness(workload, direction, inventory)
    name = workload.name
    limit = f"who calls '{name}'" if direction == "ingress" else f"what '{name}' connects to"
    yield Problem(
        workload.get("metadata", "name"),
        f"no network policy limits {limit}",
        ((witness.subject, "other pods of the namespace are isolated by this"),),
    )


def _isolated(workload: Workload, direction: _Direction, inventory: Inventory) -> bool:
    found = [p for p in policies_of(inventory, workload) if p.isolates(direction)]
    if any(p.clusterwide or together(p.resource, workload.resource) for p in found):
        return True
    for policy in (*found, *policies_perhaps_of(inventory, workload)):
        raise UnknownValue(f"{policy.resource.address} may isolate it")
    return False


def _witness(workload: Workload, direction: _Direction, inventory: Inventory) -> NetworkPolicy:
    """A policy that shows that the scan holds those of the namespace; raises without one.

    A single policy, such as that of a database's chart, is not yet a decision for all.
    """
    unread = inventory.unread(near=workload.resource.path)
    if unread is not None:
        raise UnknownValue(f"its policy may stand where nothing was read: {unread}")
    place = _place(workload)
    for policy in inventory.index(_opaque).get(place[0], ()):
        raise UnknownValue(f"{policy.resource.address} may isolate it")
    witnesses = inventory.index(_witnesses).get((*place, direction), [])
    if 2 * len(witnesses) < inventory.index(_counts)[place] or not witnesses:
        raise NotApplicable("the scan does not show that its namespace is kept by network policies")
    return witnesses[0]


def _place(workload: Workload) -> _Place:
    """Its namespace; where none is written, its folder."""
    namespace = same_namespace(workload.namespace)
    return namespace, "" if namespace else workload.resource.path.rpartition("/")[0]


def _counts(inventory: Inventory) -> Counter[_Place]:
    return Counter(_place(w) for w in inventory.workloads if w.kind in LONG_RUNNING)


def _witnesses(inventory: Inventory) -> dict[tuple[str, str, str], list[NetworkPolicy]]:
    """For each place and direction one policy for each workload there that one isolates."""
    found: dict[tuple[str, str, str], list[NetworkPolicy]] = defaultdict(list)
    for workload in inventory.workloads:
        for direction in _DIRECTIONS if workload.kind in LONG_RUNNING else ():
            for policy in policies_of(inventory, workload):
                if _surely_isolates(policy, direction):
                    found[(*_place(workload), direction)].append(policy)
                    break
    return found


def _surely_isolates(policy: NetworkPolicy, direction: _Direction) -> bool:
    try:
        return not policy.clusterwide and policy.isolates(direction)
    except UnknownValue:  # it shows nothing, as a policy that is not there
        return False


def _opaque(inventory: Inventory) -> dict[str, list[NetworkPolicy]]:
    """By namespace, the policies whose pods cannot be told, in whatever folder they stand."""
    found: dict[str, list[NetworkPolicy]] = defaultdict(list)
    for policy in network_policies(inventory):
        try:
            policy.selector()
        except UnknownValue:
            found[same_namespace(policy.resource.namespace)].append(policy)
    return found
