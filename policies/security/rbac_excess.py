"""Nobody but an administrator holds all rights, and strangers hold none."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_ADMIN = "cluster-admin"
_MASTERS = "system:masters"
_ANYBODY = {
    "system:anonymous": "anybody without logging in",
    "system:unauthenticated": "anybody without logging in",
    "system:authenticated": "everybody with any login",
}
# https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
_FOR_ANYBODY = frozenset(
    (
        "system:basic-user",
        "system:discovery",
        "system:public-info-viewer",
        "system:service-account-issuer-discovery",
    )
)
_FOR_TEAMS = frozenset(("admin", _ADMIN, "edit", "view"))
_READING = frozenset(("get", "list", "watch"))
# They create whatever stands in a repository, and so need every right: their installation says so.
_DEPLOYERS = frozenset(("argocd", "flux"))


@rule(
    id="SEC020",
    title="RBAC gives all rights to a program, or rights to everybody",
    group="hardening",
    kinds=["ClusterRole", "ClusterRoleBinding", "RoleBinding"],
    references=[
        "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
        "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings",
    ],
    aliases=[
        "checkov:CKV_K8S_49",
        "kube-linter:cluster-admin-role-binding",
        "kube-linter:wildcard-in-rules",
        "polaris:clusterrolebindingClusterAdmin",
    ],
)
def rbac_excess(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    is_role = resource.kind == "ClusterRole"
    problems = _of_role(resource, inventory) if is_role else _of_binding(resource, inventory)
    for problem in problems:
        part_of = resource.get("metadata", "labels", "app.kubernetes.io/part-of").identity()
        if part_of in _DEPLOYERS:
            raise NotApplicable(f"{part_of} deploys whatever its repositories say")
        yield problem


def _of_role(role: Resource, inventory: Inventory) -> Iterator[Problem]:
    for entry in role.get("rules").items():
        if not _is_everything(entry):
            continue
        if role.get("metadata", "labels", "kubernetes.io/bootstrapping").value is not None:
            raise NotApplicable("the API server makes this role itself")
        programs_have_it = inventory.index(_cluster_wide_programs).get(role.name)
        if programs_have_it is False:
            raise NotApplicable("only people have it, or a namespace is the limit of it")
        yield Problem(entry.get("verbs"), f"'{role.name}' allows every verb on every resource")


def _is_everything(entry: Node) -> bool:
    """Whether a rule allows all verbs on all resources of all groups, whatever their name."""
    everything = all("*" in _texts(entry.get(key)) for key in ("apiGroups", "resources", "verbs"))
    return everything and not entry.get("resourceNames")


def _texts(node: Node) -> set[str]:
    return {item.text() for item in node.items()}


def _cluster_wide_programs(inventory: Inventory) -> dict[str, bool]:
    """By ClusterRole that is bound at all: whether something but people has it everywhere."""
    found: dict[str, bool] = {}
    for binding in inventory.of_kind("ClusterRoleBinding", "RoleBinding"):
        if binding.get("roleRef", "kind").identity() == "ClusterRole":
            role = binding.get("roleRef", "name").identity()
            wide = binding.kind == "ClusterRoleBinding" and not _are_people(binding.get("subjects"))
            found[role] = found.get(role, False) or wide
    return found


def _are_people(subjects: Node) -> bool:
    return type(subjects.value) is list and all(
        _is_person(subject.get("kind").identity(), subject.get("name").identity())
        for subject in subjects.items()
    )


def _is_person(kind: str, name: str) -> bool:
    """Users and groups come from where people log in, but for those that Kubernetes defines."""
    return kind in ("User", "Group") and (name == _MASTERS or not name.startswith("system:"))


def _of_binding(binding: Resource, inventory: Inventory) -> Iterator[Problem]:
    role = binding.get("roleRef", "name")
    for subject in binding.get("subjects").items():
        kind = subject.get("kind").text()
        anybody = "" if kind == "ServiceAccount" else _ANYBODY.get(subject.get("name").text(), "")
        if anybody:
            right = _right_of_anybody(binding, inventory, anonymous="without" in anybody)
            if right:
                yield Problem(subject.get("name"), f"{anybody} {right}")
        elif binding.kind == "ClusterRoleBinding" and role.text() == _ADMIN:
            name = subject.get("name").identity()
            if not _is_person(kind, name):
                yield Problem(
                    subject.get("name"),
                    f"'{name}' is {_ADMIN}: whoever takes over one of its pods has the cluster",
                )


def _right_of_anybody(binding: Resource, inventory: Inventory, *, anonymous: bool) -> str:
    """What a role allows beyond finding out about the API, as a clause; empty if nothing."""
    name = binding.get("roleRef", "name").text()
    if name in _FOR_ANYBODY or binding.namespace == "kube-public":
        return ""
    if name == "view" and binding.kind == "RoleBinding" and not anonymous:
        return ""  # it shows one namespace, but for its secrets
    if name in _FOR_TEAMS:
        return f"has the role '{name}'"
    kind = binding.get("roleRef", "kind").text()
    namespace = binding.namespace if kind == "Role" else ""
    role = inventory.named(kind, namespace, name, near=binding.path)
    if role is None or role.get("aggregationRule").present:
        raise UnknownValue(f"what {kind} '{name}' allows is not said in the scan")
    for entry in role.get("rules").items():
        right = _right(entry, anonymous=anonymous)
        if right:
            return right
    return ""


def _right(entry: Node, *, anonymous: bool) -> str:
    """What one rule allows that strangers should not do; questions about oneself are fine."""
    verbs = _texts(entry.get("verbs")) - {"use"}
    resources = {r for r in _texts(entry.get("resources")) if not r.endswith("reviews")}
    of_core = _texts(entry.get("apiGroups")) & {"", "*"}
    telling = resources & {"*", "secrets"} if of_core else set()
    if not anonymous and not telling:
        verbs -= _READING
    if not verbs or not resources:
        return ""
    return f"is allowed '{min(verbs)}' on '{min(telling or resources)}'"
