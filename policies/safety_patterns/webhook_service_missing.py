"""A webhook or an API whose Service does not answer takes a part of the cluster's API down."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    same_namespace,
)

_HTTPS = 443


@rule(
    id="SAF064",
    title="webhook or API service calls a Service that does not answer there",
    group="availability",
    kinds=["APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
    references=[
        "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/",
        "https://kubernetes.io/docs/tasks/extend-kubernetes/setup-extension-api-server/",
    ],
)
def webhook_service_missing(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    refs = list(_refs(resource))
    if not refs:
        raise NotApplicable("it calls no Service of the cluster")
    doubts: list[str] = []
    told: set[tuple[str, str, int]] = set()
    for ref in refs:
        name, namespace = ref.get("name").text(), ref.get("namespace").text()
        port = int(ref.get("port").number(_HTTPS)) or _HTTPS
        if (namespace, name, port) in told:
            continue
        told.add((namespace, name, port))
        problem = _problem(resource, ref, port, inventory)
        if isinstance(problem, Problem):
            yield problem
        elif problem:
            doubts.append(problem)
    if doubts:
        raise UnknownValue(doubts[0])


def _refs(resource: Resource) -> Iterator[Node]:
    nodes = [resource.get("spec", "service")]
    if resource.kind != "APIService":
        nodes = [w.get("clientConfig", "service") for w in resource.get("webhooks").items()]
    yield from (node for node in nodes if node.get("name").present)


def _problem(resource: Resource, ref: Node, port: int, inventory: Inventory) -> Problem | str:
    """What is wrong, or why nobody can tell; nothing when the Service answers."""
    name, namespace = ref.get("name").text(), ref.get("namespace").text()
    unread = inventory.unread(near=resource.path)
    service = inventory.named("Service", namespace, name, near=resource.path)
    if service is not None:
        ports = [int(own.get("port").number()) for own in service.get("spec", "ports").items()]
        if port in ports or service.get("spec", "type").text() == "ExternalName":
            return ""
        if unread is not None or not (same_namespace(namespace) or service.path == resource.path):
            return f"'{service.address}' of another folder may not be meant"
        if not ports:
            return f"{service.address} shows no ports: it is a part of a manifest"
        has = ", ".join(map(str, ports[:3]))
        said = "" if ref.get("port").present else ", the default"
        return Problem(
            ref.get("port"),
            f"it is called at port {port}{said}, and Service '{name}' has {has}",
            ((service.get("spec", "ports"), "the ports of the Service"),),
        )
    for other in inventory.index(_services).get((name, resource.path), ()):
        if unread is None and same_namespace(namespace) and same_namespace(other.namespace):
            return Problem(
                ref.get("namespace"),
                f"Service '{name}' is in namespace '{other.namespace}', not in '{namespace}'",
                ((other.get("metadata", "namespace"), "it is in this one"),),
            )
    return f"no file of the scan declares Service '{namespace}/{name}'"


def _services(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for service in inventory.of_kind("Service"):
        found[service.name, service.path].append(service)
    return found
