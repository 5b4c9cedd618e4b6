"""A backup plan of a GKE cluster makes backups, and the volumes are in them."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Lifecycle,
    Node,
    Problem,
    Resource,
    rule,
)

_CLUSTER = "google_container_cluster"


@rule(
    id="DAT046",
    title="GKE backup plan makes no backups, or leaves out the volumes",
    group="data-loss",
    kinds=["google_gke_backup_backup_plan"],
    references=[
        "https://cloud.google.com/kubernetes-engine/docs/add-on/backup-for-gke/concepts/backup-for-gke",
        "https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/gke_backup_backup_plan",
    ],
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def gke_backup_plan(plan: Resource, inventory: Inventory) -> Iterator[Problem]:
    schedule = plan.get("backup_schedule", 0)
    yield from _off(plan.get("deactivated"), "the plan is deactivated")
    yield from _off(schedule.get("paused"), "the schedule is paused")
    if not (schedule.get("cron_schedule") or schedule.get("rpo_config")):
        yield Problem(schedule, "no backup_schedule: backups are made by hand only")
    volumes = plan.get("backup_config", 0, "include_volume_data")
    if not volumes.flag():  # false by default
        state = "false" if volumes.present else "not set"
        yield Problem(volumes, f"include_volume_data is {state}: the data of volumes is left out")
    for cluster in inventory.references(plan, _CLUSTER):
        # Off by default, but for Autopilot: documentation of the cluster's addons_config.
        agent = cluster.get("addons_config", 0, "gke_backup_agent_config", 0, "enabled")
        if not agent.flag(default=cluster.get("enable_autopilot").flag()):
            yield Problem(
                plan.get("cluster"),
                f"{cluster.address} does not run the backup agent: every backup fails",
                related=((agent, "the agent is not turned on here"),),
            )


def _off(switch: Node, what: str) -> Iterator[Problem]:
    if switch.flag():
        yield Problem(switch, f"{what}: no backup is made")
