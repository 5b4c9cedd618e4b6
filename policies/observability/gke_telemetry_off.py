"""A GKE cluster sends its logs and metrics somewhere."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Problem,
    Resource,
    rule,
)


# Both are on by default: only what somebody switched off is reported.
@rule(
    id="OBS021",
    title="GKE cluster has its logging or monitoring switched off",
    group="weakness",
    kinds=["google_container_cluster"],
    references=[
        "https://cloud.google.com/kubernetes-engine/docs/how-to/config-logging-monitoring",
    ],
    aliases=["checkov:CKV_GCP_1", "checkov:CKV_GCP_8", "trivy:GCP-0060", "trivy:GCP-0052"],
)
def gke_telemetry_off(cluster: Resource) -> Iterator[Problem]:
    for service in ("logging", "monitoring"):
        named = cluster.get(f"{service}_service")
        if named.text() == "none":
            yield Problem(named, f'{service}_service is "none": {_lost(service)}')
            continue
        components = cluster.get(f"{service}_config", 0, "enable_components")
        prometheus = cluster.get(f"{service}_config", 0, "managed_prometheus", 0, "enabled")
        empty = components.present and not any(True for _ in components.items())
        if empty and not prometheus.flag():
            yield Problem(
                components, f"{service}_config.enable_components is empty: {_lost(service)}"
            )


def _lost(service: str) -> str:
    return "no logs are kept" if service == "logging" else "nothing is measured"
