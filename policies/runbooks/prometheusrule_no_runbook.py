"""Whoever an alert wakes must find in it where the way out is written down."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_RUNBOOK = re.compile(r"(?i)(?:runbook|playbook)(?:[_-]?(?:url|uri|link))?")
_URL = re.compile(r"(?i)https?://[^\s/]+.*")
# Wikis and chat tools that have links of their own: ``confluence:ABC-1``, ``go/checkout``.
_SHORT_LINK = re.compile(r"(?i)(?:go|wiki|kb)/[\w/-]+")
_PATH = re.compile(r"(?i)[^\s:]+\.(?:md|html|adoc|rst|txt)(?:#\S*)?")
# Alerts that are meant to fire all the time, or to silence others.
_NO_PROBLEM = frozenset({"Watchdog", "DeadMansSwitch", "DeadManSwitch", "InfoInhibitor"})
_NOBODY_WOKEN = frozenset({"none", "info"})


@rule(
    id="RUN001",
    title="alert does not say where its runbook is",
    group="response",
    kinds=[
        "monitoring.coreos.com/PrometheusRule",
        "monitoring.googleapis.com/Rules",
        "monitoring.googleapis.com/ClusterRules",
        "monitoring.googleapis.com/GlobalRules",
        "operator.victoriametrics.com/VMRule",
    ],
    references=[
        "https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/",
        "https://runbooks.prometheus-operator.dev/",
    ],
)
def prometheusrule_no_runbook(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    asked, doubts = False, []
    for group in resource.get("spec", "groups").items():
        for alert in group.get("rules").items():
            try:
                if _wakes_somebody(alert, group):
                    asked = True
                    yield from _without_runbook(alert, resource, inventory)
            except UnknownValue as signal:
                doubts.append(signal.reason)
    if doubts:
        raise UnknownValue(doubts[0])
    if not asked:
        raise NotApplicable("it has no alert that anybody is told of")


def _wakes_somebody(alert: Node, group: Node) -> bool:
    name = alert.get("alert").text()
    if not name or name in _NO_PROBLEM:
        return False
    own = alert.get("labels", "severity")
    severity = own if own.value is not None else group.get("labels", "severity")
    # A templated severity depends on what fires: such an alert may well wake somebody.
    return not severity.known or severity.text().lower() not in _NOBODY_WOKEN


def _without_runbook(alert: Node, resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    name = alert.get("alert").text()
    found = [node for key, node in alert.get("annotations").entries() if _RUNBOOK.fullmatch(key)]
    texts = [node.text().strip() for node in found]
    if any(_leads_somewhere(text, resource, inventory) for text in texts):
        return
    text = next(filter(None, texts), "")
    wording = (
        f"has the runbook '{text[:40]}', which leads nowhere" if text else "has no runbook_url"
    )
    yield Problem(alert.get("alert"), f"alert '{name}' {wording}")


def _leads_somewhere(text: str, resource: Resource, inventory: Inventory) -> bool:
    """A URL, or the path of a document that is in the repository."""
    if _URL.fullmatch(text) or _SHORT_LINK.fullmatch(text):
        return True
    path = text.partition("#")[0].lstrip("/")
    return bool(_PATH.fullmatch(text)) and inventory.holds_file(path, resource.path)
