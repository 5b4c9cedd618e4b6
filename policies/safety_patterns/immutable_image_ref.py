"""What a managed container service runs is one image, not whatever was pushed last."""

import json
from collections.abc import Iterator

from prodready_infra.sdk import (
    Lifecycle,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    parse_image,
    rule,
)

_TASK = "aws_ecs_task_definition"
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
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def immutable_image_ref(resource: Resource) -> Iterator[Problem]:
    if resource.ignores_changes("container_definitions", "template", "container", "image_uri"):
        raise NotApplicable("its lifecycle.ignore_changes leaves the image to those who deploy")
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
            yield Problem(
                at,
                f"'{_short(image.text())}' is what was pushed last: no version to go back to",
            )
    if doubts:
        raise doubts[0]


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
    try:
        definitions = json.loads(at.text("[]"))
    except (ValueError, RecursionError):
        raise UnknownValue("container_definitions is no JSON that can be read") from None
    for container in Node(definitions, at.path, at.origin).items():
        image = container.get("image")
        if image.value is not None:
            yield at, image


def _short(image: str) -> str:
    return image.rpartition("/")[2]
