"""Pods read their environment once: a value that is renewed reaches them with a restart only."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    SERVING,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    Workload,
    configuration_of,
    producers_of,
    rule,
    together,
)

# Of the pod template or the workload: what changes with the value, or has a controller restart it.
_RESTARTS = re.compile(
    r"(?:.*[./-])?(?:checksum|hash|sha256?)(?:[./-].*)?"
    r"|(?:\w+\.)?reloader\.stakater\.com/.+|wave\.pusher\.com/.+|.*(?:auto-?restart|auto-?reload).*"
)
_ESO = "external-secrets.io"
_EXTERNAL = (f"{_ESO}/ExternalSecret", f"{_ESO}/ClusterExternalSecret")
_VAULT = (
    "secrets.hashicorp.com/VaultStaticSecret",
    "secrets.hashicorp.com/VaultDynamicSecret",
    "secrets.hashicorp.com/VaultPKISecret",
)
_CERTIFICATE = "cert-manager.io/Certificate"
_ZERO = re.compile(r"[0nsmhuµ]*")
_INSTALLERS = ("helm.toolkit.fluxcd.io/HelmRelease", "argoproj.io/Application", "helm_release")


@rule(
    id="SAF063",
    title="renewed secret reaches the pods only when somebody restarts them",
    group="advice",
    kinds=SERVING,
    references=[
        "https://kubernetes.io/docs/concepts/configuration/secret/",
        "https://external-secrets.io/latest/api/externalsecret/",
    ],
)
def secret_without_restart(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    renewed = list(_renewed(workload, inventory))
    if not renewed:
        raise NotApplicable("no variable of its pods comes from a Secret that is renewed")
    metadata = (workload.template.get("metadata"), workload.get("metadata"))
    names = (name for node in metadata for name, _ in node.get("annotations").entries())
    if any(map(_RESTARTS.fullmatch, names)) or inventory.index(_reloads_all):
        return
    for problem, maker in renewed:
        if _restarts(maker, workload):
            continue
        if not together(maker, workload.resource):
            raise UnknownValue(f"{maker.address} of another folder may not be meant")
        yield problem


def _renewed(workload: Workload, inventory: Inventory) -> Iterator[tuple[Problem, Resource]]:
    """Each Secret of the environment once, with what renews it."""
    seen: set[str] = set()
    for use in configuration_of(workload):
        if use.kind != "Secret" or use.how not in ("env", "envFrom") or use.name in seen:
            continue
        seen.add(use.name)
        for producer in producers_of(inventory, "Secret", workload.namespace, use.name):
            maker = producer.resource
            if _renews(maker):
                kind = maker.kind.rpartition("/")[2]
                message = (
                    f"{kind} '{maker.name}' renews it, but the pods read it once, at their start"
                )
                related = ((maker.get("metadata", "name"), "this renews it"),)
                yield Problem(use.node, message, related), maker
                break


def _renews(maker: Resource) -> bool:
    spec = maker.get("spec")
    if maker.kind in _EXTERNAL:
        spec = spec.get("externalSecretSpec") if maker.kind == _EXTERNAL[1] else spec
        rows = (*spec.get("data").items(), *spec.get("dataFrom").items())
        return (
            spec.get("refreshPolicy").text("Periodic") == "Periodic"
            and not _ZERO.fullmatch(spec.get("refreshInterval").text("1h"))
            and not spec.get("target", "immutable").flag()
            and not any(row.get("sourceRef", "generatorRef").present for row in rows)
        )
    return maker.kind in (*_VAULT, _CERTIFICATE)


def _restarts(maker: Resource, workload: Workload) -> bool:
    """Vault's operator restarts the workloads that it is told to.

    https://developer.hashicorp.com/vault/docs/deploy/kubernetes/vso
    """
    targets = maker.get("spec", "rolloutRestartTargets").items()
    return any(target.get("name").text() == workload.name for target in targets)


def _reloads_all(inventory: Inventory) -> bool:
    """Whether Reloader is installed to restart whatever reads what changed."""
    for container in inventory.containers:
        if "reloader" in container.get("image").identity():
            arguments = container.get("args").walk()
            if any(a.identity().startswith("--auto-reload-all") for a in arguments):
                return True
    return any(
        node.path[-1] == "autoReloadAll" and node.value is not False
        for installer in inventory.of_kind(*_INSTALLERS)
        for node in installer.get("spec").walk()
    )
