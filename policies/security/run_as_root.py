"""A container must not start as root unless somebody has said why."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Container,
    Node,
    NotApplicable,
    Problem,
    UnknownValue,
    entrypoint_drops_root,
    is_unknown,
    rule,
    runs_as_root,
)


@rule(
    id="SEC007",
    title="container starts as root",
    group="hardening",
    roles=("app", "sidecar"),
    references=[
        "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",
        "https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/",
    ],
    aliases=[
        "checkov:CKV_K8S_23",
        "kube-linter:run-as-non-root",
        "kubescape:C-0013",
        "polaris:runAsRootAllowed",
        "trivy:KSV-0012",
    ],
)
def run_as_root(container: Container) -> Iterator[Problem]:
    pod = container.workload.pod
    if container.workload.on_windows:
        raise NotApplicable("Windows knows no user 0")
    user, strict = _effective(container, "runAsUser"), _effective(container, "runAsNonRoot")
    if not pod.get("hostUsers").flag(default=True):
        return  # its root is an ordinary user of the node
    if strict.value is True and not user.known:
        return  # whatever the user is, the kubelet starts no root
    if user.present:
        if user.number() == 0:
            clash = ", which runAsNonRoot forbids: it cannot start" if strict.value is True else ""
            yield Problem(user, f"container '{container.name}' has runAsUser 0{clash}")
    elif not strict.flag():
        yield from _by_image(container)


def _effective(container: Container, field: str) -> Node:
    """A container's own setting goes before that of its pod."""
    own = container.get("securityContext", field)
    return own if own.value is not None else container.workload.pod.get("securityContext", field)


def _by_image(container: Container) -> Iterator[Problem]:
    image = container.image.name
    if entrypoint_drops_root(container.image) and not container.get("command"):
        raise NotApplicable(f"the entrypoint of '{image}' goes on as another user")
    root = runs_as_root(container.image)
    if is_unknown(root):
        raise UnknownValue(
            f"neither runAsNonRoot nor runAsUser is set, and the user of '{image}' is not known"
        )
    if root:
        yield Problem(
            container.get("securityContext", "runAsUser"),
            f"container '{container.name}' sets no user, and '{image}' starts as root",
            ((container.get("image"), "the image decides"),),
        )
