"""A manifest must name an API that the cluster still serves after its next upgrade."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    REMOVED_API_KINDS,
    Problem,
    Resource,
    UnknownValue,
    api_removal,
    rule,
)

# Kubernetes supports a release for 14 months; 1.31, the last one below this, until November 2025.
# What this release or an older one removed is served by no release that anybody maintains.
# https://kubernetes.io/releases/patch-releases/
_OLDEST = (1, 32)
_VERSION = re.compile(r"v?(\d{1,3})\.(\d{1,3})(?:\D.*)?", re.ASCII)


@rule(
    id="SAF047",
    title="manifest uses an API that Kubernetes has removed",
    group="availability",
    kinds=REMOVED_API_KINDS,
    references=[
        "https://kubernetes.io/docs/reference/using-api/deprecation-guide/",
        "https://kubernetes.io/releases/patch-releases/",
    ],
    aliases=[
        "kube-linter:no-extensions-v1beta",
        "kube-score:stable-version",
        "trivy:KSV-0107",
    ],
)
def deprecated_api(resource: Resource, *, kubernetes_version: str = "") -> Iterator[Problem]:
    cluster = _parsed(kubernetes_version)
    written = resource.get("apiVersion")
    removal = api_removal(written.text(), resource.get("kind").text())
    if removal is None or (removal.product == "Kubernetes" and removal.removed_in > cluster):
        return
    version = removal.api_version.rpartition("/")[2]
    use = f": use {removal.replacement}" if removal.replacement else ", without a successor"
    yield Problem(written, f"{removal.kind} {version} was removed in {removal.release}{use}")


def _parsed(version: str) -> tuple[int, int]:
    """The release that the option names; of a malformed one nobody knows what it serves."""
    if not version:
        return _OLDEST
    match = _VERSION.fullmatch(version.strip())
    if match is None:
        raise UnknownValue("the option kubernetes_version is no version such as 1.31")
    return int(match[1]), int(match[2])
