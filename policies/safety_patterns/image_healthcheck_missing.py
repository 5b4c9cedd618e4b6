"""Outside Kubernetes, an image's HEALTHCHECK is what tells a hung server from a working one."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from prodready_infra.sdk import (
    Image,
    Inventory,
    NotApplicable,
    Problem,
    Stage,
    UnknownValue,
    rule,
)

# "dev-envs" is what Docker Desktop appends to a file; the image that runs is an earlier stage.
_DEVELOPMENT = re.compile(r"dev(?:el(?:opment)?)?|dev[-_]?(?:envs?|container)|debug|lint|tests?")
# Folders that say nothing of what is built in them.
_PLAIN_FOLDERS = frozenset(
    ("docker", "dockerfiles", "build", "src", "app", "deploy", "container", "image", "images", ".")
)
# Whoever publishes these declares no HEALTHCHECK; the policy of Docker's official images says so:
# https://github.com/docker-library/faq#healthcheck
_WITHOUT = re.compile(
    r"gcr\.io/distroless/.+|cgr\.dev/chainguard/.+|mcr\.microsoft\.com/(?:dotnet|openjdk)/.+"
    r"|public\.ecr\.aws/(?:docker/library|amazonlinux)/.+|mirror\.gcr\.io/library/.+"
    r"|registry\.access\.redhat\.com/ubi[0-9]+(?:-\w+)?"
)


@rule(
    id="SAF011",
    title="server image has no HEALTHCHECK",
    group="advice",
    references=[
        "https://docs.docker.com/reference/dockerfile/#healthcheck",
        "https://docs.docker.com/reference/compose-file/services/#healthcheck",
    ],
    aliases=["hadolint:DL3057", "checkov:CKV_DOCKER_2", "trivy:DS-0026", "dockle:CIS-DI-0006"],
)
def image_healthcheck_missing(stage: Stage, inventory: Inventory) -> Iterator[Problem]:
    if not stage.final:
        raise NotApplicable("only the last stage is run")
    if _DEVELOPMENT.fullmatch(stage.name):
        raise NotApplicable("it is a development environment")
    if stage.cmd is None and stage.entrypoint is None:
        raise NotApplicable("the image starts what its base image starts, or nothing")
    if stage.effective("EXPOSE") is None:
        raise NotApplicable("the image exposes no port: it may be a job or a tool")
    check = stage.effective("HEALTHCHECK")
    disabled = check is not None and check.text.strip().upper() == "NONE"
    if check is not None and not disabled:
        return
    _refuse_kubernetes(stage, inventory)
    if check is not None:
        yield Problem(check.node, "HEALTHCHECK NONE leaves the server without a health check")
    else:
        _refuse_unknown_base(stage)
        yield Problem(stage.node, "the image exposes a port, and nothing checks that it answers")


def _refuse_kubernetes(stage: Stage, inventory: Inventory) -> None:
    """The kubelet ignores HEALTHCHECK and runs its own probes."""
    names, run = _names(stage.path), inventory.index(_images_by_name)
    if names & run or any(image.endswith(f"-{name}") for image in run for name in names):
        raise NotApplicable("Kubernetes runs this image, and ignores its HEALTHCHECK")
    if inventory.index(_workload_folders).intersection(_folders(stage.path)):
        raise UnknownValue("Kubernetes, which ignores HEALTHCHECK, may run it: manifests are near")
    if inventory.unread():
        raise UnknownValue("what was not rendered or read may run the image in Kubernetes")


def _names(path: str) -> set[str]:
    """What the image of a Dockerfile may be called: its folders, and what is in the file's name."""
    file = PurePosixPath(path)
    stem = re.sub(r"(?i)^(?:docker|container)file\.?|\.(?:docker|container)file$", "", file.name)
    folders = [part for part in file.parent.parts if part not in _PLAIN_FOLDERS]
    return {name.lower() for name in (stem, *folders[-2:]) if name}


def _images_by_name(inventory: Inventory) -> set[str]:
    found = set()
    for container in inventory.containers:
        try:
            found.add(container.image.basename.lower())
        except UnknownValue:
            continue  # a templated name joins nothing
    return found


def _workload_folders(inventory: Inventory) -> set[str]:
    paths = {workload.resource.path for workload in inventory.workloads}
    return {folder for path in paths for folder in _folders(path)}


def _folders(path: str) -> tuple[str, ...]:
    """The folder of a file and the one above it."""
    return tuple(str(folder) for folder in list(PurePosixPath(path).parents)[:2])


def _refuse_unknown_base(stage: Stage) -> None:
    base = stage.base
    if not isinstance(base, Image):
        raise UnknownValue("the base image is not known, and may have a HEALTHCHECK")
    if not (base.scratch or base.official or _WITHOUT.fullmatch(base.full_name)):
        raise UnknownValue(f"whether {base.name} has a HEALTHCHECK is not known")
