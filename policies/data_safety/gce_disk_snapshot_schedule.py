"""Where disks are snapshotted by a schedule, none of them is forgotten."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, UnknownValue, rule

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
    if not schedules or not inventory.index(_in_use)[disk.scope]:
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
    names, open_ones = inventory.index(_attached)[disk.scope, attachment]
    if name and name in names:
        return
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


def _in_use(inventory: Inventory) -> dict[str, bool]:
    found: dict[str, bool] = defaultdict(bool)
    for attachment in inventory.of_kind(*_ATTACHMENTS.values()):
        found[attachment.scope] = True
    return found


def _attached(
    inventory: Inventory,
) -> dict[tuple[str, str], tuple[set[str], list[Resource]]]:
    """By scope and kind: the disks that are named, and the attachments of nobody knows which."""
    found: dict[tuple[str, str], tuple[set[str], list[Resource]]]
    found = defaultdict(lambda: (set(), []))
    for attachment in inventory.of_kind(*_ATTACHMENTS.values()):
        names, open_ones = found[attachment.scope, attachment.kind]
        names.add(attachment.get("disk").identity())
        if not attachment.get("disk").known and not inventory.references(attachment, *_ATTACHMENTS):
            open_ones.append(attachment)
    return found
