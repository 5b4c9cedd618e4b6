"""A Service that carries traffic must be looked at by the monitoring that the scan shows."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    pod_monitors_of,
    rule,
    same_namespace,
    service_monitors_of,
    services_of,
    workloads_behind,
)

_MONITORS = (
    "monitoring.coreos.com/ServiceMonitor",
    "monitoring.coreos.com/PodMonitor",
    "azmonitoring.coreos.com/ServiceMonitor",
    "azmonitoring.coreos.com/PodMonitor",
    "operator.victoriametrics.com/VMServiceScrape",
    "operator.victoriametrics.com/VMPodScrape",
    "monitoring.googleapis.com/PodMonitoring",
    "monitoring.googleapis.com/ClusterPodMonitoring",
)
# These scrape by rules of their own, written in Prometheus' language.
_FREE_FORM = (
    "monitoring.coreos.com/ScrapeConfig",
    "monitoring.coreos.com/Probe",
    "operator.victoriametrics.com/VMScrapeConfig",
    "operator.victoriametrics.com/VMProbe",
)
_SCRAPED = re.compile(r"[\w.-]+/(?:scrape|should_be_scraped)")
# An agent or a mesh proxy takes the metrics: Datadog, Elastic, OpenTelemetry, Istio, Linkerd.
_AGENTS = re.compile(
    r"ad\.datadoghq\.com/[\w.-]+\.(?:checks|check_names|instances)|tags\.datadoghq\.com/service"
    r"|admission\.datadoghq\.com/enabled|co\.elastic\.metrics/module"
    r"|(?:instrumentation|sidecar)\.opentelemetry\.io/inject[\w.-]*"
    r"|sidecar\.istio\.io/inject|istio-injection|istio\.io/rev|linkerd\.io/inject"
)
_PUSHES = re.compile(
    r"OTEL_EXPORTER_\w+|DD_(?:AGENT_HOST|TRACE_AGENT_URL)|NEW_RELIC_LICENSE_KEY"
    r"|ELASTIC_APM_SERVER_URLS?|APPLICATIONINSIGHTS_CONNECTION_STRING"
)
_SERVERS = re.compile(
    r"(?:.*/)?(?:prometheus|prometheus-adapter|vmagent|vmsingle|victoria-metrics)(?:[:@].*)?"
)
_OFF = ("false", "disabled", "no")


@rule(
    id="OBS001",
    title="Service is watched by no monitor",
    group="detection",
    kinds=["Service"],
    references=[
        "https://prometheus-operator.dev/docs/developer/getting-started/",
        "https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.Endpoint",
    ],
)
def service_unmonitored(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    workloads = _behind(resource, inventory)
    doubts: list[str] = []
    if _told(resource.get("metadata"), doubts):
        return
    if any(_watches_itself(workload, inventory, doubts) for workload in workloads):
        return
    monitors = _monitors(resource, inventory, doubts)
    if any(_finds_its_port(monitor, resource) for monitor in monitors):
        return
    if any(_watched_elsewhere(workload, resource, inventory, doubts) for workload in workloads):
        return
    if doubts:
        raise UnknownValue(doubts[0])
    if monitors:
        message = f"'{monitors[0].name}' selects the Service, but scrapes no port that it has"
        related = ((monitors[0].get("spec", "endpoints"), "these ports are scraped"),)
        yield Problem(resource.get("spec", "ports"), message, related)
    else:
        _refuse_partial_view(resource, inventory)
        message = f"no monitor selects Service '{resource.name}', and no annotation has it scraped"
        yield Problem(resource.get("metadata", "name"), message)


def _behind(service: Resource, inventory: Inventory) -> list[Workload]:
    if service.get("spec", "type").text() == "ExternalName":
        raise NotApplicable("the Service is only a name for something outside of the cluster")
    if not any(value.text() for _, value in service.get("spec", "selector").entries()):
        raise NotApplicable("the Service selects no pods")
    if service.get("spec", "clusterIP").text() == "None":
        raise NotApplicable("the Service is headless: a directory of pods, not a way to them")
    workloads = workloads_behind(inventory, service)
    if not workloads:
        raise NotApplicable("no workload of this scan stands behind the Service")
    images = (c.get("image").identity() for w in workloads for c in w.app_containers)
    if any(map(_SERVERS.fullmatch, images)):
        raise NotApplicable("the Service is the monitoring itself")
    return workloads


def _told(metadata: Node, doubts: list[str]) -> bool:
    """Whether labels or annotations hand the metrics to a scraper, an agent or a mesh."""
    for key, value in (*metadata.get("annotations").entries(), *metadata.get("labels").entries()):
        scraped = _SCRAPED.fullmatch(key)
        if not scraped and not _AGENTS.fullmatch(key):
            continue
        if not value.known:
            doubts.append(f"the value of {key} is not known")
        elif (value.text() == "true") if scraped else (value.text() not in _OFF):
            return True
    return False


def _watches_itself(workload: Workload, inventory: Inventory, doubts: list[str]) -> bool:
    if _told(workload.template.get("metadata"), doubts):
        return True
    if any(
        _PUSHES.fullmatch(variable.node.get("name").identity())
        for container in workload.containers
        for variable in container.env
    ):
        return True
    namespace = inventory.named("Namespace", "", workload.namespace)
    return namespace is not None and _told(namespace.get("metadata"), doubts)


def _monitors(service: Resource, inventory: Inventory, doubts: list[str]) -> list[Resource]:
    try:
        return service_monitors_of(inventory, service)
    except UnknownValue as signal:
        doubts.append(signal.reason)
        return []


def _finds_its_port(monitor: Resource, service: Resource) -> bool:
    """Whether an endpoint names a port of the Service, by its name; by none it takes all."""
    names = {port.get("name").text() for port in service.get("spec", "ports").items()}
    return any(
        endpoint.get("targetPort").present
        or not endpoint.get("port").present
        or endpoint.get("port").text() in names
        for endpoint in monitor.get("spec", "endpoints").items()
    )


def _watched_elsewhere(
    workload: Workload, service: Resource, inventory: Inventory, doubts: list[str]
) -> bool:
    """Whether its pods are scraped directly, or through another of their Services."""
    try:
        if pod_monitors_of(inventory, workload):
            return True
        others = [other for other in services_of(inventory, workload) if other is not service]
    except UnknownValue as signal:
        doubts.append(signal.reason)
        return False
    return any(
        _told(other.get("metadata"), doubts)
        or any(_finds_its_port(m, other) for m in _monitors(other, inventory, doubts))
        for other in others
    )


def _refuse_partial_view(service: Resource, inventory: Inventory) -> None:
    """Only where the scan shows how a namespace is monitored is a missing monitor a defect."""
    free = inventory.of_kind(*_FREE_FORM)
    if free:
        raise UnknownValue(f"{free[0].address} may scrape it by rules that are not evaluated")
    unread = inventory.unread(near=service.path)
    if unread:
        raise UnknownValue(f"its monitor may stand where nothing was read: {unread}")
    evidence = inventory.index(_evidence).get(same_namespace(service.namespace), [])
    if same_namespace(service.namespace) == "":
        evidence = [path for path in evidence if _near(path, service.path)]
    if not evidence:
        raise UnknownValue("nothing in this scan says how its namespace is monitored")


def _evidence(inventory: Inventory) -> dict[str, list[str]]:
    """By namespace, the files that show that something there is monitored from this scan."""
    found: dict[str, list[str]] = {}
    for monitor in inventory.of_kind(*_MONITORS):
        for namespace in _reached(monitor):
            found.setdefault(same_namespace(namespace), []).append(monitor.path)
    for service in inventory.of_kind("Service"):
        if any(_SCRAPED.fullmatch(key) for key in service.annotations):
            found.setdefault(same_namespace(service.namespace), []).append(service.path)
    return found


def _reached(monitor: Resource) -> list[str]:
    names = monitor.get("spec", "namespaceSelector", "matchNames").value
    if isinstance(names, list):
        return [name for name in names if isinstance(name, str)]
    return [monitor.namespace]


def _near(path: str, other: str) -> bool:
    """Whether one stands in the folder of the other or below it."""
    here, there = PurePosixPath(path).parent, PurePosixPath(other).parent
    return here.is_relative_to(there) or there.is_relative_to(here)
