"""A Job ends when all its containers end, and a plain sidecar never does."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import Container, NotApplicable, Problem, UnknownValue, Workload, rule

# Programs that run until they are stopped, by the last part of their image or, with a copy of the
# image under another name, by the container's name.
_ENDLESS = frozenset(
    {
        *("alloy", "alloydb-auth-proxy", "aws-appmesh-envoy", "aws-for-fluent-bit"),
        *("aws-otel-collector", "aws-xray-daemon", "cloud-sql-proxy", "cloud_sql_proxy"),
        *("cloudsql-proxy", "cloudwatch-agent", "consul-dataplane", "daprd", "dind", "envoy"),
        *("filebeat", "fluent-bit", "fluentbit", "fluentd", "gce-proxy", "istio-proxy"),
        *("linkerd-proxy", "opentelemetry-collector", "opentelemetry-collector-contrib"),
        *("otel-collector", "pgbouncer", "promtail", "proxyv2", "statsd-exporter", "telegraf"),
        "vault-agent",
    }
)
# What such a program is called where the command is written out.
_PROGRAMS = _ENDLESS | {"dockerd", "dockerd-entrypoint.sh", "otelcol", "otelcol-contrib", "vault"}
# Proxies that a request to a port of theirs ends: the work may send it from its code.
_ASKABLE = frozenset(
    {"consul-dataplane", "daprd", "envoy", "istio-proxy", "linkerd-proxy", "proxyv2"}
)
# Flags that end it with the work, and calls by which the work ends it.
_ENDS = re.compile(r"quitquitquit|exit[-_](?:after|on|when|with)[-_]|one[-_]?(?:time|shot)\b")
_STOPS = re.compile(r"quitquitquit|linkerd-await|scuttle|shutdown", re.IGNORECASE)
# Settings of wrappers (scuttle, linkerd-await) that may be the entry point of an image.
_STOP_SETTINGS = frozenset({"ENVOY_ADMIN_API", "ISTIO_QUIT_API", "LINKERD_AWAIT_DISABLED"})
_KILL = re.compile(r"\b(?:p?kill|killall)\b")
_SHELLS = frozenset({"ash", "bash", "dash", "sh"})


@rule(
    id="SAF030",
    title="Job has a plain sidecar that keeps it from completing",
    group="resilience",
    kinds=["Job", "CronJob"],
    references=[
        "https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/",
        "https://kubernetes.io/docs/concepts/workloads/controllers/job/",
    ],
)
def native_sidecar_order(workload: Workload) -> Iterator[Problem]:
    sidecars = [c for c in workload.app_containers if _name(c) in _ENDLESS]
    work = [c for c in workload.app_containers if c not in sidecars]
    if len(workload.containers) < 2:
        raise NotApplicable("the pod has one container")
    if not sidecars or not work or any(map(_stops_others, work)):
        return
    if workload.pod.get("shareProcessNamespace").flag():
        if any(_KILL.search(text) for container in work for text in _words(container)):
            return
        raise UnknownValue("its containers share their processes: one may stop the other")
    for sidecar in sidecars:
        if _is_endless(sidecar, work):
            yield Problem(
                sidecar.node,
                f"'{sidecar.name}' never ends, and so the {workload.kind} never completes",
                ((work[0].node, "the work, after which the Job should be complete"),),
            )


def _name(container: Container) -> str:
    """What it runs, as far as that is well known."""
    image = container.get("image")
    if image.known and image.text() == "auto" and container.name == "istio-proxy":
        raise UnknownValue("the injector of the mesh decides how its sidecar runs")
    try:
        basename = container.image.basename
    except UnknownValue:
        basename = ""
    return basename if basename in _ENDLESS else container.name


def _is_endless(sidecar: Container, work: list[Container]) -> bool:
    words, name = _words(sidecar), _name(sidecar)
    if any(map(_ENDS.search, words)) or any(_STOPS.search(env.name) for env in sidecar.env):
        return False
    program = sidecar.get("command", 0)
    if program.present and program.text().rpartition("/")[2] not in _PROGRAMS:
        raise UnknownValue(f"'{sidecar.name}' is started by '{program.text()}', which may end it")
    if name == "vault-agent" and any("config" in word for word in words):
        raise UnknownValue("the configuration of the Vault agent may say exit_after_auth")
    if name in _ASKABLE and not all(map(_is_script, work)):
        raise UnknownValue(f"the program of the Job may ask '{sidecar.name}' to quit")
    return True


def _stops_others(container: Container) -> bool:
    settings = {env.name for env in container.env}
    return any(map(_STOPS.search, _words(container))) or not settings.isdisjoint(_STOP_SETTINGS)


def _is_script(container: Container) -> bool:
    """Whether all that it does is written in the manifest."""
    return container.get("command", 0).text().rpartition("/")[2] in _SHELLS


def _words(container: Container) -> list[str]:
    keys = ("command", "args")
    return [word.text() for key in keys for word in container.get(key).items()]
