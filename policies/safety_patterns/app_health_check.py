"""The platform that runs a web service asks it whether it still answers."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    rule,
)

_V1, _V2 = "google_cloud_run_service", "google_cloud_run_v2_service"
_AZURE = ("azurerm_linux_web_app", "azurerm_windows_web_app")
_CHECKS = {_V1: "template.spec.containers.", _V2: "template.containers."}
_PROBES = ("liveness_probe", "startup_probe")
# https://learn.microsoft.com/en-us/azure/app-service/monitor-instances-health-check
_SHARED = ("F1", "FREE", "D1", "SHARED")


@rule(
    id="SAF122",
    title="managed web service has no health check",
    group="advice",
    kinds=[_V1, _V2, *_AZURE],
    references=[
        "https://cloud.google.com/run/docs/configuring/healthchecks",
        "https://learn.microsoft.com/en-us/azure/app-service/monitor-instances-health-check",
    ],
    aliases=["checkov:CKV_AZURE_213"],
)
def app_health_check(service: Resource, inventory: Inventory) -> Iterator[Problem]:
    _raise_if_left_to_others(service)
    if service.kind in _AZURE:
        yield from _web_app(service, inventory)
        return
    template = service.get("template", 0)
    spec = template.get("spec", 0) if service.kind == _V1 else template
    containers = list(spec.get("containers").items())
    if not containers:
        raise NotApplicable("it names no containers")
    container = _serving(containers)
    if not any(True for probe in _PROBES for _ in container.get(probe).items()):
        yield Problem(
            container.get("liveness_probe"),
            "container has no probe: it takes requests for as long as its port is open",
        )


def _raise_if_left_to_others(service: Resource) -> None:
    check = _CHECKS.get(service.kind, "site_config.health_check_path.")
    ignored = service.get("lifecycle", 0, "ignore_changes")
    if (ignored.known and ignored.value == "all") or any(
        check.startswith(f"{name.text()}.") for name in ignored.items()
    ):
        raise NotApplicable("its lifecycle.ignore_changes leaves its check to others")


def _serving(containers: list[Node]) -> Node:
    """The container that requests go to: of several, the one with a port."""
    if len(containers) > 1:
        for container in containers:
            if any(True for _ in container.get("ports").items()):
                return container
    return containers[0]


def _web_app(app: Resource, inventory: Inventory) -> Iterator[Problem]:
    path = app.get("site_config", 0, "health_check_path")
    if path.present and path.text():
        return
    for plan in inventory.references(app, "azurerm_service_plan"):
        if plan.get("sku_name").identity().upper() in _SHARED:
            raise NotApplicable("its plan is a free one, which has no health checks")
    yield Problem(path, "health_check_path is not set: an instance that fails keeps its requests")
