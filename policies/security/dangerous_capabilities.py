"""A capability that reaches beyond the container is a privileged container by another name."""

from collections.abc import Iterator

from prodready_infra.sdk import Container, Node, NotApplicable, Problem, rule

# capabilities(7): what no namespace of a container holds back.
_NODE_WIDE = {
    "ALL": "every right that root has on the node",
    "BPF": "it loads programs into the node's kernel",
    "DAC_READ_SEARCH": "it can open any file of the node",
    "PERFMON": "it can observe every process of the node",
    "SYS_ADMIN": "it can mount the node's disks",
    "SYS_MODULE": "it can load kernel modules on the node",
    "SYS_RAWIO": "it can access the node's memory and devices",
    "SYS_TIME": "it can set the node's clock",
}
# What is held back by a namespace, unless the pod shares that of the node.
_WITH_HOST = {
    "NET_ADMIN": ("hostNetwork", "it can reroute the node's traffic"),
    "SYS_PTRACE": ("hostPID", "it can read the memory of every process of the node"),
}


@rule(
    id="SEC014",
    title="container has a capability that reaches its node",
    group="hardening",
    roles=("app", "init", "sidecar"),
    references=[
        "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#set-capabilities-for-a-container",
        "https://man7.org/linux/man-pages/man7/capabilities.7.html",
    ],
    aliases=[
        "checkov:CKV_K8S_39",
        "kubescape:C-0046",
        "polaris:dangerousCapabilities",
        "trivy:KSV-0005",
    ],
)
def dangerous_capabilities(container: Container) -> Iterator[Problem]:
    pod = container.workload.pod
    context = container.get("securityContext")
    if context.get("privileged").flag():
        raise NotApplicable("a privileged container has every capability anyway")
    if not pod.get("hostUsers").flag(default=True):
        return  # its capabilities end at its user namespace: https://kep.k8s.io/127
    for added in context.get("capabilities", "add").items():
        name = added.text().upper().removeprefix("CAP_")
        power = _power(name, pod)
        if power:
            if container.workload.tends_nodes:
                raise NotApplicable("it tends the nodes or the cluster, which may take such rights")
            yield Problem(added, f"container '{container.name}' adds {name}: {power}")


def _power(name: str, pod: Node) -> str:
    if name in _WITH_HOST:
        field, power = _WITH_HOST[name]
        return power if pod.get(field).flag() else ""
    return _NODE_WIDE.get(name, "")
