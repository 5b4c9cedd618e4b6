"""An image must be built on a base that is the same tomorrow as today."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import Image, NotApplicable, Problem, Stage, UnknownValue, rule

# The end of a reference whose beginning is a variable: a tag, or a digest.
_LITERAL_END = re.compile(r".*(?:@sha256:[0-9a-f]{64}|:(?P<tag>\w[\w.-]*))", re.ASCII)

# Publishers that write the release into the name, and move "latest" within it only.
_RELEASE = re.compile(r"-debian[0-9]+$|(?:^|/)ubi[0-9]+(?:[/-]|$)")


@rule(
    id="SEC010",
    title="base image has no tag, or the tag latest",
    group="reproducibility",
    references=[
        "https://docs.docker.com/build/building/best-practices/#pin-base-image-versions",
        "https://docs.docker.com/reference/dockerfile/#from",
    ],
    aliases=[
        "hadolint:DL3006",
        "hadolint:DL3007",
        "checkov:CKV_DOCKER_7",
        "trivy:DS-0001",
        "dockle:DKL-DI-0006",
    ],
)
def base_image_untagged(stage: Stage) -> Iterator[Problem]:
    if stage.parent is not None:
        raise NotApplicable("it is built on another stage of the file")
    base, written = stage.base, stage.base_text
    if isinstance(base, Image):
        if base.scratch:
            raise NotApplicable("it is built on nothing")
        if base.effective_tag != "latest" or _RELEASE.search(base.repository):
            return
        shown, wording = base.text, _wording(base.tag)
    else:
        ending = _LITERAL_END.fullmatch(written)
        if ending is None:
            raise UnknownValue(base.reason)
        if ending["tag"] != "latest":
            return
        shown, wording = written, _wording("latest")
    if "$" in written and not written.endswith(":latest"):
        wording += " by default"
    words = stage.header.words
    yield Problem(words[0].node if words else stage.node, f"base image '{_short(shown)}' {wording}")


def _wording(tag: str) -> str:
    return "is tagged latest" if tag else "has no tag"


def _short(text: str) -> str:
    return text if len(text) <= 50 else f"…{text[-49:]}"
