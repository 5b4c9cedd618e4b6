"""Rights of the account ``default`` are rights of every pod that names no account."""

from collections.abc import Iterator

from prodready_infra.sdk import Inventory, Node, Problem, Resource, rule


@rule(
    id="SEC019",
    title="the default service account of a namespace is given rights",
    group="hardening",
    kinds=["ClusterRoleBinding", "RoleBinding"],
    references=[
        "https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts",
        "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
    ],
    aliases=["checkov:CKV_K8S_42"],
)
def default_sa(binding: Resource, inventory: Inventory) -> Iterator[Problem]:
    for subject in binding.get("subjects").items():
        namespace = _namespace_of_default(subject)
        if namespace is None or _only_admits_pods(binding, inventory):
            continue
        where = f"'{namespace}'" if namespace else "its namespace"
        role = binding.get("roleRef", "name").identity()
        yield Problem(
            subject.get("name"),
            f"every pod of {where} that names no account has the rights of '{role}'",
            ((binding.get("roleRef", "name"), "these rights"),),
        )


def _namespace_of_default(subject: Node) -> str | None:
    """The namespace if ``subject`` is its default account, under either of its two names."""
    kind, name = subject.get("kind").text(), subject.get("name")
    if kind == "ServiceAccount" and name.text() == "default":
        return subject.get("namespace").identity()
    if kind == "User" and name.text().startswith("system:serviceaccount:"):
        namespace, _, account = name.text().removeprefix("system:serviceaccount:").partition(":")
        return namespace if account == "default" else None
    return None


def _only_admits_pods(binding: Resource, inventory: Inventory) -> bool:
    """Whether it only allows to ``use`` a policy or an identity: that opens no door to the API."""
    name = binding.get("roleRef", "name").text()
    if name.startswith("system:openshift:scc:"):
        return True
    kind = binding.get("roleRef", "kind").text()
    namespace = binding.namespace if kind == "Role" else ""
    role = inventory.named(kind, namespace, name, near=binding.path)
    if role is None:
        return False
    verbs = {
        verb.text() for rule_ in role.get("rules").items() for verb in rule_.get("verbs").items()
    }
    return verbs == {"use"}
