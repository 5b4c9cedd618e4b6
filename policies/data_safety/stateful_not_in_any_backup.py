"""What holds data is in the backup plan that its neighbours are in."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Answer,
    AskedTag,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    Tags,
    UnknownValue,
    any_of,
    asked_tags,
    belongs_to_aurora,
    expect_no_module,
    holds_terraform_locks,
    is_replica,
    items_expire,
    leaves_out,
    restored_from,
    rule,
    selections_beside,
    selects,
    setting,
    tags_of,
)

# Where each says for how many days it keeps backups of its own.
_RETENTION = {
    "aws_db_instance": "backup_retention_period",
    "aws_fsx_ontap_file_system": "automatic_backup_retention_days",
    "aws_fsx_openzfs_file_system": "automatic_backup_retention_days",
    "aws_fsx_windows_file_system": "automatic_backup_retention_days",
}
_SNAPSHOTS = "aws_dlm_lifecycle_policy"


@rule(
    id="DAT022",
    title="data is left out of the backup plan that stands beside it",
    group="data-loss",
    kinds=[
        "aws_db_instance",
        "aws_dynamodb_table",
        "aws_ebs_volume",
        "aws_efs_file_system",
        "aws_fsx_ontap_file_system",
        "aws_fsx_openzfs_file_system",
        "aws_fsx_windows_file_system",
    ],
    references=[
        "https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources.html",
        "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupSelection.html",
        "https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-lifecycle.html",
    ],
    aliases=["checkov:CKV2_AWS_9"],
)
def stateful_not_in_any_backup(store: Resource, inventory: Inventory) -> Iterator[Problem]:
    plans = selections_beside(store, inventory)
    if store.kind == "aws_ebs_volume":
        plans = [*plans, *inventory.in_scope_of(store, _SNAPSHOTS)]
    if not plans:
        raise NotApplicable("there is no backup plan in this configuration")
    _raise_if_not_precious(store)
    tags = tags_of(store, inventory)
    answers = {plan: _covers(plan, store, tags, inventory) for plan in plans}
    if any(answers.values()) or _keeps_its_own(store, inventory):
        return
    for plan in plans:
        _raise_if_spared(plan, store, tags)
    for plan, answer in answers.items():
        if answer is None:
            raise UnknownValue(f"{plan.address} may cover it")
    expect_no_module(store, inventory, "may back it up")
    yield Problem(
        store.node,
        "no backup plan selects it, and it keeps no backups of its own",
        ((plans[0].node, "this chooses what is backed up"),),
    )


def _raise_if_not_precious(store: Resource) -> None:
    if is_replica(store):
        raise NotApplicable("it is a replica: its source is what is backed up")
    if belongs_to_aurora(store):
        raise NotApplicable("it belongs to an Aurora cluster, which is backed up as a whole")
    if holds_terraform_locks(store):
        raise NotApplicable("it holds Terraform's locks, which last for one run")
    if items_expire(store):
        raise NotApplicable("its items expire by themselves")


def _keeps_its_own(store: Resource, inventory: Inventory) -> bool:
    if store.kind in _RETENTION:
        retention = setting(store, _RETENTION[store.kind])
        if not retention.present and restored_from(store):
            raise UnknownValue("it may keep the backups that what it restores says")
        return retention.number() > 0
    if store.kind == "aws_dynamodb_table":
        recoveries = store.get("point_in_time_recovery").items()
        return any(recovery.get("enabled").flag() for recovery in recoveries)
    if store.kind == "aws_efs_file_system":
        policies = inventory.referrers(store, "aws_efs_backup_policy")
        states = [policy.get("backup_policy", 0, "status").text() for policy in policies]
        # One Zone file systems are backed up unless somebody says otherwise.
        return "ENABLED" in states or (not states and store.get("availability_zone_name").present)
    return False


def _raise_if_spared(plan: Resource, store: Resource, tags: Tags) -> None:
    """Somebody decided that it is not to be in the plan."""
    if plan.kind != _SNAPSHOTS and leaves_out(plan, store):
        raise NotApplicable(f"{plan.address} leaves it out by name")
    for asked in _targets(plan) if plan.kind == _SNAPSHOTS else asked_tags(plan):
        tag, holds = tags.known.get(asked.key), asked.holds(tags)
        # In other letters it is a slip, and no decision.
        if tag is None or holds is not False or _is_slip(tag, asked):
            continue
        raise NotApplicable(f"its tag {asked.key} = {tag.text()} keeps it out of {plan.address}")


def _is_slip(tag: Node, asked: AskedTag) -> bool:
    return not asked.unwanted and tag.text().casefold() == asked.value.text().casefold()


def _covers(plan: Resource, store: Resource, tags: Tags, inventory: Inventory) -> Answer:
    return _snapshots(plan, tags) if plan.kind == _SNAPSHOTS else selects(plan, store, inventory)


def _snapshots(policy: Resource, tags: Tags) -> Answer:
    if policy.get("state").identity() == "DISABLED":
        return False
    chosen = policy.get("policy_details", 0)
    if not chosen.get("target_tags").known:
        return None
    bears = any_of(asked.holds(tags) for asked in _targets(policy))
    kinds = chosen.get("resource_types")
    # Of an instance it takes every volume that is attached, whatever the volume's own tags.
    only_volumes = kinds.known and [kind.identity() for kind in kinds.items()] == ["VOLUME"]
    return bears if bears or only_volumes else None


def _targets(policy: Resource) -> Iterator[AskedTag]:
    """The tags by which a snapshot policy chooses: any of them will do."""
    for key, value in policy.get("policy_details", 0, "target_tags").entries():
        yield AskedTag("string_equals", key, value, value)
