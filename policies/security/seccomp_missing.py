"""A seccomp profile keeps a container from the system calls that no application needs."""

from collections.abc import Iterator

from prodready_infra.sdk import Container, Node, NotApplicable, Problem, rule


@rule(
    id="SEC017",
    title="container runs without a seccomp profile",
    group="disputed",
    roles=("app", "init", "sidecar"),
    references=[
        "https://kubernetes.io/docs/tutorials/security/seccomp/",
        "https://kubernetes.io/docs/reference/node/seccomp/",
    ],
    aliases=["checkov:CKV_K8S_31", "kube-score:container-seccomp-profile", "trivy:KSV-0104"],
)
def seccomp_missing(container: Container) -> Iterator[Problem]:
    """Absent means Unconfined, but for nodes whose kubelet runs with ``seccompDefault``."""
    if container.workload.on_windows:
        raise NotApplicable("Windows does not have this setting")
    if container.get("securityContext", "privileged").flag():
        raise NotApplicable("seccomp does not apply to a privileged container")
    kind = _effective_type(container)
    if not kind.present:
        container.expect_whole()
        yield Problem(
            kind, f"neither container '{container.name}' nor its pod has a seccompProfile"
        )
    elif kind.text() == "Unconfined":
        yield Problem(kind, f"seccompProfile of container '{container.name}' is Unconfined")


def _effective_type(container: Container) -> Node:
    """A container's own profile goes before that of its pod."""
    path = ("securityContext", "seccompProfile", "type")
    own = container.get(*path)
    if own.value is not None:
        return own
    pods = container.workload.pod.get(*path)
    return own if pods.value is None else pods
