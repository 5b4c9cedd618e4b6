"""A process must not get more rights than it was started with."""

from collections.abc import Iterator

from prodready_infra.sdk import Container, Node, NotApplicable, Problem, rule


@rule(
    id="SEC013",
    title="container may gain rights beyond those it starts with",
    group="disputed",
    roles=("app", "init", "sidecar"),
    references=[
        "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
    ],
    aliases=[
        "checkov:CKV_K8S_20",
        "kube-linter:privilege-escalation-container",
        "kubescape:C-0016",
        "polaris:privilegeEscalationAllowed",
        "trivy:KSV-0001",
    ],
)
def privilege_escalation(container: Container) -> Iterator[Problem]:
    """Absent means allowed; privileged or with CAP_SYS_ADMIN nothing can forbid it."""
    if container.workload.on_windows:
        raise NotApplicable("Windows does not have this setting")
    context = container.get("securityContext")
    if context.get("privileged").flag():
        raise NotApplicable("a privileged container has every right already")
    if any(_is_sys_admin(added) for added in context.get("capabilities", "add").items()):
        raise NotApplicable("with SYS_ADMIN the setting has no effect")
    allowed = context.get("allowPrivilegeEscalation")
    if not allowed.present:
        container.expect_whole()
    if allowed.flag(default=True):
        said = "is true" if allowed.present else "is not set to false"
        yield Problem(allowed, f"allowPrivilegeEscalation of container '{container.name}' {said}")


def _is_sys_admin(added: Node) -> bool:
    return added.text().upper().removeprefix("CAP_") == "SYS_ADMIN"
