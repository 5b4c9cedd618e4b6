"""A rollout leaves enough of what takes the traffic running."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    AWS_GROUP,
    AZURE_SCALE_SETS,
    GOOGLE_GROUPS,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    rule,
    takes_traffic,
)

_CALLED = (
    ("load_balancer",),
    ("service_registries",),
    ("service_connect_configuration", 0, "service"),
    ("vpc_lattice_configurations",),
)
_UNCALLED = "nobody calls it: it may pause for a rollout"
_BLOCK = "rolling_upgrade_policy"


@rule(
    id="SAF112",
    title="rollout may take down most of what serves at once",
    group="availability",
    kinds=[AWS_GROUP, "aws_ecs_service", *GOOGLE_GROUPS, *AZURE_SCALE_SETS],
    references=[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html",
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh.html",
        "https://cloud.google.com/compute/docs/instance-groups/rolling-out-updates-to-managed-instance-groups",
        "https://learn.microsoft.com/en-us/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-upgrade-policy",
    ],
)
def rollout_keeps_capacity(
    target: Resource, inventory: Inventory, *, percent: int = 50
) -> Iterator[Problem]:
    if target.kind == "aws_ecs_service":
        problems = _service(target, percent)
    elif target.kind == AWS_GROUP:
        problems = _refresh(target, percent)
    elif target.kind in GOOGLE_GROUPS:
        problems = _managed_group(target, percent)
    else:
        problems = _scale_set(target, percent)
    for problem in problems:
        if not _is_called(target, inventory):
            raise NotApplicable(_UNCALLED)
        yield problem


def _is_called(target: Resource, inventory: Inventory) -> bool:
    if target.kind != "aws_ecs_service":
        return takes_traffic(target, inventory)
    return any(True for path in _CALLED for _ in target.get(*path).items())


def _service(service: Resource, percent: int) -> Iterator[Problem]:
    least = service.get("deployment_minimum_healthy_percent")
    if service.get("scheduling_strategy").text("REPLICA") == "DAEMON":
        raise NotApplicable("it is a daemon: no host has room for two of it")
    strategy = service.get("deployment_configuration", 0, "strategy").text("ROLLING")
    if service.get("deployment_controller", 0, "type").text("ECS") != "ECS":
        raise NotApplicable("its deployment controller keeps the old tasks until it switches")
    # 100 by default: documentation of the API, deploymentConfiguration, for replicas.
    if least.known and least.number(100) >= percent:
        return
    if strategy != "ROLLING":
        raise NotApplicable(f"the strategy {strategy} starts all new tasks before it switches")
    if _is_singleton(service):
        raise NotApplicable("it is one task, which may not run beside its successor")
    if least.number(100) < percent:
        yield Problem(
            least,
            f"deployment_minimum_healthy_percent is {least.text()}: a rollout stops "
            f"{'all' if least.number() == 0 else 'most'} tasks first",
        )


def _is_singleton(service: Resource) -> bool:
    most = service.get("deployment_maximum_percent")
    # Without a count somebody else scales it.
    return most.known and most.number(200) <= 100 and service.get("desired_count").number(2) <= 1


def _refresh(group: Resource, percent: int) -> Iterator[Problem]:
    refresh = group.get("instance_refresh", 0)
    if not refresh.present:
        raise NotApplicable("it has no instance_refresh: Terraform does not replace its instances")
    # 90 by default: documentation of aws_autoscaling_group.
    least = refresh.get("preferences", 0, "min_healthy_percentage")
    if least.number(90) < percent:
        if group.get("max_size").identity() in ("0", "1"):
            raise NotApplicable("it is one instance at most, which is replaced whole")
        yield Problem(
            least, f"min_healthy_percentage is {least.text()}, less than {percent} stay in service"
        )


def _managed_group(group: Resource, percent: int) -> Iterator[Problem]:
    policy = group.get("update_policy", 0)
    if not policy.present:
        raise NotApplicable("it has no update_policy: a new template changes no instance by itself")
    if policy.get("type").text() == "OPPORTUNISTIC":
        raise NotApplicable("an update waits until somebody replaces an instance")
    if policy.get("minimal_action").text() in ("NONE", "REFRESH"):
        raise NotApplicable("an update stops no instance")
    if (
        policy.get("replacement_method").text() == "RECREATE"
        and group.get("target_size").identity() == "1"
    ):
        raise NotApplicable("it is one instance, which has to leave before its successor")
    share, fixed = policy.get("max_unavailable_percent"), policy.get("max_unavailable_fixed")
    if share.present:
        if 100 - share.number() < percent:
            yield Problem(share, f"max_unavailable_percent is {share.text()}: few or none stay up")
    elif fixed.present and fixed.number() > 0:
        size = group.get("target_size")
        if not size.present:
            raise NotApplicable("an autoscaler chooses its size")
        running = size.number()
        if running and (running - fixed.number()) * 100 < percent * running:
            yield Problem(
                fixed, f"max_unavailable_fixed is {fixed.text()} of {size.text()} instances"
            )


def _scale_set(group: Resource, percent: int) -> Iterator[Problem]:
    policy = group.get(_BLOCK, 0)
    if not policy.present:
        raise NotApplicable(f"it has no {_BLOCK}")
    if policy.get("maximum_surge_instances_enabled").flag():
        return
    batch = policy.get("max_batch_instance_percent")
    if 100 - batch.number() < percent:
        yield Problem(
            batch, f"max_batch_instance_percent is {batch.text()}: that many go down together"
        )
