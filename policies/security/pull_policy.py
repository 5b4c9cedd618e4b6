"""A node that keeps its old copy of a moving tag runs other code than its neighbours."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Container,
    Inventory,
    NotApplicable,
    Problem,
    UnknownValue,
    rule,
)

_SET_IMAGES = frozenset(
    {"images", "patches", "patchesJson6902", "patchesStrategicMerge", "replacements"}
)


@rule(
    id="SEC021",
    title="moving tag is not pulled again, so nodes run different code",
    group="advice",
    roles=("app", "init", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/containers/images/#image-pull-policy",
    ],
    aliases=["kubescape:C-0075"],
)
def pull_policy(container: Container, inventory: Inventory) -> Iterator[Problem]:
    """Absent is right: the API's default for ``latest`` is Always."""
    policy = container.get("imagePullPolicy")
    if policy.known and policy.value not in ("IfNotPresent", "Never"):
        return
    image = container.image
    if image.text == "auto":
        # https://istio.io/latest/docs/setup/additional-setup/gateway/
        raise NotApplicable("Istio's injector puts its own image in the place of 'auto'")
    if image.effective_tag != "latest":
        return
    said = policy.text()
    if image.text in inventory.index(_built_by_skaffold):
        raise UnknownValue(
            f"Skaffold builds '{image.basename}', and writes its tag when it deploys"
        )
    _refuse_unrendered(container.workload.resource.path, inventory)
    wording = "is tagged latest" if image.tag else "has no tag"
    yield Problem(
        policy,
        f"{said}, but '{image.basename}' {wording}: each node runs the build it happens to hold",
        ((container.get("image"), "this tag moves"),),
    )


def _built_by_skaffold(inventory: Inventory) -> frozenset[str]:
    """https://skaffold.dev/docs/references/yaml/#build-artifacts"""
    names = (
        artifact.get("image").identity()
        for config in inventory.of_kind("skaffold/Config")
        if isinstance(config.get("build", "artifacts").value, list)
        for artifact in config.get("build", "artifacts").items()
    )
    return frozenset(filter(None, names))


def _refuse_unrendered(path: str, inventory: Inventory) -> None:
    """A base may leave the tag to the ``images`` of a kustomization, or to a patch."""
    for gap in inventory.gaps:
        if gap.changes & _SET_IMAGES and gap.near(path):
            raise UnknownValue(f"{gap.path} was not rendered, and may set the tag")
