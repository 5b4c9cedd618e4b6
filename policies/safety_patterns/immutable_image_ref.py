"""What a managed container service runs is one image, not whatever was pushed last."""

import re
from collections.abc import Iterator
from itertools import pairwise

from prodready_infra.sdk import (
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    json_of,
    parse_image,
    rule,
)

_TASK = "aws_ecs_task_definition"
_OF_AN_IMAGE = re.compile("tag|image|version|release|build|container", re.IGNORECASE)
# Where each kind names its images.
_PATHS: dict[str, tuple[tuple[str, ...], str]] = {
    "aws_lambda_function": ((), "image_uri"),
    "azurerm_container_app": (("template", "container"), "image"),
    "azurerm_container_app_job": (("template", "container"), "image"),
    "azurerm_container_group": (("container",), "image"),
    "google_cloud_run_service": (("template", "spec", "containers"), "image"),
    "google_cloud_run_v2_job": (("template", "template", "containers"), "image"),
    "google_cloud_run_v2_service": (("template", "containers"), "image"),
}


@rule(
    id="SAF126",
    title="container service runs an image by a tag that moves",
    group="reproducibility",
    kinds=[_TASK, *_PATHS],
    references=[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html",
        "https://cloud.google.com/run/docs/deploying",
    ],
)
def immutable_image_ref(resource: Resource) -> Iterator[Problem]:
    _raise_if_left_to_others(resource)
    images = list(_in_task(resource) if resource.kind == _TASK else _in_blocks(resource))
    if not images:
        raise NotApplicable("it names no image")
    doubts = []
    for at, image in images:
        try:
            tag = parse_image(image.text()).effective_tag
        except UnknownValue as signal:
            doubts.append(signal)
            continue
        if tag == "latest":
            if _is_default(at, whole=image is at):
                doubts.append(UnknownValue("its tag is a default, which a deploy may override"))
                continue
            yield Problem(at, f"'{_short(image.text())}' names what was pushed last, no version")
    if doubts:
        raise doubts[0]


def _raise_if_left_to_others(resource: Resource) -> None:
    path, attribute = _PATHS.get(resource.kind, ((), "container_definitions"))
    image = ".".join((*path, attribute, ""))
    ignored = resource.get("lifecycle", 0, "ignore_changes")
    if (ignored.known and ignored.value == "all") or any(
        image.startswith(f"{name.text()}.") for name in ignored.items()
    ):
        raise NotApplicable("its lifecycle.ignore_changes leaves the image to those who deploy")


def _is_default(at: Node, *, whole: bool) -> bool:
    """Whether the tag is the default of a variable: a pipeline hands in the real one.

    In the JSON of a task other variables have their share; by its name it is one of the image.
    """
    labels = [place.label for place in at.origin.provenance(at.path)]
    defaults = [name for name, next_ in pairwise(labels) if next_ == "its default"]
    return any(whole or _OF_AN_IMAGE.search(name) for name in defaults)


def _in_blocks(resource: Resource) -> Iterator[tuple[Node, Node]]:
    path, attribute = _PATHS[resource.kind]
    blocks = [resource.node]
    for name in path:
        blocks = [inner for block in blocks for inner in block.get(name).items()]
    for block in blocks:
        image = block.get(attribute)
        if image.value is not None:
            yield image, image


def _in_task(task: Resource) -> Iterator[tuple[Node, Node]]:
    """The images in the JSON of a task, all of which stand at one attribute."""
    at = task.get("container_definitions")
    for container in json_of(at).items():
        image = container.get("image")
        if image.value is not None:
            yield at, image


def _short(image: str) -> str:
    return image.rpartition("/")[2]
