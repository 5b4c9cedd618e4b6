"""A node that keeps its old copy of a moving tag runs other code than its neighbours."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Container,
    Inventory,
    NotApplicable,
    Problem,
    UnknownValue,
    built_by_skaffold,
    expect_own_image,
    rule,
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
    if built_by_skaffold(inventory, container):
        raise UnknownValue(
            f"Skaffold builds '{image.basename}', and writes its tag when it deploys"
        )
    expect_own_image(inventory, container, "may set the tag")
    wording = "is tagged latest" if image.tag else "has no tag"
    yield Problem(
        policy,
        f"{said}, but '{image.basename}' {wording}: each node runs the build it happens to hold",
        ((container.get("image"), "this tag moves"),),
    )
