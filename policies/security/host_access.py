"""An application lives in its own namespaces and volumes, not in those of its node."""

import posixpath
from collections.abc import Iterator

from prodready_infra.sdk import (
    Container,
    Node,
    NotApplicable,
    Problem,
    UnknownValue,
    Workload,
    rule,
)

_SHARED = {
    "hostPID": "it sees and can signal every process of the node",
    "hostIPC": "it shares memory with processes of the node",
    "hostNetwork": "no NetworkPolicy holds it, and its ports are the node's",
}
_SOCKETS = frozenset(
    ("containerd.sock", "cri-dockerd.sock", "crio.sock", "docker.sock", "dockershim.sock")
)
# Reading is enough: credentials of the node and of its pods, or the socket of its runtime.
_TELLING = frozenset(
    (
        "/",
        "/etc",
        "/etc/kubernetes",
        "/etc/kubernetes/pki",
        "/etc/ssh",
        "/root",
        "/root/.ssh",
        "/run",
        "/run/containerd",
        "/run/crio",
        "/var",
        "/var/lib",
        "/var/lib/containerd",
        "/var/lib/docker",
        "/var/lib/etcd",
        "/var/lib/kubelet",
        "/var/lib/kubelet/pki",
        "/var/lib/kubelet/pods",
    )
)
# The node runs or obeys what is written there.
_OBEYED = frozenset(
    (
        "/bin",
        "/boot",
        "/etc/cni",
        "/etc/cni/net.d",
        "/etc/cron.d",
        "/etc/kubernetes/manifests",
        "/etc/systemd",
        "/etc/systemd/system",
        "/lib",
        "/lib64",
        "/opt/cni",
        "/opt/cni/bin",
        "/proc",
        "/proc/sys",
        "/sbin",
        "/sys",
        "/sys/fs/cgroup",
        "/usr",
        "/usr/bin",
        "/usr/lib",
        "/usr/local/bin",
        "/usr/sbin",
    )
)


@rule(
    id="SEC016",
    title="pod reaches into its node",
    group="hardening",
    references=[
        "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
        "https://kubernetes.io/docs/concepts/storage/volumes/#hostpath",
    ],
    aliases=[
        "checkov:CKV_K8S_17",
        "checkov:CKV_K8S_18",
        "checkov:CKV_K8S_19",
        "checkov:CKV_K8S_27",
        "kube-linter:docker-sock",
        "kube-linter:host-ipc",
        "kube-linter:host-network",
        "kube-linter:host-pid",
        "kube-linter:sensitive-host-mounts",
        "kubescape:C-0038",
        "kubescape:C-0041",
        "kubescape:C-0074",
        "polaris:hostIPCSet",
        "polaris:hostNetworkSet",
        "polaris:hostPIDSet",
        "trivy:KSV-0006",
        "trivy:KSV-0008",
        "trivy:KSV-0009",
        "trivy:KSV-0010",
    ],
)
def host_access(workload: Workload) -> Iterator[Problem]:
    for problem in _reaches(workload):
        if workload.tends_nodes:
            raise NotApplicable("it tends the nodes or the cluster, which may take such rights")
        yield problem


def _reaches(workload: Workload) -> Iterator[Problem]:
    for field, power in _SHARED.items():
        shared = workload.pod.get(field)
        if shared.flag():
            yield Problem(shared, f"{field} is true: {power}")
    volumes = {
        volume.get("name").text(): volume.get("hostPath", "path")
        for volume in workload.pod.get("volumes").items()
        if volume.get("hostPath").present
    }
    if volumes:
        for container in workload.containers:
            yield from _mounts(container, volumes)


def _mounts(container: Container, volumes: dict[str, Node]) -> Iterator[Problem]:
    for mount in container.get("volumeMounts").items():
        volume = volumes.get(mount.get("name").text())
        if volume is None:
            continue
        path = posixpath.normpath(posixpath.join(volume.text(), mount.get("subPath").text()))
        power = _power(path, mount.get("readOnly"))
        if power and mount.get("subPathExpr").present:
            raise UnknownValue(f"which folder of {path} is mounted is decided when the pod starts")
        if power:
            yield Problem(
                volume,
                f"container '{container.name}' has {path} of its node: {power}",
                ((mount, "mounted here"),),
            )


def _power(path: str, read_only: Node) -> str:
    place = path.removeprefix("/var") if f"{path}/".startswith("/var/run/") else path
    if posixpath.basename(place) in _SOCKETS:
        return "it can start any container"
    if place in _TELLING:
        return "its credentials and sockets are in reach"
    if place in _OBEYED and not read_only.flag():
        return "what it writes there, the node obeys"
    return ""
