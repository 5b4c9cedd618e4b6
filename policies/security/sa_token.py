"""A pod that never talks to the Kubernetes API needs no credentials for it."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    rule,
    same_namespace,
)


@rule(
    id="SEC018",
    title="pod carries an API token that nothing uses",
    group="disputed",
    references=[
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting",
        "https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts",
    ],
    aliases=[
        "checkov:CKV_K8S_38",
        "kubescape:C-0034",
        "polaris:automountServiceAccountToken",
        "trivy:KSV-0036",
    ],
)
def sa_token(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    """Absent means mounted; the pod's own setting goes before that of its account."""
    pod = workload.pod
    mounted = pod.get("automountServiceAccountToken")
    if not mounted.flag(default=True):
        return
    if not pod.get("containers").present:
        raise UnknownValue("the pod has no containers: it is a part of a manifest")
    account = pod.get("serviceAccountName").text() or pod.get("serviceAccount").text()
    if account not in ("", "default"):
        raise NotApplicable(f"it has the account '{account}', which is there to be used")
    if not mounted.present and _account_opts_out(workload, inventory):
        return
    with_rights = inventory.index(_where_default_has_rights)
    if same_namespace(workload.namespace) in with_rights:
        raise NotApplicable("a binding gives rights to the default account of its namespace")
    if with_rights and not workload.namespace:
        raise UnknownValue("no namespace is given, and in some the default account has rights")
    unread = inventory.unread(near=workload.resource.path)
    if unread is not None:
        raise UnknownValue(f"the token may be used or turned off elsewhere; {unread}")
    said = "is true" if mounted.present else "is not set to false"
    yield Problem(
        mounted,
        f"automountServiceAccountToken {said}, and no binding gives its account 'default' rights",
    )


def _account_opts_out(workload: Workload, inventory: Inventory) -> bool:
    account = inventory.named(
        "ServiceAccount", workload.namespace, "default", near=workload.resource.path
    )
    if account is not None:
        return not account.get("automountServiceAccountToken").flag(default=True)
    if not workload.namespace and inventory.index(_accounts_that_opt_out):
        raise UnknownValue(
            "no namespace is given, and in some the account does not mount its token"
        )
    return False


def _accounts_that_opt_out(inventory: Inventory) -> list[Resource]:
    return [
        account
        for account in inventory.of_kind("ServiceAccount")
        if account.name == "default" and account.get("automountServiceAccountToken").value is False
    ]


def _where_default_has_rights(inventory: Inventory) -> frozenset[str]:
    return frozenset(
        same_namespace(subject.get("namespace").identity() or binding.namespace)
        for binding in inventory.of_kind("RoleBinding", "ClusterRoleBinding")
        if type(binding.get("subjects").value) is list
        for subject in binding.get("subjects").items()
        if subject.get("kind").identity() == "ServiceAccount"
        and subject.get("name").identity() == "default"
    )
