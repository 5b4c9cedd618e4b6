"""A Service whose selector matches no pod answers nobody."""

import re
from collections import defaultdict
from collections.abc import Iterator
from difflib import SequenceMatcher

from prodready_infra.sdk import (
    LONG_RUNNING,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    rule,
    same_namespace,
    together,
    workloads_behind,
)

_CANARY = "flagger.app/Canary"
# Controllers put these on the pods that they make; no template has them.
# https://kubernetes.io/docs/reference/labels-annotations-taints/
_GIVEN_LATER = frozenset(
    {
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/job-completion-index",
        "batch.kubernetes.io/job-name",
        "controller-revision-hash",
        "job-name",
        "pod-template-hash",
        "rollouts-pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
    }
)
# What a cluster of databases or an operator writes on its pods while they run.
_ROLE = re.compile(r"(?:.*[-_./])?(?:role|leader|master|primary|replica|state|color|track|slot)")
_SUFFIXES = re.compile(
    r"(?:-(?:service|svc|headless|deployment|deploy|statefulset|sts|lb|loadbalancer|nodeport"
    r"|internal|external|public))+$"
)
_DIGITS = re.compile(r"\d+")
_ALIKE = 0.8


@rule(
    id="SAF049",
    title="Service selects no pod",
    group="availability",
    kinds=["Service"],
    references=[
        "https://kubernetes.io/docs/concepts/services-networking/service/",
        "https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/",
    ],
    aliases=[
        "kube-linter:dangling-service",
        "kube-score:service-targets-pod",
        "kubescape:C-0293",
    ],
)
def service_no_target(service: Resource, inventory: Inventory) -> Iterator[Problem]:
    if service.get("spec", "type").text() == "ExternalName":
        raise NotApplicable("it is an alias of a host outside")
    selector = {key: value.text() for key, value in service.get("spec", "selector").entries()}
    if not selector:
        raise NotApplicable("it has no selector: somebody else keeps its endpoints")
    if workloads_behind(inventory, service):
        return
    meant = _meant(service, selector, inventory)
    if meant is None:
        raise UnknownValue("no workload of the scan has the labels that it selects")
    for doubt in _doubts(service, selector, meant, inventory):
        raise UnknownValue(doubt)
    labels = meant.labels
    key = _wrong(selector, labels)[0]
    has = f"'{key}: {labels[key]}'" if key in labels else f"no '{key}'"
    yield Problem(
        service.get("spec", "selector", key),
        f"it selects '{key}: {selector[key]}', but the pods of {meant.address} have {has}",
        ((meant.template.get("metadata", "labels"), "the labels of these pods"),),
    )


def _meant(service: Resource, selector: dict[str, str], inventory: Inventory) -> Workload | None:
    """The workload beside the Service that it surely is for: one name, or all but one label."""
    place = (same_namespace(service.namespace), service.folder)
    neighbours = inventory.index(_by_folder).get(place, [])
    stem = _stem(service.name)
    for workload, _ in neighbours:
        if _stem(workload.name) == stem:
            return workload
    for workload, labels in neighbours:
        wrong = _wrong(selector, labels)
        one_off = len(selector) > 1 and len(wrong) == 1 and wrong[0] in labels
        if one_off and _misspelt(selector[wrong[0]], labels[wrong[0]]):
            return workload
    return None


def _doubts(
    service: Resource, selector: dict[str, str], meant: Workload, inventory: Inventory
) -> Iterator[str]:
    """Reasons why pods with those labels may exist although the scan does not hold them."""
    for key in _wrong(selector, meant.labels):
        if key in _GIVEN_LATER or (key not in meant.labels and _ROLE.fullmatch(key)):
            yield f"the label '{key}' is put on pods while they run"
        if _DIGITS.sub("", selector[key]) == _DIGITS.sub("", meant.labels.get(key, "")):
            yield f"'{key}: {selector[key]}' may be another version, declared elsewhere"
    namespace = same_namespace(service.namespace)
    for canary in inventory.of_kind(_CANARY):
        if same_namespace(canary.namespace) == namespace:
            yield f"Flagger makes copies of what {canary.address} names"
    for workload in inventory.index(_unlabelled).get(namespace, []):
        if together(service, workload.resource):
            yield f"the labels of {workload.address} are not known"
    pair = next(iter(selector.items()))
    for other in inventory.index(_by_label).get(pair, []):
        if selector.items() <= other.labels.items() and not (other.namespace and namespace):
            yield f"only one of it and {other.address} names its namespace"
    unread = inventory.unread(near=service.path)
    if unread is not None:
        yield f"its pods may stand in what was not read: {unread}"


def _labelled(inventory: Inventory) -> list[tuple[Workload, dict[str, str]]]:
    found = []
    for workload in inventory.workloads:
        try:
            found.append((workload, workload.labels))
        except UnknownValue:
            continue
    return found


def _by_folder(
    inventory: Inventory,
) -> dict[tuple[str, str], list[tuple[Workload, dict[str, str]]]]:
    """The servers whose labels are known, by namespace and folder."""
    found = defaultdict(list)
    for workload, labels in inventory.index(_labelled):
        if workload.kind in LONG_RUNNING:
            found[same_namespace(workload.namespace), workload.resource.folder].append(
                (workload, labels)
            )
    return found


def _by_label(inventory: Inventory) -> dict[tuple[str, str], list[Workload]]:
    found: dict[tuple[str, str], list[Workload]] = defaultdict(list)
    for workload, labels in inventory.index(_labelled):
        for pair in labels.items():
            found[pair].append(workload)
    return found


def _unlabelled(inventory: Inventory) -> dict[str, list[Workload]]:
    known = {workload for workload, _ in inventory.index(_labelled)}
    found: dict[str, list[Workload]] = defaultdict(list)
    for workload in inventory.workloads:
        if workload not in known:
            found[same_namespace(workload.namespace)].append(workload)
    return found


def _wrong(selector: dict[str, str], labels: dict[str, str]) -> list[str]:
    return [key for key, value in selector.items() if labels.get(key) != value]


def _misspelt(one: str, other: str) -> bool:
    return SequenceMatcher(None, one.lower(), other.lower()).ratio() >= _ALIKE


def _stem(name: str) -> str:
    return _SUFFIXES.sub("", name)
