"""Whoever wants it so: an image is named by its digest, which no registry can change."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import Container, Inventory, NotApplicable, Problem, expect_own_image, rule

# https://github.com/opencontainers/image-spec/blob/main/descriptor.md#registered-algorithms
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")
_LITERAL = re.compile(r"[\w+.:-]*", re.ASCII)


@rule(
    id="SEC024",
    title="image is not pinned to a digest",
    group="disputed",
    roles=("app", "init", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/containers/images/#image-names",
        "https://github.com/opencontainers/image-spec/blob/main/descriptor.md",
    ],
    aliases=["checkov:CKV_K8S_43"],
)
def image_not_digest(container: Container, inventory: Inventory) -> Iterator[Problem]:
    written = container.get("image")
    name, at, digest = written.text().partition("@")
    if _DIGEST.fullmatch(digest):
        return
    if at and _LITERAL.fullmatch(digest):
        algorithm = digest.partition(":")[0]
        yield Problem(
            written, f"'{algorithm}' digest of '{_short(name)}' is malformed: no pull works"
        )
        return
    if container.image.text == "auto":
        # https://istio.io/latest/docs/setup/additional-setup/gateway/
        raise NotApplicable("Istio's injector puts its own image in the place of 'auto'")
    expect_own_image(inventory, container, "may set the digest")
    yield Problem(written, f"image '{_short(name)}' has no digest, so its tag may be moved")


def _short(name: str) -> str:
    return name if len(name) <= 50 else f"…/{name.rpartition('/')[2]}"
