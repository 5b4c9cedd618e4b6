"""Which Service a backend means that the scan does not hold: misspelt, or in another namespace."""

import re
from collections import defaultdict
from collections.abc import Iterator
from difflib import SequenceMatcher

from prodready_infra.errors import UnknownValue
from prodready_infra.model.exposure import ROUTE_KINDS, Backend, routes_to
from prodready_infra.model.inventory import Inventory, same_namespace
from prodready_infra.model.resource import Resource

_SUFFIXES = re.compile(r"(?:-(?:service|svc|headless|lb|internal|external|public|http|https))+$")
_DIGITS = re.compile(r"\d+")
_ALIKE = 0.85
# Custom kinds that follow a Service, and make none.
_FOLLOWERS = re.compile(
    r"(?:monitoring\.coreos\.com|cert-manager\.io|networking\.istio\.io|argoproj\.io"
    r"|gateway\.networking\.k8s\.io|external-secrets\.io|keda\.sh|autoscaling\.k8s\.io"
    r"|security\.istio\.io|traefik\.io|traefik\.containo\.us|cilium\.io)/.*"
)


def meant_service(inventory: Inventory, backend: Backend) -> Resource:
    """The Service beside a route that one of its backends means, and does not reach.

    It has the name in another namespace, or nearly the name in the same one. Raises
    :class:`UnknownValue` where there is none, or the backend may exist outside the scan.
    """
    name, namespace = backend.service, same_namespace(backend.namespace)
    for doubt in _doubts(backend, inventory):
        raise UnknownValue(doubt)
    for other in inventory.index(_by_folder).get(backend.route.folder, []):
        same = same_namespace(other.namespace) == namespace
        misspelt = same and _misspelt(name, other.name) and not routes_to(inventory, other)
        if other.name == name or misspelt:
            return other
    raise UnknownValue(f"the scan holds no Service '{name}'")


def _doubts(backend: Backend, inventory: Inventory) -> Iterator[str]:
    """Reasons why the Service may exist although the scan does not hold it."""
    name, namespace = backend.service, same_namespace(backend.namespace)
    for other in inventory.index(_by_name).get(name, []):
        if not (same_namespace(other.namespace) and namespace):
            yield f"only one of it and {other.address} names its namespace"
    words = name.split("-")
    for length in range(len(words), 0, -1):
        maker = inventory.index(_customs).get((namespace, "-".join(words[:length])))
        if maker is not None:
            yield f"the controller of {maker.address} may make Service '{name}'"
    unread = inventory.unread(near=backend.route.path)
    if unread is not None:
        yield f"Service '{name}' may stand in what was not read: {unread}"


def _by_folder(inventory: Inventory) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for service in inventory.of_kind("Service"):
        found[service.folder].append(service)
    return found


def _by_name(inventory: Inventory) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for service in inventory.of_kind("Service"):
        found[service.name].append(service)
    return found


def _customs(inventory: Inventory) -> dict[tuple[str, str], Resource]:
    """Objects of operators by their names: what they make is mostly named after them."""
    return {
        (same_namespace(resource.namespace), resource.name): resource
        for resource in inventory.resources
        if resource.source == "kubernetes"
        and "/" in resource.kind
        and resource.kind not in ROUTE_KINDS
        and not _FOLLOWERS.fullmatch(resource.kind)
    }


def _misspelt(one: str, other: str) -> bool:
    """Whether two names are one but for a suffix or a letter, and not two numbers of a row."""
    if _SUFFIXES.sub("", one) == _SUFFIXES.sub("", other):
        return True
    if _DIGITS.sub("", one) == _DIGITS.sub("", other):
        return False
    return SequenceMatcher(None, one, other).ratio() >= _ALIKE
