"""A privileged container is a process of the node in all but name."""

from collections.abc import Iterator

from prodready_infra.sdk import Container, Node, NotApplicable, Problem, Workload, rule


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
        _refuse_node_agents(container.workload)
        yield Problem(own, f"container '{container.name}' is privileged: it is root on its node")
        return
    host_process = _host_process(container)
    if host_process.flag():
        _refuse_node_agents(container.workload)
        yield Problem(
            host_process,
            f"container '{container.name}' is a HostProcess: it runs on its node itself",
        )


def _host_process(container: Container) -> Node:
    """A container's own setting goes before that of its pod."""
    path = ("securityContext", "windowsOptions", "hostProcess")
    own = container.get(*path)
    return own if own.value is not None else container.workload.pod.get(*path)


def _refuse_node_agents(workload: Workload) -> None:
    if workload.kind == "DaemonSet":
        raise NotApplicable("a DaemonSet tends the nodes, which may take such rights")
    if workload.namespace == "kube-system":
        raise NotApplicable("what runs in kube-system is a part of the cluster")
    if workload.pod.get("priorityClassName").identity().startswith("system-"):
        raise NotApplicable("its priority class says that it is a part of the cluster")
