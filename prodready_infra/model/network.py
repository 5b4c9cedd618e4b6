"""Which network policies stand over a workload's pods, and which way each of them isolates.

https://kubernetes.io/docs/concepts/services-networking/network-policies/
https://docs.cilium.io/en/stable/security/policy/language/
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from prodready_infra.errors import UnknownValue
from prodready_infra.model.inventory import Inventory, same_namespace
from prodready_infra.model.node import Node
from prodready_infra.model.resource import Resource
from prodready_infra.model.selection import LabelIndex, Namespaced, per_namespace, select
from prodready_infra.model.selector import Requirement, Selector, label_selector
from prodready_infra.model.workload import Workload

Direction = Literal["ingress", "egress"]

NETWORK_POLICY = "NetworkPolicy"
CILIUM_POLICY = "cilium.io/CiliumNetworkPolicy"
CILIUM_CLUSTERWIDE = "cilium.io/CiliumClusterwideNetworkPolicy"
_CILIUM = (CILIUM_POLICY, CILIUM_CLUSTERWIDE)
_CALICO = ("crd.projectcalico.org/NetworkPolicy", "projectcalico.org/NetworkPolicy")
# Their selectors need labels of namespaces, or are expressions of a language of their own.
_OPAQUE_CLUSTERWIDE = (
    "crd.projectcalico.org/GlobalNetworkPolicy",
    "policy.networking.k8s.io/AdminNetworkPolicy",
    "policy.networking.k8s.io/BaselineAdminNetworkPolicy",
    "projectcalico.org/GlobalNetworkPolicy",
)
_CLUSTERWIDE = (CILIUM_CLUSTERWIDE, *_OPAQUE_CLUSTERWIDE)
NETWORK_POLICY_KINDS = frozenset({NETWORK_POLICY, *_CILIUM, *_CALICO, *_OPAQUE_CLUSTERWIDE})

_POD_NAMESPACE = "io.kubernetes.pod.namespace"
_PREFIXES = ("k8s:", "any:")


@dataclass(frozen=True, slots=True, eq=False)
class NetworkPolicy:
    """A policy; of Cilium's, which may hold several under ``specs``, one of them."""

    resource: Resource
    spec: Node

    @property
    def clusterwide(self) -> bool:
        return self.resource.kind in _CLUSTERWIDE

    @property
    def subject(self) -> Node:
        """Where it says which pods it is for."""
        keys = {NETWORK_POLICY: "podSelector", **dict.fromkeys(_CILIUM, "endpointSelector")}
        return self.spec.get(keys.get(self.resource.kind, "selector"))

    def selector(self) -> Selector | None:
        """The labels of its pods; ``None`` when it is for nodes; raises when not known."""
        kind = self.resource.kind
        if kind == NETWORK_POLICY:
            return label_selector(self.subject) or Selector(())
        if kind in _CILIUM:
            selector = label_selector(self.subject)
            return None if selector is None else self._cilium(selector)
        if kind in _CALICO and self.subject.text("all()").strip() in ("", "all()"):
            return Selector(())
        raise UnknownValue(f"the selector of {self.resource.address} is not evaluated")

    def _cilium(self, selector: Selector) -> Selector:
        plain: list[Requirement] = []
        for requirement in selector.requirements:
            key = requirement.key
            for prefix in _PREFIXES:
                key = key.removeprefix(prefix)
            if key == _POD_NAMESPACE and requirement.values == {self.resource.namespace}:
                continue
            if ":" in key or key.startswith("io.cilium.") or key == _POD_NAMESPACE:
                raise UnknownValue(f"{self.resource.address} selects by '{key}', no label of pods")
            plain.append(replace(requirement, key=key))
        return Selector(tuple(plain))

    def isolates(self, direction: Direction) -> bool:
        """Whether only what its rules allow gets through, that way."""
        if self.resource.kind in _CILIUM:
            default = self.spec.get("enableDefaultDeny", direction)
            return default.flag() if default.present else bool(self._given(direction))
        if self.resource.kind in (NETWORK_POLICY, *_CALICO):
            types = [each.text() for each in self._types.items()]
            if types:
                return direction.capitalize() in types
            if direction == "egress":
                return bool(self.spec.get("egress"))
            calico = self.resource.kind in _CALICO
            return not calico or bool(self.spec.get("ingress")) or not self.spec.get("egress")
        raise UnknownValue(f"the rules of {self.resource.address} are not evaluated")

    @property
    def _types(self) -> Node:
        return self.spec.get("policyTypes" if self.resource.kind == NETWORK_POLICY else "types")

    def _given(self, direction: Direction) -> list[Node]:
        """An empty list of Cilium's is as none: it takes an empty rule to deny all."""
        lists = (self.spec.get(direction), self.spec.get(f"{direction}Deny"))
        return [each for rules in lists for each in rules.items()]

    def rules(self, direction: Direction) -> list[Node]:
        """The rules that allow something; an empty one of Cilium's allows nothing."""
        found = self.spec.get(direction).items()
        if self.resource.kind in _CILIUM:
            return [each for each in found if each]
        return list(found)


@dataclass(frozen=True, slots=True)
class _Policies:
    certain: list[NetworkPolicy] = field(default_factory=list)
    possible: list[NetworkPolicy] = field(default_factory=list)


def network_policies(inventory: Inventory) -> list[NetworkPolicy]:
    """Every policy of the scan."""
    return inventory.index(_policies)


def _policies(inventory: Inventory) -> list[NetworkPolicy]:
    return [
        NetworkPolicy(resource, spec)
        for resource in inventory.of_kind(*sorted(NETWORK_POLICY_KINDS))
        for spec in _specs(resource)
    ]


def _specs(resource: Resource) -> Iterator[Node]:
    spec, several = resource.get("spec"), resource.get("specs")
    if resource.kind not in _CILIUM or several.value is None:
        yield spec
        return
    if spec.value is not None:
        yield spec
    if type(several.value) is list:
        yield from several.items()
    else:
        yield several


def _pods(inventory: Inventory) -> Namespaced[Workload]:
    return per_namespace(inventory.workloads, lambda w: w.namespace, lambda w: w.labels)


def _by_workload(inventory: Inventory) -> dict[Workload, _Policies]:
    pods = inventory.index(_pods)
    found: dict[Workload, _Policies] = defaultdict(_Policies)
    # ``select`` wants resources: each spec stands for one, in the namespace of its policy.
    views = {
        replace(policy.resource, node=policy.spec): policy
        for policy in network_policies(inventory)
        if not policy.clusterwide
    }

    def reach(view: Resource) -> Iterator[LabelIndex[Workload]]:
        index = pods.get(same_namespace(view.namespace))
        if index is not None:
            yield index

    for workload, selection in select(views, lambda v: views[v].selector(), reach).items():
        found[workload].certain.extend(views[view] for view in selection.certain)
        found[workload].possible.extend(views[view] for view in selection.possible)
    for policy in network_policies(inventory):
        if policy.clusterwide:
            _everywhere(policy, pods, found)
    return found


def _everywhere(
    policy: NetworkPolicy, pods: Namespaced[Workload], found: dict[Workload, _Policies]
) -> None:
    """What a policy of the whole cluster selects, wherever its file stands."""
    try:
        selector = policy.selector()
    except UnknownValue:
        for index in pods.values():
            for workload in (*(each for each, _ in index.labelled), *index.unlabelled):
                found[workload].possible.append(policy)
        return
    if selector is None:
        return
    for index in pods.values():
        for workload in index.matching(selector):
            found[workload].certain.append(policy)
        for workload in index.unlabelled:
            found[workload].possible.append(policy)


def policies_of(inventory: Inventory, workload: Workload) -> list[NetworkPolicy]:
    """The policies that are known to select the workload's pods."""
    found = inventory.index(_by_workload).get(workload)
    return found.certain if found else []


def policies_perhaps_of(inventory: Inventory, workload: Workload) -> list[NetworkPolicy]:
    """The policies whose selector, or the workload's labels, are not known."""
    found = inventory.index(_by_workload).get(workload)
    return found.possible if found else []


def _by_policy(inventory: Inventory) -> dict[tuple[NetworkPolicy, bool], list[Workload]]:
    found: dict[tuple[NetworkPolicy, bool], list[Workload]] = defaultdict(list)
    for workload, policies in inventory.index(_by_workload).items():
        for policy in policies.certain:
            found[policy, True].append(workload)
        for policy in policies.possible:
            found[policy, False].append(workload)
    return found


def workloads_under(inventory: Inventory, policy: NetworkPolicy) -> list[Workload]:
    """The workloads whose pods the policy is known to select."""
    return inventory.index(_by_policy).get((policy, True), [])


def workloads_perhaps_under(inventory: Inventory, policy: NetworkPolicy) -> list[Workload]:
    """The workloads whose labels, or the policy's selector, are not known."""
    return inventory.index(_by_policy).get((policy, False), [])
