"""From an alert there must be a way to somebody: routes, and a receiver that tells them."""

import re
from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    CONFIG_TEXT,
    Alert,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    Route,
    Routing,
    Routings,
    UnknownValue,
    alert_of,
    routing_of,
    routings,
    rule,
    same_namespace,
    together,
)

_RULES = "monitoring.coreos.com/PrometheusRule"
# A receiver called so is empty on purpose.
_SILENT = re.compile(
    r"(?i)(?:.*[-_ ])?(?:null|none|nil|void|black-?hole|dev-?null|no-?op|drop|discard|silent"
    r"|silence|ignore|mute)d?(?:[-_ ].*)?"
)
# Alerts that are meant to fire all the time, or to silence others.
_NO_PROBLEM = frozenset({"Watchdog", "DeadMansSwitch", "DeadManSwitch", "InfoInhibitor"})
_NOBODY_WOKEN = frozenset({"none", "info", "debug"})
_INSTALLS = re.compile(r"(?i)prometheus|alertmanager|monitoring")


@rule(
    id="INC004",
    title="alert ends at a receiver that tells nobody",
    group="detection",
    kinds=[_RULES, CONFIG_TEXT],
    references=[
        "https://prometheus.io/docs/alerting/latest/configuration/#route",
        "https://prometheus-operator.dev/docs/developer/alerting/",
    ],
)
def alert_reaches_nobody(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    if resource.kind == CONFIG_TEXT:
        yield from _tells_nobody(resource, inventory)
        return
    doubts: list[str] = []
    alerts = [*_asked(resource, doubts)]
    if not alerts and not doubts:
        raise NotApplicable("it has no alert that anybody needs to hear of")
    found = routings(inventory)
    if not found.known and not found.doubts:
        raise UnknownValue("the scan does not show how alerts are routed")
    if not found.doubts and all(each.mute and not each.doubt for each in found.known):
        raise NotApplicable(f"{found.known[0].resource.address} tells nobody of anything")
    unseen = _unseen(resource, inventory, found)
    lost: dict[Route, list[Alert]] = defaultdict(list)
    for alert in alerts:
        try:
            end = _end(alert, found, unseen)
        except UnknownValue as signal:
            doubts.append(signal.reason)
            continue
        if end is not None:
            lost[end].append(alert)
    for end, theirs in lost.items():
        yield _problem(end, theirs)
    if doubts:
        raise UnknownValue(doubts[0])


def _asked(resource: Resource, doubts: list[str]) -> Iterator[Alert]:
    for group in resource.get("spec", "groups").items():
        for each in group.get("rules").items():
            try:
                alert = alert_of(each, group)
            except UnknownValue as signal:
                doubts.append(signal.reason)
                continue
            if alert is None or alert.name in _NO_PROBLEM:
                continue
            if (alert.label("severity") or "").lower() not in _NOBODY_WOKEN:
                yield alert


def _unseen(resource: Resource, inventory: Inventory, found: Routings) -> str:
    """Why the alerts of a file may be routed in another way than the scan shows, if so."""
    for doubt in (*found.doubts, *(each.doubt for each in found.known)):
        if doubt:
            return doubt
    for each in found.known:
        if not _meet(resource, each.resource):
            return f"nothing says that {each.resource.address} is given its alerts"
        unread = inventory.unread(near=each.resource.path)
        if unread:
            return f"routes may stand in what was not read: {unread}"
    for gap in inventory.gaps:
        if gap.source == "kubernetes" and _INSTALLS.search(str(gap)):
            return f"there may be another Alertmanager: {gap}"
    return ""


def _meet(rules: Resource, config: Resource) -> bool:
    """One Alertmanager serves all namespaces; without names only what stands together is sure."""
    named = same_namespace(rules.namespace) and same_namespace(config.namespace)
    return bool(named) or together(rules, config)


def _end(alert: Alert, found: Routings, unseen: str) -> Route | None:
    """The route at which it ends unheard; ``None`` where somebody is told, or silence is meant."""
    ends = [[_heard(end, routing) for end in routing.root.ends(alert)] for routing in found.known]
    if any(set(each) == {None} for each in ends):
        return None
    if any(route.takes(alert) and route.ends(alert) == [None] for route in found.partial):
        return None
    if unseen:
        raise UnknownValue(unseen)
    for each in ends:
        if None in each:
            raise UnknownValue(f"labels of its series decide who is told of '{alert.name}'")
    return ends[0][-1]


def _heard(end: Route | None, routing: Routing) -> Route | None:
    """No end where it is one on purpose: a matcher leads to a receiver that says so in its name."""
    if end is None or end is routing.root or end.receiver is None:
        return end
    by_name = any(m.label == "alertname" and not m.negative for m in end.matchers)
    return None if by_name or _SILENT.fullmatch(end.receiver_name) else end


def _problem(end: Route, alerts: list[Alert]) -> Problem:
    first, *others = alerts
    more = f", and {len(others)} more with it" if others else ""
    what = "tells nobody" if end.receiver else "is not defined"
    return Problem(
        first.node.get("alert"),
        f"'{first.name}' ends at receiver '{end.receiver_name}', which {what}{more}",
        ((end.node.get("receiver"), "the route that takes it"),),
    )


def _tells_nobody(config: Resource, inventory: Inventory) -> Iterator[Problem]:
    """Said once, not at each of the alerts."""
    root = routing_of(config)
    if any(route.notifies for route in root.walk()):
        return
    if not any(_meet(each, config) for each in inventory.index(_places).values()):
        raise NotApplicable("no alert of this scan is known to be sent to it")
    unread = inventory.unread(near=config.path)
    if unread:
        raise UnknownValue(f"its routes may be replaced: {unread}")
    found = routings(inventory)
    for each in found.known:
        if each.resource is config and each.doubt:
            raise UnknownValue(each.doubt)
    text = f"none of its receivers tells anybody: every alert ends at '{root.receiver_name}'"
    yield Problem(root.node.get("receiver"), text)


def _places(inventory: Inventory) -> dict[tuple[str, str], Resource]:
    """One PrometheusRule for each namespace and folder that has any."""
    found: dict[tuple[str, str], Resource] = {}
    for each in inventory.of_kind(_RULES):
        found.setdefault((each.namespace, each.path.rpartition("/")[0]), each)
    return found
