"""A manifest must name an API that the cluster still serves after its next upgrade."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    REMOVED_API_KINDS,
    ApiRemoval,
    Inventory,
    Node,
    Problem,
    Release,
    Resource,
    UnknownValue,
    api_removal,
    clusters_of,
    rule,
)

# Kubernetes supports a release for 14 months; 1.31, the last one below this, until November 2025.
# What this release or an older one removed is served by no release that anybody maintains.
# https://kubernetes.io/releases/patch-releases/
_OLDEST = (1, 32)
# No API of the table had been served for fewer releases when it was removed.
_SERVED_FOR = 6
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
def deprecated_api(
    resource: Resource, inventory: Inventory, *, kubernetes_version: str = ""
) -> Iterator[Problem]:
    option = _parsed(kubernetes_version) if kubernetes_version else None
    written = resource.get("apiVersion")
    removal = api_removal(written.text(), resource.get("kind").text())
    if removal is None:
        return
    of_cluster = removal.product == "Kubernetes"
    releases = _releases(inventory) if of_cluster and option is None else []
    if of_cluster and removal.removed_in > (option or _next_upgrade(releases)):
        return
    version = removal.api_version.rpartition("/")[2]
    use = f": use {removal.replacement}" if removal.replacement else ", without a successor"
    gone = f"{removal.kind} {version} was removed in {removal.release}{use}"
    cluster = _all_serve(releases, removal)
    if cluster is not None:
        later = removal.release.rpartition(" ")[2]
        yield Problem(
            written,
            f"the cluster's {cluster} still serves {removal.kind} {version},"
            f" its upgrade to {later} does not{use}",
            (_told(cluster),),
        )
    else:
        refusing = [release for release in releases if release.number >= removal.removed_in]
        related = refusing[:3] if len(refusing) == len(releases) else []
        yield Problem(written, gone, tuple(map(_told, related)))


def _all_serve(releases: list[Release], removal: ApiRemoval) -> Release | None:
    """The newest release of a cluster, when what each of them runs surely serves the API."""
    major, minor = removal.removed_in
    serving = [
        release
        for release in releases
        if (major, minor - _SERVED_FOR) <= release.number < removal.removed_in
        and not release.minimum
    ]
    if not serving or len(serving) < len(releases):
        return None
    return max(serving, key=lambda release: release.number)


def _releases(inventory: Inventory) -> list[Release]:
    """Those of every cluster of the scan; none where that of one is not known."""
    found = [cluster.release for cluster in clusters_of(inventory)]
    known = [release for release in found if isinstance(release, Release)]
    return known if len(known) == len(found) else []


def _next_upgrade(releases: list[Release]) -> tuple[int, int]:
    """The release whose refusal counts: the one that each cluster is upgraded to next, at least."""
    if not releases:
        return _OLDEST
    major, minor = min(release.number for release in releases)
    return max(_OLDEST, (major, minor + 1))


def _told(release: Release) -> tuple[Node, str]:
    later = " or a later release" if release.minimum else ""
    return release.node, f"the cluster runs {release}{later}"


def _parsed(version: str) -> tuple[int, int]:
    """The release that the option names; of a malformed one nobody knows what it serves."""
    match = _VERSION.fullmatch(version.strip())
    if match is None:
        raise UnknownValue("the option kubernetes_version is no version such as 1.31")
    return int(match[1]), int(match[2])
