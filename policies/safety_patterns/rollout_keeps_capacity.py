"""A rollout leaves enough of what takes the traffic running."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Lifecycle,
    NotApplicable,
    Problem,
    Resource,
    rule,
)

_GOOGLE = ("google_compute_instance_group_manager", "google_compute_region_instance_group_manager")
_AZURE = (
    "azurerm_linux_virtual_machine_scale_set",
    "azurerm_orchestrated_virtual_machine_scale_set",
    "azurerm_windows_virtual_machine_scale_set",
)
_CALLED = (
    ("load_balancer",),
    ("service_registries",),
    ("service_connect_configuration", 0, "service"),
)
_BLOCK = "rolling_upgrade_policy"


@rule(
    id="SAF112",
    title="rollout may take down most of what serves at once",
    group="availability",
    kinds=["aws_autoscaling_group", "aws_ecs_service", *_GOOGLE, *_AZURE],
    references=[
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html",
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-instance-refresh.html",
        "https://cloud.google.com/compute/docs/instance-groups/rolling-out-updates-to-managed-instance-groups",
        "https://learn.microsoft.com/en-us/azure/virtual-machine-scale-sets/virtual-machine-scale-sets-upgrade-policy",
    ],
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def rollout_keeps_capacity(target: Resource, *, percent: int = 50) -> Iterator[Problem]:
    if target.kind == "aws_ecs_service":
        yield from _service(target, percent)
    elif target.kind == "aws_autoscaling_group":
        yield from _refresh(target, percent)
    elif target.kind in _GOOGLE:
        yield from _managed_group(target, percent)
    else:
        yield from _scale_set(target, percent)


def _service(service: Resource, percent: int) -> Iterator[Problem]:
    least = service.get("deployment_minimum_healthy_percent")
    if service.get("scheduling_strategy").text("REPLICA") == "DAEMON":
        raise NotApplicable("it is a daemon: no host has room for two of it")
    if service.get("deployment_controller", 0, "type").text("ECS") != "ECS":
        raise NotApplicable("its deployment controller keeps the old tasks until it switches")
    # 100 by default: documentation of the API, deploymentConfiguration, for replicas.
    if least.known and least.number(100) >= percent:
        return
    if not any(True for path in _CALLED for _ in service.get(*path).items()):
        raise NotApplicable("nobody calls it: it may pause for a rollout")
    if least.number(100) < percent:
        yield Problem(
            least,
            f"deployment_minimum_healthy_percent is {least.text()}: a rollout stops "
            f"{'all' if least.number() == 0 else 'most'} tasks first",
        )


def _refresh(group: Resource, percent: int) -> Iterator[Problem]:
    refresh = group.get("instance_refresh", 0)
    if not refresh.present:
        raise NotApplicable("it has no instance_refresh: Terraform does not replace its instances")
    # 90 by default: documentation of aws_autoscaling_group.
    least = refresh.get("preferences", 0, "min_healthy_percentage")
    if least.number(90) < percent:
        yield Problem(
            least, f"min_healthy_percentage is {least.text()}, less than {percent} stay in service"
        )


def _managed_group(group: Resource, percent: int) -> Iterator[Problem]:
    policy = group.get("update_policy", 0)
    if not policy.present:
        raise NotApplicable("it has no update_policy: a new template changes no instance by itself")
    if policy.get("minimal_action").text() in ("NONE", "REFRESH"):
        raise NotApplicable("an update stops no instance")
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
