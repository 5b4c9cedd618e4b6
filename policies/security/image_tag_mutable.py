"""An image must be named by something that stays the same: a version tag or a digest."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Container,
    Image,
    Inventory,
    NotApplicable,
    Problem,
    UnknownValue,
    built_by_skaffold,
    expect_own_image,
    rule,
)


@rule(
    id="SEC009",
    title="image has no tag, or the tag latest",
    group="reproducibility",
    roles=("app", "init", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/containers/images/#image-names",
        "https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/",
    ],
    aliases=[
        "checkov:CKV_K8S_14",
        "kube-linter:latest-tag",
        "kube-score:container-image-tag",
        "polaris:tagNotSpecified",
        "trivy:KSV-0013",
    ],
)
def image_tag_mutable(container: Container, inventory: Inventory) -> Iterator[Problem]:
    image = container.image
    if image.text == "auto":
        # https://istio.io/latest/docs/setup/additional-setup/gateway/
        raise NotApplicable("Istio's injector puts its own image in the place of 'auto'")
    if image.effective_tag != "latest":
        return
    if built_by_skaffold(inventory, container):
        raise UnknownValue(f"Skaffold builds '{_short(image)}', and writes its tag when it deploys")
    expect_own_image(inventory, container, "may set the tag")
    wording = "is tagged latest" if image.tag else "has no tag, which means latest"
    yield Problem(container.get("image"), f"image '{_short(image)}' {wording}")


def _short(image: Image) -> str:
    return image.text if len(image.text) <= 70 else f"…/{image.text.rpartition('/')[2]}"
