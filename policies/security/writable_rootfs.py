"""A container whose files cannot change runs what was built, and nothing else."""

from collections.abc import Iterator

from prodready_infra.sdk import Container, NotApplicable, Problem, rule


@rule(
    id="SEC015",
    title="container can write to its root filesystem",
    group="disputed",
    roles=("app", "sidecar"),
    references=[
        "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
    ],
    aliases=[
        "checkov:CKV_K8S_22",
        "kube-linter:no-read-only-root-fs",
        "kubescape:C-0017",
        "polaris:notReadOnlyRootFilesystem",
        "trivy:KSV-0014",
    ],
)
def writable_rootfs(container: Container) -> Iterator[Problem]:
    """Absent means writable."""
    if container.workload.on_windows:
        raise NotApplicable("Windows does not have this setting")
    closed = container.get("securityContext", "readOnlyRootFilesystem")
    if not closed.present:
        container.expect_whole()
    if not closed.flag():
        said = "is false" if closed.present else "is not set"
        yield Problem(closed, f"readOnlyRootFilesystem of container '{container.name}' {said}")
