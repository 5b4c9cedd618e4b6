"""Pods whose account does not exist are never created, and rights given to nobody help nobody."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from prodready_infra.sdk import (
    WORKLOAD_KINDS,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    configuration_of,
    flaws_of,
    rule,
    same_namespace,
)

_BINDINGS = ("ClusterRoleBinding", "RoleBinding")
_ACCOUNT = "ServiceAccount"
# https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
_BUILT_IN = re.compile(r"system:.*|extension-apiserver-authentication-reader")


@rule(
    id="SAF060",
    title="service account or role is named that does not exist",
    group="availability",
    kinds=[*sorted(WORKLOAD_KINDS), *_BINDINGS],
    references=[
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#rolebinding-and-clusterrolebinding",
    ],
    aliases=["kube-linter:non-existent-service-account"],
)
def service_account_missing(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    if resource.kind in _BINDINGS:
        yield from _bound(resource, inventory)
        return
    accounts = [use for use in configuration_of(Workload(resource)) if use.kind == _ACCOUNT]
    if not any(use.name not in ("", "default") for use in accounts):
        raise NotApplicable("its pods run as the default account, which every namespace has")
    for flaw in flaws_of(inventory, accounts):
        yield Problem(flaw.node, flaw.message, flaw.related)


def _bound(binding: Resource, inventory: Inventory) -> Iterator[Problem]:
    """The Role and the accounts of a binding.

    Which ClusterRoles a cluster has no file tells: charts and operators bring them.
    """
    unread = inventory.unread(near=binding.path)
    doubts: list[str] = []
    named = list(_named(binding))
    if not named:
        raise NotApplicable("it names neither a Role nor an account of its own")
    # A binding often names an account in each namespace where it may come to stand.
    found = {(n.kind, n.name) for n in named if inventory.named(n.kind, n.namespace, n.name)}
    for each in named:
        elsewhere = _elsewhere(each, binding, inventory)
        if each.refused and unread is None:
            yield Problem(each.node, each.refused)
        elif (each.kind, each.name) in found:
            continue
        elif elsewhere is not None and unread is None:
            yield Problem(
                each.node,
                f"{each.kind} '{each.name}' is in namespace '{elsewhere.namespace}', not in"
                f" '{each.namespace}'",
                ((elsewhere.get("metadata", "namespace"), "it is in this one"),),
            )
        else:
            doubts.append(f"no file of the scan declares {each.kind} '{each.name}'")
    if doubts:
        raise UnknownValue(doubts[0])


@dataclass(frozen=True, slots=True, eq=False)
class _Named:
    """A Role or an account that a binding names; ``refused`` is why the API does not take it."""

    kind: str
    name: str
    namespace: str
    node: Node
    refused: str = ""


def _named(binding: Resource) -> Iterator[_Named]:
    wide = binding.kind == "ClusterRoleBinding"
    role = binding.get("roleRef")
    if role.get("kind").text() == "Role" and not _BUILT_IN.fullmatch(role.get("name").text()):
        refused = "a ClusterRoleBinding can give a ClusterRole only, and this is a Role"
        name = role.get("name").text()
        yield _Named("Role", name, binding.namespace, role.get("kind"), refused if wide else "")
    for account in binding.get("subjects").items():
        name, namespace = account.get("name").text(), account.get("namespace").text()
        if account.get("kind").text() != _ACCOUNT or name in ("", "default"):
            continue
        refused = f"account '{name}' names no namespace, as it must in a ClusterRoleBinding"
        at = account.get("namespace") if namespace else account.get("name")
        namespace, refused = namespace or binding.namespace, "" if namespace else refused
        yield _Named(_ACCOUNT, name, namespace, at, refused if wide else "")


def _elsewhere(named: _Named, binding: Resource, inventory: Inventory) -> Resource | None:
    """What the same file declares under that name in another namespace, both written."""
    namespace = named.namespace
    if binding.path.endswith("/Chart.yaml"):
        # A chart's objects are in ``default`` where nothing says for which namespace it is.
        namespace = same_namespace(namespace)
    for other in inventory.index(_by_file).get((named.kind, named.name, binding.path), ()):
        if namespace and same_namespace(other.namespace):
            return other
    return None


def _by_file(inventory: Inventory) -> dict[tuple[str, str, str], list[Resource]]:
    found: dict[tuple[str, str, str], list[Resource]] = defaultdict(list)
    for resource in inventory.of_kind("Role", _ACCOUNT):
        found[resource.kind, resource.name, resource.path].append(resource)
    return found
