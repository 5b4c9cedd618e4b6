"""Where alerts are kept beside a service, one of them should speak of what users reach."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    routes_to,
    rule,
    same_namespace,
    together,
    workloads_behind,
)

_RULES = (
    "monitoring.coreos.com/PrometheusRule",
    "monitoring.googleapis.com/Rules",
    "monitoring.googleapis.com/ClusterRules",
    "monitoring.googleapis.com/GlobalRules",
    "operator.victoriametrics.com/VMRule",
)
# Objects that alerts are made from, by rules of their own.
_MAKERS = (
    "sloth.slok.dev/PrometheusServiceLevel",
    "pyrra.dev/ServiceLevelObjective",
    "openslo/SLO",
    "grafana.integreatly.org/GrafanaAlertRuleGroup",
    "datadoghq.com/DatadogMonitor",
)
_EXTERNAL_TYPES = ("LoadBalancer", "NodePort")
_NAMES = ("app", "app.kubernetes.io/name", "app.kubernetes.io/instance", "k8s-app", "service")
_SHORTEST = 3  # anything shorter is a part of other words
_CONDITION = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
# Labels that tell one service from another, in the metrics of exporters, gateways and meshes.
_WHOSE = re.compile(
    r"(?:exported_)?(?:namespace|job|service|service_name|app|deployment|statefulset|workload|pod"
    r"|container|ingress|host|instance|name|backend|handler|(?:destination|source)_\w+)"
)
# Exporters that see every workload of a cluster, so that naming them singles out none.
_EXPORTERS = re.compile(
    r".*(?:kube-state-metrics|kubelet|cadvisor|node-?exporter|blackbox|ingress|traefik|envoy|istio"
    r"|linkerd).*"
)
_OF_ALL = re.compile(
    r"\b(?:up|absent)\b|\b(?:kube_(?:deployment|statefulset|daemonset|pod|hpa|horizontalpod)"
    r"|container_|istio_|envoy_|nginx_|traefik_|haproxy_|linkerd_|http_|grpc_|probe_)\w*"
)
_EXPLOSIVE = re.compile(r"[*+}][^()]*\)\s*[*+{]")


@dataclass
class _Alerts:
    """What the alerting rules of a scan speak of."""

    words: str = ""
    patterns: set[str] = field(default_factory=set)
    of_all: Resource | None = None
    doubt: str = ""
    by_namespace: dict[str, list[Resource]] = field(default_factory=lambda: defaultdict(list))


@rule(
    id="OBS004",
    title="no alert speaks of a Service that users reach",
    group="disputed",
    kinds=["Service"],
    references=[
        "https://prometheus.io/docs/practices/alerting/",
        "https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/",
    ],
)
def alert_covers_service(service: Resource, inventory: Inventory) -> Iterator[Problem]:
    alerts = inventory.index(_read)
    if not alerts.by_namespace and not alerts.doubt:
        raise NotApplicable("the scan holds no alerts")
    workloads = workloads_behind(inventory, service)
    if not workloads:
        raise NotApplicable("no workload of this scan stands behind the Service")
    external = service.get("spec", "type").text() in _EXTERNAL_TYPES
    if not external and all(backend.internal for backend in routes_to(inventory, service)):
        raise NotApplicable("nobody from outside of the cluster reaches it")
    names = _names(service, workloads)
    if any(_plain(name) in alerts.words for name in names):
        return
    if any(_matches(pattern, name) for pattern in alerts.patterns for name in names):
        return
    if alerts.of_all is not None:
        raise NotApplicable(f"{alerts.of_all.address} has an alert that is about all services")
    if alerts.doubt:
        raise UnknownValue(alerts.doubt)
    for maker in inventory.of_kind(*_MAKERS):
        raise UnknownValue(f"{maker.address} makes alerts that this scan does not show")
    beside = alerts.by_namespace.get(same_namespace(service.namespace), [])
    if not any(together(service, each) for each in beside):
        raise UnknownValue("no alerts are kept beside it: its own may be anywhere else")
    unread = inventory.unread(near=service.path)
    if unread:
        raise UnknownValue(f"its alerts may stand in what was not read: {unread}")
    text = f"no alert names '{service.name}', its workload or its namespace"
    yield Problem(service.get("metadata", "name"), text)


def _names(service: Resource, workloads: list[Workload]) -> set[str]:
    found = {service.name, service.namespace, *(workload.name for workload in workloads)}
    for labels in (service.get("metadata", "labels"), service.get("spec", "selector")):
        found |= {labels.get(key).identity() for key in _NAMES}
    return {name for name in found if len(name) >= _SHORTEST and name != "default"}


def _plain(text: str) -> str:
    """As metrics, labels and the names of alerts have it in common: ``cartErrors``, ``cart_up``."""
    return re.sub(r"[-_.]", "", text.lower())


def _matches(pattern: str, name: str) -> bool:
    """Whether it may mean the name; what cannot be evaluated may mean all."""
    try:
        return bool(_EXPLOSIVE.search(pattern) or re.fullmatch(pattern, name))
    except re.error:
        return True


def _read(inventory: Inventory) -> _Alerts:
    found = _Alerts()
    words: list[str] = []
    for resource in inventory.of_kind(*_RULES):
        try:
            for each in _rules(resource):
                expression = each.get("expr").text()
                words += [each.get("alert").text(), expression]
                if each.get("alert").text():
                    found.by_namespace[same_namespace(resource.namespace)].append(resource)
                    if _is_of_all(expression):
                        found.of_all = found.of_all or resource
                found.patterns |= {
                    value for _, how, value in _CONDITION.findall(expression) if how == "=~"
                }
        except UnknownValue as signal:
            found.doubt = f"an alert of {resource.address}: {signal.reason}"
    found.words = _plain("\n".join(words))
    return found


def _rules(resource: Resource) -> Iterator[Node]:
    for group in resource.get("spec", "groups").items():
        yield from group.get("rules").items()


def _is_of_all(expression: str) -> bool:
    """Whether it is about every service: it asks a common metric, and singles out nobody's."""
    if not _OF_ALL.search(expression):
        return False
    return not any(
        how in ("=", "=~") and _WHOSE.fullmatch(label) and not _EXPORTERS.fullmatch(value)
        for label, how, value in _CONDITION.findall(expression)
    )
