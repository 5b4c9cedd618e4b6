"""A serverless service keeps an instance warm."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Node,
    Problem,
    Resource,
    rule,
)

_Path = tuple[str | int, ...]
# Every place where a minimum can be given; the first is the one to set.
_MINIMA: dict[str, tuple[_Path, ...]] = {
    "google_cloud_run_v2_service": (
        ("template", 0, "scaling", 0, "min_instance_count"),
        ("scaling", 0, "min_instance_count"),
        ("scaling", 0, "manual_instance_count"),
    ),
    "google_cloud_run_service": (
        ("template", 0, "metadata", 0, "annotations", "autoscaling.knative.dev/minScale"),
        ("metadata", 0, "annotations", "run.googleapis.com/minScale"),
    ),
    "google_cloudfunctions2_function": (("service_config", 0, "min_instance_count"),),
    "google_cloudfunctions_function": (("min_instances",),),
}


@rule(
    id="CAP075",
    title="serverless service starts from nothing after a quiet time",
    group="disputed",
    kinds=_MINIMA,
    references=[
        "https://cloud.google.com/run/docs/configuring/min-instances",
        "https://cloud.google.com/functions/docs/configuring/min-instances",
    ],
)
def cloud_run_min_instances(service: Resource, *, minimum: int = 1) -> Iterator[Problem]:
    minima = [service.get(*path) for path in _MINIMA[service.kind]]
    if not any(node.number() >= minimum for node in minima):
        yield Problem(minima[0], f"{_state(minima[0])}: the first request waits for a start")


def _state(node: Node) -> str:
    name = "minScale" if str(node.path[-1]).endswith("minScale") else node.path[-1]
    return f"{name} is {node.number():g}" if node.present else f"{name} is not set, and is 0"
