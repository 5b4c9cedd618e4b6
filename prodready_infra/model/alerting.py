"""Who is told of an alert: Alertmanager's routes, from objects and from its own configuration.

https://prometheus.io/docs/alerting/latest/configuration/#route
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

from prodready_infra.errors import UnknownValue
from prodready_infra.model.configuration import configuration_of
from prodready_infra.model.inventory import Inventory, same_namespace, together
from prodready_infra.model.node import Node
from prodready_infra.model.resource import Resource
from prodready_infra.model.selector import label_selector

# How a Secret or ConfigMap with such a text in it appears among the resources.
CONFIG_TEXT = "alertmanager.yaml"
ALERTMANAGER = "monitoring.coreos.com/Alertmanager"
ALERTMANAGER_CONFIG = "monitoring.coreos.com/AlertmanagerConfig"

_MATCHER = re.compile(
    r"""\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"=!~{},]+))\s*(=~|!~|!=|=)\s*"""
    r"""(?:"((?:[^"\\]|\\.)*)"|([^\s",{}]*))\s*(?:,|$)"""
)
_ESCAPED = re.compile(r"\\([\\\"n])")
# Patterns that take exponential time: a repetition of what is repeated.
_EXPLOSIVE = re.compile(r"[*+}][^()]*\)\s*[*+{]")


@dataclass(frozen=True, slots=True)
class Alert:
    """An alerting rule with the labels that its author gave it; ``None`` is not known.

    The series that fire add labels of their own. Nobody's series are known to have a
    ``severity``, so that an alert without one has none, unless its expression speaks of it.
    """

    node: Node
    name: str
    labels: dict[str, str | None]

    def label(self, name: str) -> str | None:
        if name == "alertname":
            return self.name
        return self.labels.get(name, None if name != "severity" else "")


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label; a label that an alert has not is empty."""

    label: str
    value: str
    negative: bool = False
    regex: bool = False

    def matches(self, alert: Alert) -> bool | None:
        """``None`` where the series decide."""
        own = alert.label(self.label)
        if own is None:
            return None
        if not self.regex:
            return (own == self.value) is not self.negative
        try:
            if _EXPLOSIVE.search(self.value):
                return None
            return bool(re.fullmatch(self.value, own)) is not self.negative
        except re.error:
            return None


@dataclass(frozen=True, slots=True, eq=False)
class Receiver:
    """Those who are told; nobody, where it lists no way to reach them."""

    node: Node
    name: str
    notifies: bool


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """A route with those below it. ``receiver`` is ``None`` where none of that name is defined."""

    node: Node
    matchers: tuple[Matcher, ...]
    goes_on: bool
    receiver_name: str
    receiver: Receiver | None
    routes: tuple["Route", ...]

    @property
    def notifies(self) -> bool:
        return self.receiver is not None and self.receiver.notifies

    def takes(self, alert: Alert) -> bool | None:
        found = [matcher.matches(alert) for matcher in self.matchers]
        return False if False in found else None if None in found else True

    def walk(self) -> Iterator["Route"]:
        stack = [self]
        while stack:
            route = stack.pop()
            yield route
            stack += reversed(route.routes)

    def ends(self, alert: Alert) -> list["Route | None"]:
        """Where an alert that enters here may end: ``None`` where somebody is told of it.

        Else it is a route whose receiver is empty. There are several ends where labels that only
        the series know decide, the last being that of an alert without these labels. The first
        route that takes an alert keeps it, unless it says ``continue``, and the deepest decides.
        """
        ended: list[Route | None] = []
        going: list[tuple[bool, Route | None]] = [(False, self)]
        for route in self.routes:
            taken = route.takes(alert)
            if taken is False:
                continue
            below = route.ends(alert)
            after = [(True, _both(been, old, end)) for been, old in going for end in below]
            left = [] if taken else going
            if route.goes_on:
                going = list(dict.fromkeys([*after, *left]))
            else:
                ended += [end for _, end in after]
                going = left
        own = None if self.notifies else self
        ended += [end if been else own for been, end in going]
        return list(dict.fromkeys(ended))


def _both(been: bool, old: Route | None, new: Route | None) -> Route | None:  # noqa: FBT001
    return new if not been or new is None else old


@dataclass(frozen=True, slots=True, eq=False)
class Routing:
    """All routes of one Alertmanager. ``doubt`` says why others may take its alerts, if so."""

    resource: Resource
    root: Route
    doubt: str = ""

    @property
    def mute(self) -> bool:
        """Whether it tells nobody of anything."""
        return not any(route.notifies for route in self.root.walk())


@dataclass(frozen=True, slots=True, eq=False)
class Routings:
    """The routings of a scan, and why those that are not among them could not be told.

    ``partial`` are routes of AlertmanagerConfigs, which stand below a root of somebody else.
    """

    known: tuple[Routing, ...]
    partial: tuple[Route, ...]
    doubts: tuple[str, ...]


def alert_of(rule: Node, group: Node) -> Alert | None:
    """An alert of a PrometheusRule; ``None`` for a recording rule."""
    name = rule.get("alert").text()
    if not name:
        return None
    labels: dict[str, str | None] = {}
    for key, value in (*group.get("labels").entries(), *rule.get("labels").entries()):
        templated = not value.known or "{{" in value.text()
        labels[key] = None if templated else value.text()
    if "severity" not in labels and re.search(r"severity|ALERTS", rule.get("expr").text()):
        labels["severity"] = None
    return Alert(rule, name, labels)


def routing_of(resource: Resource) -> Route:
    """The routes of an AlertmanagerConfig or of a configuration text; raises where not known."""
    text = resource.kind == CONFIG_TEXT
    config = resource.get("config" if text else "spec")
    if not config.get("route").present:
        raise UnknownValue(f"{resource.address} has no route")
    suffix = "_configs" if text else "Configs"
    receivers = [_receiver(node, suffix) for node in config.get("receivers").items()]
    named = {receiver.name: receiver for receiver in receivers}
    return _route(config.get("route"), named, "", text=text)


def _receiver(node: Node, suffix: str) -> Receiver:
    ways = [value for key, value in node.entries() if key.endswith(suffix)]
    return Receiver(node, node.get("name").text(), any(map(bool, ways)))


def _route(node: Node, receivers: dict[str, Receiver], above: str, *, text: bool) -> Route:
    name = node.get("receiver").text() or above
    return Route(
        node,
        tuple(_text_matchers(node) if text else _object_matchers(node)),
        node.get("continue").flag(),
        name,
        receivers.get(name),
        tuple(_route(each, receivers, name, text=text) for each in node.get("routes").items()),
    )


def _text_matchers(node: Node) -> Iterator[Matcher]:
    """``matchers``, and the two fields that they replaced in Alertmanager 0.22."""
    for field in ("match", "match_re"):
        for label, value in node.get(field).entries():
            yield Matcher(label, value.text(), regex=field == "match_re")
    for each in node.get("matchers").items():
        yield from _parsed(each.text())


def _parsed(text: str) -> Iterator[Matcher]:
    rest = text.strip().removeprefix("{").removesuffix("}").strip()
    while rest:
        match = _MATCHER.match(rest)
        if match is None:
            raise UnknownValue("the matchers of a route cannot be read")
        label = _plain(match[1]) if match[2] is None else match[2]
        value = _plain(match[4]) if match[4] is not None else match[5]
        yield _matcher(label, match[3], value)
        rest = rest[match.end() :].strip()


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda match: "\n" if match[1] == "n" else match[1], text)


def _object_matchers(node: Node) -> Iterator[Matcher]:
    """``matchType`` is ``=`` by default, and goes before the older ``regex``.

    https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1alpha1.Matcher
    """
    for each in node.get("matchers").items():
        how = each.get("matchType").text() or ("=~" if each.get("regex").flag() else "=")
        yield _matcher(each.get("name").text(), how, each.get("value").text())


def _matcher(label: str, how: str, value: str) -> Matcher:
    return Matcher(label, value, negative=how.startswith("!"), regex=how.endswith("~"))


def routings(inventory: Inventory) -> Routings:
    """What the scan shows of how alerts are routed."""
    return inventory.index(_all_routings)


def _all_routings(inventory: Inventory) -> Routings:
    known: list[Routing] = []
    partial: list[Route] = []
    doubts: list[str] = []
    takers = _takers(inventory)
    operated, mounted = _operated(inventory), _mounted(inventory)
    served: set[Resource] = set()
    for config in inventory.of_kind(CONFIG_TEXT, ALERTMANAGER_CONFIG):
        kind = config.get("holder").identity() or config.kind
        name = (kind, same_namespace(config.namespace), config.name)
        readers = [each for each in operated.get(name, ()) if together(each, config)]
        mounts = [each for each in mounted.get(name, ()) if together(each, config)]
        served.update(readers)
        try:
            if config.kind == CONFIG_TEXT or readers:
                known.append(Routing(config, routing_of(config), _doubt(config, readers, mounts)))
            elif takers is not None:
                doubts.append(f"{config.address} stands below a root that is not in this scan")
                partial += _below(config, takers)
        except UnknownValue as signal:
            doubts.append(f"{config.address}: {signal.reason}")
    doubts += [
        f"the routes of {each.address} are not in this scan"
        for each in inventory.of_kind(ALERTMANAGER)
        if each not in served
    ]
    return Routings(tuple(known), tuple(partial), tuple(doubts))


_Name = tuple[str, str, str]


def _operated(inventory: Inventory) -> dict[_Name, list[Resource]]:
    """The operator's Alertmanagers, by the object that holds their routes.

    https://prometheus-operator.dev/docs/developer/alerting/
    """
    found: dict[_Name, list[Resource]] = defaultdict(list)
    for each in inventory.of_kind(ALERTMANAGER):
        own = each.get("spec", "alertmanagerConfiguration", "name").identity()
        secret = each.get("spec", "configSecret").identity() or f"alertmanager-{each.name}"
        key = (ALERTMANAGER_CONFIG, own) if own else ("Secret", secret)
        found[key[0], same_namespace(each.namespace), key[1]].append(each)
    return found


def _mounted(inventory: Inventory) -> dict[_Name, list[Resource]]:
    """The workloads that read a ConfigMap or a Secret from a volume: no operator adds to it."""
    found: dict[_Name, list[Resource]] = defaultdict(list)
    if not inventory.of_kind(CONFIG_TEXT):
        return found
    for workload in inventory.workloads:
        try:
            uses = configuration_of(workload)
        except UnknownValue:
            continue
        for use in uses:
            if use.how in ("volume", "projected"):
                name = (use.kind, same_namespace(workload.namespace), use.name)
                found[name].append(workload.resource)
    return found


def _doubt(config: Resource, readers: list[Resource], mounts: list[Resource]) -> str:
    """Why alerts of this routing may be taken by routes that the scan does not show."""
    for reader in readers:
        # Absent it selects nothing, and empty it selects all.
        if reader.get("spec", "alertmanagerConfigSelector").present:
            return f"{reader.address} takes routes from AlertmanagerConfigs, wherever they are"
    if readers or mounts:
        return ""
    return f"nothing in this scan says which Alertmanager reads {config.address}"


def _takers(inventory: Inventory) -> list[Resource] | None:
    """The Alertmanagers that may select AlertmanagerConfigs; ``None`` when surely none does."""
    everyone = inventory.of_kind(ALERTMANAGER)
    found = [a for a in everyone if a.get("spec", "alertmanagerConfigSelector").value is not None]
    return found if found or not everyone else None


def _below(config: Resource, takers: list[Resource]) -> Iterator[Route]:
    """The routes of an AlertmanagerConfig that is surely selected, for its own namespace only.

    https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.AlertmanagerConfigMatcherStrategy
    """
    for taker in takers:
        spec = taker.get("spec")
        selector = label_selector(spec.get("alertmanagerConfigSelector"))
        if selector is None or not selector.matches(config.labels):
            continue
        elsewhere = spec.get("alertmanagerConfigNamespaceSelector")
        near = same_namespace(taker.namespace) == same_namespace(config.namespace)
        # ``{}`` selects all namespaces; what others select depends on labels of namespaces.
        if elsewhere if elsewhere.present else not near:
            continue
        strategy = spec.get("alertmanagerConfigMatcherStrategy", "type").text("OnNamespace")
        route = routing_of(config)
        if strategy == "OnNamespace" or (strategy != "None" and not near):
            own = Matcher("namespace", config.namespace)
            route = replace(route, matchers=(own, *route.matchers))
        yield route
