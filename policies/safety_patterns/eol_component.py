"""What runs in production should still get fixes when the next hole in it is published."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prodready_infra.sdk import (
    WORKLOAD_KINDS,
    Image,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    rule,
)


@dataclass(frozen=True, slots=True)
class _Ended:
    """Images, by registry and repository, that get no fixes any more.

    ``until`` makes it those whose tag has a version below it; ``also`` are single lines of
    releases above it (``23`` for 23.x). ``source`` is where the project says so.
    """

    images: str
    message: str
    source: str
    until: tuple[int, ...] = ()
    also: tuple[tuple[int, ...], ...] = ()


_K8S_FREEZE = "https://kubernetes.io/blog/2023/02/06/k8s-gcr-io-freeze-announcement/"
_BITNAMI = "https://github.com/bitnami/charts/issues/35164"
_QUAY_COREOS = "the project left quay.io/coreos"

# The first entry that an image matches decides. Dates are those that the project announced; a
# version is listed only once its date is past.
_IMAGES = (
    _Ended(
        r"[^/]+/ingress-nginx/controller(-chroot)?"
        r"|quay\.io/kubernetes-ingress-controller/nginx-ingress-controller(-amd64)?",
        "ingress-nginx is retired since March 2026: no fixes, not even for holes",
        "https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/",
    ),
    _Ended(
        r"(gcr\.io/kubernetes-helm|ghcr\.io/helm)/tiller",
        "Tiller ended with Helm 2 in November 2020, and is an open door to the cluster",
        "https://helm.sh/blog/helm-v2-deprecation-timeline/",
    ),
    _Ended(
        r"gcr\.io/kubebuilder/kube-rbac-proxy",
        "gcr.io/kubebuilder was given up in March 2025: no fixes, and pulls may fail",
        "https://github.com/kubernetes-sigs/kubebuilder/discussions/3907",
    ),
    _Ended(
        r"[^/]+/(.+/)?heapster(-(amd64|arm|arm64|ppc64le|s390x))?",
        "Heapster was retired in 2018; metrics-server took its place",
        "https://github.com/kubernetes-retired/heapster",
    ),
    _Ended(
        r"k8s\.gcr\.io/.+",
        "k8s.gcr.io was frozen in April 2023: newer releases are on registry.k8s.io only",
        _K8S_FREEZE,
    ),
    _Ended(
        r"gcr\.io/google[-_]containers/.+",
        "gcr.io/google-containers became k8s.gcr.io, which was frozen in April 2023",
        _K8S_FREEZE,
    ),
    _Ended(
        r"quay\.io/coreos/(prometheus-operator|prometheus-config-reloader)",
        f"{_QUAY_COREOS} in 2020; see quay.io/prometheus-operator",
        "https://github.com/prometheus-operator/prometheus-operator/blob/main/CHANGELOG.md",
    ),
    _Ended(
        r"quay\.io/coreos/kube-state-metrics",
        f"{_QUAY_COREOS} in 2021; see registry.k8s.io/kube-state-metrics",
        "https://github.com/kubernetes/kube-state-metrics/blob/main/README.md",
    ),
    _Ended(
        r"quay\.io/coreos/etcd-operator",
        "the etcd operator of CoreOS was archived in 2020",
        "https://github.com/coreos/etcd-operator",
    ),
    _Ended(
        r"docker\.io/bitnamilegacy/.+",
        "docker.io/bitnamilegacy is an archive, without updates since August 2025",
        _BITNAMI,
    ),
    _Ended(
        r"docker\.io/bitnami/(?!sealed-secrets).+",
        "Bitnami moved its versions to an archive in 2025, without updates",
        _BITNAMI,
        until=(10**9,),
    ),
    _Ended(
        r"docker\.io/(weaveworks|fluxcd)/(flux|helm-operator)",
        "Flux 1 and its Helm operator were archived in November 2022; Flux 2 replaces them",
        "https://fluxcd.io/flux/migration/flux-v1-migration/",
    ),
    _Ended(
        r"docker\.io/grafana/promtail",
        "Promtail reached its end of life in March 2026; Grafana Alloy replaces it",
        "https://grafana.com/docs/loki/latest/send-data/promtail/",
    ),
    _Ended(
        r"docker\.io/grafana/agent(-operator)?",
        "Grafana Agent reached its end of life in November 2025; Grafana Alloy replaces it",
        "https://grafana.com/docs/agent/latest/",
    ),
    _Ended(
        r"docker\.io/jaegertracing/(all-in-one|jaeger-(agent|collector|ingester|query))",
        "Jaeger 1 reached its end of life in December 2025; jaegertracing/jaeger is version 2",
        "https://www.jaegertracing.io/download/",
        until=(2,),
    ),
    _Ended(
        r"docker\.io/library/postgres",
        "PostgreSQL 13 and older are out of support, the last since November 2025",
        "https://www.postgresql.org/support/versioning/",
        until=(14,),
    ),
    _Ended(
        r"docker\.io/(library/mysql|mysql/mysql-server)",
        "MySQL 8.0 and older are out of support, the last since April 2026",
        "https://www.oracle.com/us/support/library/lifetime-support-technology-069183.pdf",
        until=(8, 1),
    ),
    _Ended(
        r"docker\.io/library/mongo",
        "MongoDB 6.0 and older are out of support, the last since July 2025",
        "https://www.mongodb.com/legal/support-policy/lifecycles",
        until=(7,),
    ),
    _Ended(
        r"docker\.io/library/redis",
        "Redis before 6.2 is out of support",
        "https://github.com/redis/redis/blob/unstable/SECURITY.md",
        until=(6, 2),
    ),
    _Ended(
        r"docker\.io/library/mariadb",
        "MariaDB 10.5 and older, and 10.7 to 10.10, are out of support",
        "https://mariadb.org/about/#maintenance-policy",
        until=(10, 6),
        also=((10, 7), (10, 8), (10, 9), (10, 10)),
    ),
    _Ended(
        r"docker\.io/library/node",
        "Node.js 21 and older, and 23, are out of support, the last since April 2026",
        "https://nodejs.org/en/about/previous-releases",
        until=(22,),
        also=((23,),),
    ),
    _Ended(
        r"docker\.io/library/python",
        "Python 3.9 and older are out of support, the last since October 2025",
        "https://devguide.python.org/versions/",
        until=(3, 10),
    ),
    _Ended(
        r"docker\.elastic\.co/elasticsearch/elasticsearch(-oss)?|docker\.io/library/elasticsearch",
        "Elasticsearch 6 and older are out of support since February 2022",
        "https://www.elastic.co/support/eol",
        until=(7,),
    ),
)
_PATTERNS = [(re.compile(entry.images), entry) for entry in _IMAGES]

# A chart's repository, its charts, and the rest as above.
_REPOSITORIES = (
    (
        r"https?://kubernetes\.github\.io/ingress-nginx/?",
        "ingress-nginx is retired since March 2026: no fixes, not even for holes",
        "https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/",
    ),
    (
        r"https?://(charts\.helm\.sh|kubernetes-charts(-incubator)?\.storage\.googleapis\.com)(/.*)?",
        "Helm's stable and incubator charts were closed in November 2020",
        "https://helm.sh/blog/new-location-stable-incubator-charts/",
    ),
)
_PATTERNS = [(re.compile(entry.images), entry) for entry in _IMAGES]
_SOURCES = dict.fromkeys([*(entry.source for entry in _IMAGES), *(row[2] for row in _REPOSITORIES)])

# Where each kind names the repositories of its charts.
_CHART_KINDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "argoproj.io/Application": (("spec", "source"), ("spec", "sources")),
    "helm.cattle.io/HelmChart": (("spec",),),
    "source.toolkit.fluxcd.io/HelmRepository": (("spec",),),
}
_URLS = ("repoURL", "repo", "url")
_VERSION = re.compile(r"v?(\d{1,9}(?:\.\d{1,9})*)(?=$|[-_.+]|rc|alpha|beta)", re.ASCII)
_NEWEST = re.compile(r"latest|current|stable|lts|alpine|slim")


@rule(
    id="SAF046",
    title="component is past its end of life",
    group="resilience",
    kinds=[*WORKLOAD_KINDS, *_CHART_KINDS],
    references=_SOURCES,
    aliases=["checkov:CKV_K8S_34", "trivy:KSV-0102"],
)
def eol_component(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    if resource.kind in _CHART_KINDS:
        yield from _in_charts(resource)
        return
    workload = Workload(resource)
    if workload.holds_place:
        raise NotApplicable("its pods only keep room on the nodes")
    known, doubts = False, []
    for container in workload.containers:
        try:
            image = container.image
            entry = _entry(image)
            known |= entry is not None
            if entry is None or not _is_past(image, entry):
                continue
        except UnknownValue as signal:
            doubts.append(signal.reason)
            continue
        if file := _setting_images(resource.path, inventory):
            doubts.append(f"{file} was not rendered, and may set another image")
            continue
        yield Problem(container.get("image"), f"'{_short(image)}': {entry.message}")
    if doubts:
        raise UnknownValue(doubts[0])
    if not known:
        raise NotApplicable("it runs nothing whose end of life this rule knows")


def _in_charts(resource: Resource) -> Iterator[Problem]:
    for path in _CHART_KINDS[resource.kind]:
        for source in resource.get(*path).items():
            for url in filter(lambda node: node.present, map(source.get, _URLS)):
                for pattern, message, _ in _REPOSITORIES:
                    if re.fullmatch(pattern, url.text()):
                        yield Problem(url, message)
                        return
    raise NotApplicable("it names no repository of charts that this rule knows to be closed")


def _entry(image: Image) -> _Ended | None:
    return next((e for pattern, e in _PATTERNS if pattern.fullmatch(image.full_name)), None)


def _is_past(image: Image, entry: _Ended) -> bool:
    """A tag such as ``8`` moves to the newest 8.x, so it is past when all of them are."""
    if not entry.until:
        return True
    if image.effective_tag and _NEWEST.match(image.effective_tag):
        return False
    match = _VERSION.match(image.tag)
    if match is None:
        raise UnknownValue(f"'{_short(image)}' does not say which version it is")
    version = tuple(map(int, match[1].split(".")))
    if any(version[: len(line)] == line for line in entry.also):
        return True
    return version < entry.until[: len(version)]


def _setting_images(path: str, inventory: Inventory) -> str:
    """The kustomization that was not rendered and may name another version."""
    found = (gap for gap in inventory.gaps if "images" in gap.changes and gap.near(path))
    return next((gap.path for gap in found), "")


def _short(image: Image) -> str:
    return f"{image.basename}:{image.tag}" if image.tag else image.basename
