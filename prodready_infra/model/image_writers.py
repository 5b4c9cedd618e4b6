"""Who else writes the images of a container: Skaffold, and kustomizations not rendered."""

from prodready_infra.errors import UnknownValue
from prodready_infra.model.container import Container
from prodready_infra.model.inventory import Inventory

# The fields of a kustomization that may change an image.
_SET_IMAGES = frozenset(
    {"images", "patches", "patchesJson6902", "patchesStrategicMerge", "replacements"}
)


def expect_own_image(inventory: Inventory, container: Container, may: str) -> None:
    """Raises where a kustomization that was not rendered ``may set the tag``, or a patch of it."""
    for gap in inventory.gaps:
        if gap.changes & _SET_IMAGES and gap.near(container.workload.resource.path):
            raise UnknownValue(f"{gap.path} was not rendered, and {may}")


def built_by_skaffold(inventory: Inventory, container: Container) -> bool:
    """Whether Skaffold builds the image, and writes its tag when it deploys.

    https://skaffold.dev/docs/references/yaml/#build-artifacts
    """
    return container.image.text in inventory.index(_artifacts)


def _artifacts(inventory: Inventory) -> frozenset[str]:
    names = (
        artifact.get("image").identity()
        for config in inventory.of_kind("skaffold/Config")
        if isinstance(config.get("build", "artifacts").value, list)
        for artifact in config.get("build", "artifacts").items()
    )
    return frozenset(filter(None, names))
