"""What an Ingress without TLS carries, anybody on the way can read and change."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_CLASS = "kubernetes.io/ingress.class"
# Their controllers always end TLS, with certificates of their own.
_ALWAYS_TLS = re.compile(r"(?:.*[-.])?(?:tailscale|cloudflare|cloudflare-tunnel|ngrok)(?:-.*)?")
_PRIVATE_CLASS = re.compile(r"(?:.*[-_.])?(?:internal|private|intranet|local)(?:[-_.].*)?")
_PRIVATE_HOST = re.compile(
    r"localhost|(?:.*\.)?(?:localhost|local|localdomain|internal|lan|home\.arpa|home|corp|intranet"
    r"|private|test|nip\.io|sslip\.io|xip\.io|localtest\.me|lvh\.me)"
)
_FACING = "alb.ingress.kubernetes.io/"
# A certificate given by annotation, whatever the controller.
_CERTIFICATE = re.compile(
    r"(?!cert-manager\.io/)(?!.*(?:auth-tls|proxy-ssl|backend|client|verify))"
    r".*(?:certificate|certmap|pre-shared-cert|ssl-cert|tls-cert|cert-arn|cert-ocid).*"
)
# Signs that TLS ends at or before the controller: it would loop or refuse otherwise.
_FORCED = re.compile(
    r".*/(?:force-ssl-redirect|ssl-passthrough|ssl-redirect|redirect-to-https|router\.tls"
    r"|router\.tls\..*|cloudflare-proxied)"
)
_ENTRY_POINTS = "traefik.ingress.kubernetes.io/router.entrypoints"
_ALLOW_HTTP = "kubernetes.io/ingress.allow-http"
_MINION = "nginx.org/mergeable-ingress-type"
_REDIRECT = "nginx.ingress.kubernetes.io/ssl-redirect"
# Where a certificate hangs on the controller's own load balancer.
_AT_BALANCER = re.compile(r"service\.beta\.kubernetes\.io/.*(?:ssl-cert|certificate|tls).*")


@rule(
    id="SEC027",
    title="Ingress serves plain HTTP",
    group="hardening",
    kinds=["Ingress"],
    references=[
        "https://kubernetes.io/docs/concepts/services-networking/ingress/#tls",
    ],
    aliases=["polaris:tlsSettingsMissing", "kubescape:C-0263"],
)
def ingress_no_tls(ingress: Resource, inventory: Inventory) -> Iterator[Problem]:
    tls = ingress.get("spec", "tls")
    if tls:
        return
    hosts = [each.get("host").text() for each in ingress.get("spec", "rules").items()]
    if hosts and all(map(_PRIVATE_HOST.fullmatch, hosts)):
        raise NotApplicable("its hosts are names of a private network")
    annotations = dict(ingress.get("metadata", "annotations").entries())
    name = _class(ingress)
    if _PRIVATE_CLASS.fullmatch(name):
        raise NotApplicable(f"class '{name}' is for callers inside")
    if _ALWAYS_TLS.fullmatch(name) or any(_ends_tls(*pair) for pair in annotations.items()):
        return
    if any(host and host in inventory.index(_hosts_with_tls) for host in hosts):
        return  # controllers join all Ingresses of a host
    _doubt(name, annotations, inventory)
    of = f" of {next(filter(None, hosts))}" if any(hosts) else ""
    yield Problem(tls, f"spec.tls is absent: requests and answers{of} travel in plain text")


def _class(ingress: Resource) -> str:
    name = ingress.get("spec", "ingressClassName")
    return name.text() if name.present else ingress.get("metadata", "annotations", _CLASS).text()


def _ends_tls(key: str, value: Node) -> bool:
    """Whether an annotation says that TLS ends here, or has ended before."""
    if key == _ENTRY_POINTS:
        return "websecure" in value.text() or "https" in value.text()
    if key == f"{_FACING}listen-ports":
        return "HTTPS" in value.text()
    if key == _ALLOW_HTTP:
        return value.text().lower() == "false"
    if key == _REDIRECT:
        return False  # the controller's default: it redirects only where there is a certificate
    if _FORCED.fullmatch(key):
        return value.text().lower() not in ("false", "")
    if key.endswith(("konghq.com/protocols", "route.openshift.io/termination")):
        return value.text() not in ("http", "")
    return bool(_CERTIFICATE.fullmatch(key)) and bool(value.identity())


def _doubt(name: str, annotations: dict[str, Node], inventory: Inventory) -> None:
    """Raises where TLS may end at something that is not the Ingress."""
    if _MINION in annotations and annotations[_MINION].text() == "minion":
        raise NotApplicable("its master has the certificate")
    if name == "alb" or any(key.startswith(_FACING) for key in annotations):
        scheme = annotations.get(f"{_FACING}scheme")
        if scheme is None or scheme.text() == "internal":
            raise NotApplicable("its load balancer is internal")
        if f"{_FACING}group.name" in annotations:
            raise UnknownValue("another Ingress of its group may bring the certificate")
    for place in inventory.index(_tls_elsewhere):
        raise UnknownValue(f"TLS may end at {place.address}")


def _hosts_with_tls(inventory: Inventory) -> dict[str, Resource]:
    found: dict[str, Resource] = {}
    for ingress in inventory.of_kind("Ingress"):
        rows = ingress.get("spec", "tls").value
        for row in rows if type(rows) is list else ():
            hosts = row.get("hosts") if type(row) is dict else None
            for host in hosts if type(hosts) is list else ():
                if type(host) is str:
                    found[host] = ingress
    return found


def _tls_elsewhere(inventory: Inventory) -> list[Resource]:
    """Tunnels, and load balancers before the controller that have a certificate."""
    tunnels = [w.resource for w in inventory.workloads if "cloudflared" in w.name]
    balancers = [
        service
        for service in inventory.of_kind("Service")
        if any(map(_AT_BALANCER.fullmatch, service.annotations))
    ]
    return tunnels + balancers
