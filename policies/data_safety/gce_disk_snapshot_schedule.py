"""Where disks are snapshotted by a schedule, none of them is forgotten."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    strays,
)

_POLICY = "google_compute_resource_policy"
_ATTACHMENTS = {
    "google_compute_disk": "google_compute_disk_resource_policy_attachment",
    "google_compute_region_disk": "google_compute_region_disk_resource_policy_attachment",
}
_PLAN = "google_backup_dr_backup_plan_association"


@rule(
    id="DAT047",
    title="disk is left out of the snapshot schedules that there are",
    group="advice",
    kinds=["google_compute_disk", "google_compute_region_disk"],
    references=[
        "https://cloud.google.com/compute/docs/disks/scheduled-snapshots",
    ],
)
def gce_disk_snapshot_schedule(disk: Resource, inventory: Inventory) -> Iterator[Problem]:
    schedules = inventory.index(_schedules)[disk.scope]
    if not schedules or not inventory.in_scope_of(disk, *_ATTACHMENTS.values()):
        raise NotApplicable("no disk beside it has a snapshot schedule")
    if disk.get("image") or disk.get("type").text() in ("local-ssd", "hyperdisk-ml"):
        raise NotApplicable("what it holds is made from an image, or is not meant to stay")
    if disk.get("async_primary_disk"):
        raise NotApplicable("it is a replica: its source is what is snapshotted")
    attachment = _ATTACHMENTS[disk.kind]
    if disk.get("resource_policies"):
        return
    if inventory.referrers(disk, attachment, _PLAN):
        return
    name = disk.get("name").identity()
    if name and name in inventory.index(_attached)[disk.scope, attachment]:
        return
    open_ones = strays(disk, inventory, attachment, at="disk", of=tuple(_ATTACHMENTS))
    for one in (*open_ones, *inventory.referrers(disk, "module")):
        raise UnknownValue(f"{one.address} may be for this disk")
    yield Problem(
        disk.get("name"),
        f"no snapshot schedule is attached, though there is {schedules[0].address}",
        related=((schedules[0].node, "the schedule"),),
    )


def _schedules(inventory: Inventory) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for policy in inventory.of_kind(_POLICY):
        schedule = policy.get("snapshot_schedule_policy")
        if schedule.known and schedule.present:
            found[policy.scope].append(policy)
    return found


def _attached(inventory: Inventory) -> dict[tuple[str, str], set[str]]:
    """By scope and kind of attachment, the disks that are named."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for attachment in inventory.of_kind(*_ATTACHMENTS.values()):
        found[attachment.scope, attachment.kind].add(attachment.get("disk").identity())
    return found
