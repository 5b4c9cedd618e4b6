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
    Unknown,
    UnknownValue,
    Workload,
    configuration_of,
    flaws_of,
    related,
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
    found = {(n.kind, n.name) for n in named if _is_there(n, binding, inventory)}
    for each in named:
        elsewhere = _elsewhere(each, binding, inventory)
        if each.refused and unread is None:
            yield Problem(each.node, each.refused)
        elif (each.kind, each.name) in found:
            continue
        elif each.doubt:
            doubts.append(each.doubt)
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
    """A Role or an account that a binding names; ``refused`` is why the API does not take it.

    ``doubt`` is why its name or its namespace is not known; the words that give them still are.
    """

    kind: str
    name: str
    namespace: str
    node: Node
    refused: str = ""
    doubt: str = ""


def _named(binding: Resource) -> Iterator[_Named]:
    wide = binding.kind == "ClusterRoleBinding"
    role, own = binding.get("roleRef"), binding.get("metadata", "namespace")
    name = role.get("name")
    if role.get("kind").text() == "Role" and not _BUILT_IN.fullmatch(name.identity()):
        refused = "a ClusterRoleBinding can give a ClusterRole only, and this is a Role"
        yield _Named(
            "Role",
            name.identity(),
            binding.namespace,
            role.get("kind"),
            refused if wide else "",
            _doubt(name, own),
        )
    for account in binding.get("subjects").items():
        name, namespace = account.get("name"), account.get("namespace")
        if account.get("kind").text() != _ACCOUNT or name.identity() in ("", "default"):
            continue
        refused = (
            f"account '{name.identity()}' names no namespace, as it must in a ClusterRoleBinding"
        )
        written = bool(namespace.identity())
        yield _Named(
            _ACCOUNT,
            name.identity(),
            namespace.identity() or binding.namespace,
            namespace if written else name,
            refused if wide and not written else "",
            _doubt(name, namespace if written else own),
        )


def _doubt(*nodes: Node) -> str:
    return next((node.value.reason for node in nodes if isinstance(node.value, Unknown)), "")


def _is_there(named: _Named, binding: Resource, inventory: Inventory) -> bool:
    """Whether it is declared; under words that may mean anything, whether it is beside."""
    near = binding.path if named.doubt else ""
    found = inventory.named(named.kind, named.namespace, named.name, near)
    if found is None or not named.doubt:
        return found is not None
    at_once = bool(binding.scope) and found.scope == binding.scope
    return at_once or related(found.path, binding.path)


def _elsewhere(named: _Named, binding: Resource, inventory: Inventory) -> Resource | None:
    """What the same file declares under that name in another namespace, both written."""
    namespace = named.namespace
    if binding.path.endswith("/Chart.yaml"):
        # A chart's objects are in ``default`` where nothing says for which namespace it is.
        namespace = same_namespace(namespace)
    for other in inventory.index(_by_file).get((named.kind, named.name, binding.path), ()):
        known = other.get("metadata", "namespace").known
        if namespace and known and same_namespace(other.namespace):
            return other
    return None


def _by_file(inventory: Inventory) -> dict[tuple[str, str, str], list[Resource]]:
    found: dict[tuple[str, str, str], list[Resource]] = defaultdict(list)
    for resource in inventory.of_kind("Role", _ACCOUNT):
        found[resource.kind, resource.name, resource.path].append(resource)
    return found
