"""A load balancer asks the port that the container of an ECS service listens on."""

from collections.abc import Iterator
from typing import Any

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    json_of,
    rule,
)

_GROUPS = ("aws_alb_target_group", "aws_lb_target_group")


@rule(
    id="SAF132",
    title="load balancer is sent to a port that no container listens on",
    group="weakness",
    kinds=["aws_ecs_service"],
    references=[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-load-balancing.html",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html",
    ],
)
def listener_without_healthy_path(service: Resource, inventory: Inventory) -> Iterator[Problem]:
    balancers = list(service.get("load_balancer").items())
    if not balancers:
        raise NotApplicable("it has no load balancer")
    if service.ignores_changes("load_balancer", "task_definition"):
        raise NotApplicable("its lifecycle.ignore_changes leaves the task to those who deploy")
    tasks = inventory.references(service, "aws_ecs_task_definition")
    if len(tasks) != 1:
        raise UnknownValue("its task definition is not in this scan")
    task = tasks[0]
    containers = _containers(task)
    for balancer in balancers:
        name, port = balancer.get("container_name"), balancer.get("container_port")
        container = containers.get(name.text())
        if container is None:
            yield Problem(
                name,
                f"the task definition has no container '{name.text()}'",
                ((task.get("container_definitions"), "its containers"),),
            )
            continue
        ports = _ports(container)
        if port.number() not in ports:
            yield Problem(
                port,
                f"container '{name.text()}' has no port mapping for {port.text()}",
                ((task.get("container_definitions"), "its containers"),),
            )
    _raise_if_asked_elsewhere(service, containers, inventory)


def _raise_if_asked_elsewhere(
    service: Resource, containers: dict[str, Node], inventory: Inventory
) -> None:
    """A task with an address of its own may listen on ports that it does not map."""
    listening = {port for container in containers.values() for port in _ports(container)}
    for group in inventory.references(service, *_GROUPS, at="load_balancer"):
        port = group.get("health_check", 0, "port")
        if port.text("traffic-port") != "traffic-port" and port.number() not in listening:
            raise UnknownValue(f"the health check asks port {port.text()}, which is not mapped")


def _containers(task: Resource) -> dict[str, Node]:
    at = task.get("container_definitions")
    found: dict[str, Node] = {}
    for container in Node(_lower(json_of(at).value), at.path, at.origin).items():
        if not container.get("name").present:
            raise UnknownValue("a container of its task definition has no name")
        found[container.get("name").text()] = container
    return found


def _lower(value: Any) -> Any:
    """AWS takes the keys in any case, such as ``PortMappings``."""
    if isinstance(value, dict):
        return {key.lower(): _lower(item) for key, item in value.items()}
    return [_lower(item) for item in value] if isinstance(value, list) else value


def _ports(container: Node) -> set[float]:
    """The ports of a container; a range stands for each of its ports."""
    found: set[float] = set()
    for mapping in container.get("portmappings").items():
        if mapping.get("containerportrange").present:
            raise UnknownValue("its ports are a range")
        found.add(mapping.get("containerport").number())
    return found
