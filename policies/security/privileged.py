"""A privileged container is a process of the node in all but name."""

from collections.abc import Iterator

from prodready_infra.sdk import Container, Node, NotApplicable, Problem, rule


@rule(
    id="SEC012",
    title="container is privileged",
    group="hardening",
    roles=("app", "init", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/security/linux-kernel-security-constraints/#privileged-containers",
        "https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/",
        "https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/",
    ],
    aliases=[
        "checkov:CKV_K8S_16",
        "kube-linter:privileged-container",
        "kube-score:container-security-context-privileged",
        "kubescape:C-0057",
        "polaris:runAsPrivileged",
        "trivy:KSV-0017",
    ],
)
def privileged(container: Container) -> Iterator[Problem]:
    own = container.get("securityContext", "privileged")
    if own.flag():
        if not container.workload.pod.get("hostUsers").flag(default=True):
            return  # its powers end at its user namespace: https://kep.k8s.io/127
        if container.workload.tends_nodes:
            raise NotApplicable("it tends the nodes or the cluster, which may take such rights")
        yield Problem(own, f"container '{container.name}' is privileged: it is root on its node")
        return
    host_process = _host_process(container)
    if host_process.flag():
        if container.workload.tends_nodes:
            raise NotApplicable("it tends the nodes or the cluster, which may take such rights")
        yield Problem(
            host_process,
            f"container '{container.name}' is a HostProcess: it runs on its node itself",
        )


def _host_process(container: Container) -> Node:
    """A container's own setting goes before that of its pod."""
    path = ("securityContext", "windowsOptions", "hostProcess")
    own = container.get(*path)
    return own if own.value is not None else container.workload.pod.get(*path)
