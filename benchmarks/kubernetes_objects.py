"""One application after the other, as the Kubernetes objects that a team would write for it."""

from collections.abc import Iterator
from random import Random

from benchmarks.yaml_text import Data, Object

TEAMS = ("checkout", "catalog", "search", "identity", "payments", "shipping", "media", "reports")
PARTS = ("api", "web", "worker", "gateway", "store", "index", "feed", "mailer", "sync", "admin")
API = {
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "CronJob": "batch/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "PodDisruptionBudget": "policy/v1",
    "Ingress": "networking.k8s.io/v1",
    "NetworkPolicy": "networking.k8s.io/v1",
    "ServiceMonitor": "monitoring.coreos.com/v1",
    "PrometheusRule": "monitoring.coreos.com/v1",
    "ExternalSecret": "external-secrets.io/v1beta1",
}


def application(rng: Random, namespace: str, number: int) -> Iterator[Object]:
    """The objects of one application; how careful its team is, differs from one to the next."""
    name = f"{rng.choice(TEAMS)}-{rng.choice(PARTS)}-{number:04d}"
    care = rng.random()
    if rng.random() < 0.15:
        yield _cron_job(rng, name, namespace, care)
        return
    yield _workload(rng, name, namespace, care)
    yield _service(name, namespace)
    yield _object("ConfigMap", name, namespace, data=_settings(rng, name))
    yield _object("ServiceAccount", name, namespace, automountServiceAccountToken=care < 0.4)
    if care > 0.25:
        yield _spec("HorizontalPodAutoscaler", name, namespace, _autoscaler(rng, name))
    if care > 0.35:
        yield _spec("PodDisruptionBudget", name, namespace, _disruption(rng, name))
    if rng.random() < 0.4:
        yield _spec("Ingress", name, namespace, _ingress(name))
    if care > 0.5:
        yield _spec("ServiceMonitor", name, namespace, _monitor(name))
        yield _spec("PrometheusRule", name, namespace, _alerts(rng, name))
        yield _spec("ExternalSecret", name, namespace, _external_secret(name))
    if care > 0.6:
        yield _spec("NetworkPolicy", name, namespace, _policy(name))


def _object(kind: str, name: str, namespace: str, **rest: Data) -> Object:
    return {
        "apiVersion": API.get(kind, "v1"),
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {**_labels(name), "app.kubernetes.io/part-of": name.partition("-")[0]},
        },
        **rest,
    }


def _spec(kind: str, name: str, namespace: str, spec: Data) -> Object:
    return _object(kind, name, namespace, spec=spec)


def _labels(name: str) -> dict[str, Data]:
    return {"app.kubernetes.io/name": name}


def _workload(rng: Random, name: str, namespace: str, care: float) -> Object:
    stateful = rng.random() < 0.2
    spec: Object = {
        "replicas": rng.choice((1, 2, 3, 5)),
        "selector": {"matchLabels": _labels(name)},
        "template": _pod_template(rng, name, care),
    }
    if stateful:
        claim: Object = {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": f"{rng.choice((10, 50, 200))}Gi"}},
        }
        spec["serviceName"] = name
        spec["volumeClaimTemplates"] = [{"metadata": {"name": "data"}, "spec": claim}]
        return _spec("StatefulSet", name, namespace, spec)
    spec["revisionHistoryLimit"] = rng.choice((0, 3, 10))
    spec["strategy"] = _strategy(rng)
    return _spec("Deployment", name, namespace, spec)


def _strategy(rng: Random) -> Data:
    if rng.random() < 0.15:
        return {"type": "Recreate"}
    surge = rng.choice(("25%", "50%", "1"))
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": 0}}


def _pod_template(rng: Random, name: str, care: float) -> Data:
    containers: list[Data] = [_container(rng, name, care)]
    if rng.random() < 0.5:
        containers.append(_sidecar(rng, care))
    spec: Object = {
        "serviceAccountName": name,
        "terminationGracePeriodSeconds": rng.choice((5, 30, 60)),
        "containers": containers,
        "volumes": [
            {"name": "config", "configMap": {"name": name}},
            {"name": "scratch", "emptyDir": {}},
        ],
    }
    if care > 0.6:
        spec["securityContext"] = {"runAsNonRoot": True, "fsGroup": 10001}
        spec["topologySpreadConstraints"] = [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": _labels(name)},
            }
        ]
    return {"metadata": {"labels": _labels(name)}, "spec": spec}


def _container(rng: Random, name: str, care: float) -> Object:
    tag = (
        "latest" if care < 0.15 else f"{rng.randint(1, 4)}.{rng.randint(0, 30)}.{rng.randint(0, 9)}"
    )
    container: Object = {
        "name": "app",
        "image": f"registry.example.com/{name.rsplit('-', 1)[0]}:{tag}",
        "ports": [
            {"name": "http", "containerPort": 8080},
            {"name": "metrics", "containerPort": 9090},
        ],
        "env": _environment(rng, name),
        "envFrom": [{"configMapRef": {"name": name}}],
        "volumeMounts": [
            {"name": "config", "mountPath": "/etc/app", "readOnly": True},
            {"name": "scratch", "mountPath": "/tmp"},
        ],
    }
    if care > 0.2:
        container["resources"] = _resources(rng, limits=care > 0.4)
    if care > 0.3:
        container["readinessProbe"] = _probe("/ready", rng)
    if care > 0.4:
        container["livenessProbe"] = _probe(rng.choice(("/ready", "/live")), rng)
    if care > 0.7:
        container["startupProbe"] = {**_probe("/live", rng), "failureThreshold": 30}
        container["lifecycle"] = {"preStop": {"exec": {"command": ["sleep", "10"]}}}
        container["securityContext"] = {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    return container


def _sidecar(rng: Random, care: float) -> Object:
    sidecar: Object = {
        "name": "log-forwarder",
        "image": "registry.example.com/platform/forwarder:2.1.4",
        "args": ["--source=/tmp/app.log", "--batch=500"],
        "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],
    }
    if care > 0.5:
        sidecar["resources"] = _resources(rng, limits=True)
    return sidecar


def _environment(rng: Random, name: str) -> list[Data]:
    store: Data = {"secretKeyRef": {"name": f"{name}-store", "key": "url"}}
    fixed: list[Data] = [
        {"name": "DATABASE_URL", "valueFrom": {"secretKeyRef": {"name": name, "key": "dsn"}}},
        {"name": "STORE_URL", "valueFrom": store},
        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ]
    names = rng.sample(("LOG_LEVEL", "POOL_SIZE", "HTTP_TIMEOUT", "RETRIES", "REGION", "MODE"), 4)
    return fixed + [{"name": key, "value": str(rng.randint(1, 60))} for key in names]


def _resources(rng: Random, *, limits: bool) -> Data:
    cpu, memory = rng.choice((50, 100, 250, 500)), rng.choice((64, 128, 256, 512))
    requests: Object = {"cpu": f"{cpu}m", "memory": f"{memory}Mi"}
    if not limits:
        return {"requests": requests}
    return {"requests": requests, "limits": {"cpu": f"{cpu * 4}m", "memory": f"{memory * 2}Mi"}}


def _probe(path: str, rng: Random) -> dict[str, Data]:
    probe: dict[str, Data] = {"httpGet": {"path": path, "port": rng.choice(("http", 8080, 8081))}}
    return probe | {"periodSeconds": rng.choice((5, 10)), "timeoutSeconds": rng.choice((1, 2, 15))}


def _settings(rng: Random, name: str) -> Data:
    lines = [f"{key}: {rng.randint(1, 900)}" for key in ("workers", "queue", "timeout", "cache")]
    return {"APP_NAME": name, "FEATURES": "on", "app.yaml": "\n".join(["server:", *lines])}


def _service(name: str, namespace: str) -> Object:
    ports: list[Data] = [{"name": "http", "port": 80, "targetPort": "http"}]
    return _spec("Service", name, namespace, {"selector": _labels(name), "ports": ports})


def _autoscaler(rng: Random, name: str) -> Data:
    target: Object = {"type": "Utilization", "averageUtilization": rng.choice((60, 75, 95))}
    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "minReplicas": rng.choice((1, 2, 3)),
        "maxReplicas": rng.choice((3, 10, 40)),
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": rng.choice((0, 300))}},
    }


def _disruption(rng: Random, name: str) -> Data:
    selector: Object = {"matchLabels": _labels(name)}
    if rng.random() < 0.2:
        return {"maxUnavailable": 0, "selector": selector}
    return {"minAvailable": rng.choice((1, 2, "50%")), "selector": selector}


def _ingress(name: str) -> Data:
    host = f"{name}.example.com"
    backend: Object = {"service": {"name": name, "port": {"name": "http"}}}
    return {
        "ingressClassName": "nginx",
        "tls": [{"hosts": [host], "secretName": f"{name}-tls"}],
        "rules": [
            {
                "host": host,
                "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]},
            }
        ],
    }


def _monitor(name: str) -> Data:
    endpoint: Object = {"port": "metrics", "interval": "30s", "path": "/metrics"}
    return {"selector": {"matchLabels": _labels(name)}, "endpoints": [endpoint]}


def _alerts(rng: Random, name: str) -> Data:
    rules: list[Data] = [
        {
            "alert": alert,
            "expr": f'sum(rate({metric}{{app="{name}"}}[5m])) > {rng.randint(1, 50)}',
            "for": rng.choice(("1m", "5m", "15m")),
            "labels": {"severity": rng.choice(("page", "ticket", "critical"))},
            "annotations": {
                "summary": f"{alert} of {name}",
                "runbook_url": f"https://runbooks.example.com/{name}/{alert}",
            },
        }
        for alert, metric in (
            ("HighErrorRate", "http_requests_failed_total"),
            ("HighLatency", "http_requests_slow_total"),
            ("QueueGrows", "queue_messages_waiting"),
        )
    ]
    return {"groups": [{"name": name, "rules": rules}]}


def _external_secret(name: str) -> Data:
    remote: Object = {"key": f"apps/{name}", "property": "dsn"}
    return {
        "refreshInterval": "1h",
        "secretStoreRef": {"kind": "ClusterSecretStore", "name": "vault"},
        "target": {"name": name},
        "data": [{"secretKey": "dsn", "remoteRef": remote}],
    }


def _policy(name: str) -> Data:
    gateway: Object = {"namespaceSelector": {"matchLabels": {"role": "gateway"}}}
    return {
        "podSelector": {"matchLabels": _labels(name)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [gateway], "ports": [{"port": 8080}]}],
        "egress": [{"ports": [{"port": 443}, {"port": 53, "protocol": "UDP"}]}],
    }


def _cron_job(rng: Random, name: str, namespace: str, care: float) -> Object:
    pod: Object = {"restartPolicy": "Never", "containers": [_sidecar(rng, care)]}
    job: Object = {"backoffLimit": rng.choice((0, 3)), "template": {"spec": pod}}
    spec: Object = {
        "schedule": f"{rng.randint(0, 59)} {rng.randint(0, 23)} * * *",
        "concurrencyPolicy": rng.choice(("Allow", "Forbid")),
        "jobTemplate": {"spec": job},
    }
    if care > 0.5:
        spec["startingDeadlineSeconds"] = 600
    return _spec("CronJob", name, namespace, spec)
