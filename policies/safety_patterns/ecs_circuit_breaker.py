"""A deployment of an ECS service that does not come up is taken back."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    NotApplicable,
    Problem,
    Resource,
    rule,
)


@rule(
    id="SAF111",
    title="failed ECS deployment is not rolled back",
    group="weakness",
    kinds=["aws_ecs_service"],
    references=[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html",
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html",
    ],
)
def ecs_circuit_breaker(service: Resource) -> Iterator[Problem]:
    controller = service.get("deployment_controller", 0, "type").text("ECS")
    if controller != "ECS":
        raise NotApplicable(f"{controller} deploys it, and decides when to go back")
    strategy = service.get("deployment_configuration", 0, "strategy").text("ROLLING")
    if strategy != "ROLLING":
        raise NotApplicable(f"it is deployed by the strategy {strategy}, which keeps a way back")
    breaker, alarms = service.get("deployment_circuit_breaker", 0), service.get("alarms", 0)
    if any(way.get("enable").flag() and way.get("rollback").flag() for way in (breaker, alarms)):
        return
    if not breaker.present:
        yield Problem(
            service.get("deployment_circuit_breaker"),
            "deployment_circuit_breaker is not set: a version that cannot start is tried for ever",
        )
    elif not breaker.get("enable").flag():
        yield Problem(breaker.get("enable"), "the deployment circuit breaker is switched off")
    elif not breaker.get("rollback").flag():
        yield Problem(
            breaker.get("rollback"), "rollback is false: a failed deployment stays half done"
        )
