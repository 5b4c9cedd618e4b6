"""A hint: without a liveness probe nothing restarts a process that hangs without dying."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    LONG_RUNNING,
    Container,
    NotApplicable,
    Problem,
    UnknownValue,
    rule,
)

# Proxies that others write and run beside an app, by the last part of their image or, with a copy
# of the image under another name, by the container's name. Most end when they break.
_PROXIES = frozenset(
    {
        *("alloydb-auth-proxy", "cloud-sql-proxy", "cloud_sql_proxy", "cloudsql-proxy"),
        *("consul-dataplane", "envoy", "gce-proxy", "istio-proxy", "kuma-dp", "kuma-sidecar"),
        *("linkerd-proxy", "proxyv2"),
    }
)


@rule(
    id="SAF002",
    title="container has no liveness probe",
    group="advice",
    # Knative starts and stops the instances of its services as requests come and go.
    kinds=LONG_RUNNING - {"serving.knative.dev/Service"},
    references=[
        "https://kubernetes.io/docs/concepts/workloads/pods/probes/",
        "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#when-should-you-use-a-liveness-probe",
    ],
    aliases=[
        "checkov:CKV_K8S_8",
        "kube-linter:no-liveness-probe",
        "polaris:livenessProbeMissing",
    ],
)
def liveness_probe_missing(container: Container) -> Iterator[Problem]:
    if container.probe("liveness") is not None:
        return
    if len(container.workload.app_containers) > 1 and _is_proxy(container):
        raise NotApplicable("it is a proxy that runs beside the app")
    container.expect_whole()
    if container.kind == "Pod" and _runs_once(container):
        raise NotApplicable("the pod is not restarted when it ends: it is a task, not a service")
    if container.idles:
        raise NotApplicable("the container only keeps its pod alive: nothing in it could hang")
    yield Problem(
        container.node,
        f"container '{container.name}' has no livenessProbe: if it hangs, nothing restarts it",
    )


def _runs_once(container: Container) -> bool:
    return container.workload.pod.get("restartPolicy").text("Always") != "Always"


def _is_proxy(container: Container) -> bool:
    if container.name in _PROXIES:
        return True
    try:
        return container.image.basename in _PROXIES
    except UnknownValue:
        return False
