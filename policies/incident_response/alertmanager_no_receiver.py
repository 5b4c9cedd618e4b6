"""Each alert that Alertmanager routes must reach somebody, or be silenced on purpose."""

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

_CONFIG = "monitoring.coreos.com/AlertmanagerConfig"
_ALERTMANAGER = "monitoring.coreos.com/Alertmanager"
# A receiver called so is empty on purpose.
_SILENT = re.compile(
    r"(?i)(?:.*[-_ ])?(?:null|none|nil|void|black-?hole|dev-?null|no-?op|drop|discard|silent"
    r"|silence|ignore|mute)d?(?:[-_ ].*)?"
)
_NO_PROBLEM = re.compile(r"(?:Watchdog|DeadMans?Switch|InfoInhibitor|\|)+")
_NOBODY_WOKEN = re.compile(r"(?i)(?:none|info|debug|\|)+")
_SEVERE = re.compile(r"(?i).*(?:crit|warn|error|page|high|major|emerg|urgent|\.[*+])")


@rule(
    id="INC002",
    title="alerts are routed to nobody",
    group="detection",
    kinds=[_CONFIG, _ALERTMANAGER],
    references=[
        "https://prometheus-operator.dev/docs/developer/alerting/",
        "https://prometheus.io/docs/alerting/latest/configuration/#route",
    ],
)
def alertmanager_no_receiver(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    if resource.kind == _ALERTMANAGER:
        _find_configuration(resource, inventory)
        return
    top = resource.get("spec", "route")
    if not top.present:
        raise NotApplicable("it defines no route")
    receivers = {
        receiver.get("name").text(): receiver
        for receiver in resource.get("spec", "receivers").items()
    }
    routes = [*_routes(top)]
    named = [receivers.get(route.get("receiver").text()) for route in routes]
    somebody = any(receiver and _reaches(receiver) for receiver in named)
    for route, receiver in zip(routes, named, strict=True):
        name = route.get("receiver").text()
        if not name and route is not top:
            continue  # it takes its parent's
        if receiver is None:
            # https://github.com/prometheus-operator/prometheus-operator: validateRoute
            what = f"receiver '{name}' is not defined" if name else "the route names no receiver"
            yield Problem(route.get("receiver"), f"{what}, and the operator ignores the object")
        elif not _reaches(receiver) and not _on_purpose(
            route, name, top=route is top, somebody=somebody
        ):
            message = f"receiver '{name}' notifies nobody: it has no slackConfigs, emailConfigs, …"
            yield Problem(route.get("receiver"), message, ((receiver, "the receiver"),))


def _find_configuration(alertmanager: Resource, inventory: Inventory) -> None:
    """Passes an Alertmanager whose routes are an object of the scan, which is judged by itself."""
    name = alertmanager.get("spec", "alertmanagerConfiguration", "name").text()
    if name:
        if inventory.named(_CONFIG, alertmanager.namespace, name, alertmanager.path) is None:
            raise UnknownValue(f"AlertmanagerConfig '{name}' is not in this scan")
        return
    secret = alertmanager.get("spec", "configSecret").text() or f"alertmanager-{alertmanager.name}"
    raise UnknownValue(f"its routes are text in the Secret '{secret}', which is not read")


def _routes(top: Node) -> Iterator[Node]:
    stack = [top]
    while stack:
        route = stack.pop()
        yield route
        stack += reversed([*route.get("routes").items()])


def _reaches(receiver: Node) -> bool:
    """Whether it has an integration: a list such as ``slackConfigs`` that is not empty."""
    return any(
        next(value.items(), None) is not None
        for key, value in receiver.entries()
        if key.endswith("Configs")
    )


def _on_purpose(route: Node, name: str, *, top: bool, somebody: bool) -> bool:
    """Whether a route to an empty receiver only takes what nobody needs to hear of."""
    matchers = [
        (matcher.get("name").text(), matcher.get("matchType").text(), matcher.get("value").text())
        for matcher in route.get("matchers").items()
    ]
    positive = [(label, value) for label, how, value in matchers if not how.startswith("!")]
    if any(label == "alertname" and _NO_PROBLEM.fullmatch(value) for label, value in positive) or (
        any(label == "severity" and _NOBODY_WOKEN.fullmatch(value) for label, value in positive)
    ):
        return True
    if route.get("continue").flag() and not top:
        return True
    severe = any(label == "severity" and _SEVERE.match(value) for label, value in positive)
    return somebody and not severe and bool(_SILENT.fullmatch(name))
