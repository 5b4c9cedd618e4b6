"""A backup plan of a GKE cluster makes backups, and the volumes are in them."""

from collections.abc import Iterator

from prodready_infra.sdk import Inventory, Node, Problem, Resource, rule

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
)
def gke_backup_plan(plan: Resource, inventory: Inventory) -> Iterator[Problem]:
    schedule = plan.get("backup_schedule", 0)
    yield from _off(plan.get("deactivated"), "the plan is deactivated")
    yield from _off(schedule.get("paused"), "the schedule is paused")
    # One that is only started by hand is no fault where another has a schedule.
    if not _starts_by_itself(plan) and plan.scope not in inventory.index(_scheduled):
        yield Problem(schedule, "no backup_schedule: backups are made by hand only")
    volumes = plan.get("backup_config", 0, "include_volume_data")
    if not volumes.present:  # false by default: who writes it has decided
        yield Problem(volumes, "include_volume_data is not set: the data of volumes is left out")
    for cluster in inventory.references(plan, _CLUSTER):
        # Off by default, but for Autopilot: documentation of the cluster's addons_config.
        agent = cluster.get("addons_config", 0, "gke_backup_agent_config", 0, "enabled")
        if not agent.flag(default=cluster.get("enable_autopilot").flag()):
            yield Problem(
                plan.get("cluster"),
                f"{cluster.address} does not run the backup agent: every backup fails",
                related=((agent, "the agent is not turned on here"),),
            )


def _starts_by_itself(plan: Resource) -> bool:
    schedule = plan.get("backup_schedule", 0)
    return bool(schedule.get("cron_schedule") or schedule.get("rpo_config"))


def _scheduled(inventory: Inventory) -> set[str]:
    """The root modules in which some plan has a schedule, or may have one."""
    found: set[str] = set()
    for plan in inventory.of_kind("google_gke_backup_backup_plan"):
        schedule = plan.get("backup_schedule", 0)
        if not schedule.known or schedule.present:
            found.add(plan.scope)
    return found


def _off(switch: Node, what: str) -> Iterator[Problem]:
    if switch.flag():
        yield Problem(switch, f"{what}: no backup is made")
