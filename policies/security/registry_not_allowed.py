"""Images must come from the registries that somebody decided to trust."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Container,
    Image,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    expect_own_image,
    parse_image,
    rule,
)

_CONSTRAINT = "constraints.gatekeeper.sh/K8sAllowedRepos"
_TEMPLATED_END = re.compile(r"[:@][^/]*(?:[$<]|\{\{)[^/]*$")
_DOCKER_HUB = re.compile(r"(?:index|registry-1)\.docker\.io(?=/|$)")


@rule(
    id="SEC025",
    title="image comes from a registry that is not allowed",
    group="hardening",
    roles=("app", "init", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/containers/images/",
        "https://open-policy-agent.github.io/gatekeeper-library/website/validation/allowedrepos/",
    ],
    aliases=["trivy:KSV-0125"],
)
def registry_not_allowed(
    container: Container, inventory: Inventory, *, allowed: str = ""
) -> Iterator[Problem]:
    listed = [entry.strip() for entry in allowed.split(",") if entry.strip()]
    constraints = [] if listed else [*filter(_denies, inventory.of_kind(_CONSTRAINT))]
    if not listed and not constraints:
        raise NotApplicable("nobody says which registries are allowed (option 'allowed')")
    written = container.get("image")
    if written.known and written.value == "auto":
        # https://istio.io/latest/docs/setup/additional-setup/gateway/
        raise NotApplicable("Istio's injector puts its own image in the place of 'auto'")
    image = _image(container, written)
    refusing = [_refusal(c) for c in constraints if not _covered(image, _repositories(c))]
    if _covered(image, listed) if listed else not refusing:
        return
    expect_own_image(inventory, container, "may set the image")
    yield Problem(
        written, f"image '{_short(image)}' comes from no registry that is allowed", tuple(refusing)
    )


def _image(container: Container, written: Node) -> Image:
    """The image; where only its tag is a template, what stands before that."""
    if not written.present:
        return container.image
    return parse_image(_TEMPLATED_END.sub("", written.text()))


def _covered(image: Image, entries: list[str]) -> bool:
    return any(_covers(entry, image) for entry in entries)


def _covers(entry: str, image: Image) -> bool:
    """Whether the image stands at or below the entry; a boundary is a slash, never a letter."""
    registry, slash, rest = _DOCKER_HUB.sub("docker.io", entry.rstrip("/*")).partition("/")
    prefix = f"{registry.lower()}{slash}{rest}"
    registry, slash, rest = image.full_name.partition("/")
    name = _DOCKER_HUB.sub("docker.io", registry.lower()) + slash + rest
    official = prefix.replace("docker.io/", "docker.io/library/", 1)
    return f"{name}/".startswith(f"{prefix}/") or name == official


def _denies(constraint: Resource) -> bool:
    return constraint.get("spec", "enforcementAction").text("deny") == "deny"


def _repositories(constraint: Resource) -> list[str]:
    return [node.text() for node in constraint.get("spec", "parameters", "repos").items()]


def _refusal(constraint: Resource) -> tuple[Node, str]:
    """Where the constraint lists its registries; raises when it may not apply to the image."""
    for key, node in constraint.get("spec", "match").entries():
        if key != "kinds" and node.value not in (None, [], {}):
            raise UnknownValue(f"{constraint.address} applies to some namespaces or labels only")
    return constraint.get("spec", "parameters", "repos"), "this constraint lists what is allowed"


def _short(image: Image) -> str:
    return image.text if len(image.text) <= 60 else f"{image.registry}/…/{image.basename}"
