"""A file system of EFS is backed up."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    expect_no_module,
    expect_no_stray,
    rule,
    selections_beside,
    selects,
)

_POLICY = "aws_efs_backup_policy"


@rule(
    id="DAT021",
    title="file system has no backups",
    group="data-loss",
    kinds=["aws_efs_file_system"],
    references=[
        "https://docs.aws.amazon.com/efs/latest/ug/awsbackup.html",
        "https://docs.aws.amazon.com/efs/latest/ug/API_CreateFileSystem.html",
    ],
    aliases=["checkov:CKV2_AWS_18"],
)
def efs_backup(files: Resource, inventory: Inventory) -> Iterator[Problem]:
    policies = inventory.referrers(files, _POLICY)
    states = [policy.get("backup_policy", 0, "status") for policy in policies]
    if any(state.known and state.text() == "ENABLED" for state in states):
        return
    plans = selections_beside(files, inventory)
    chosen = [selects(plan, files, inventory) for plan in plans]
    if any(chosen):
        return
    if _is_replica(files, inventory):
        raise NotApplicable("it is the replica of another file system, and read-only")
    # One Zone file systems are backed up unless somebody says otherwise (API_CreateFileSystem).
    if not states and files.get("availability_zone_name").present:
        return
    for plan, answer in zip(plans, chosen, strict=True):
        if answer is None:
            raise UnknownValue(f"{plan.address} may be for this file system")
    expect_no_module(files, inventory, "may back it up")
    expect_no_stray(
        files,
        inventory,
        _POLICY,
        at="file_system_id",
        of=("aws_efs_file_system",),
        may="may be for this file system",
    )
    if plans and not states:
        raise NotApplicable(f"{plans[0].address} leaves it out: stateful-not-in-any-backup tells")
    for state in states:
        if state.text() == "ENABLED":
            return
    if states:
        yield Problem(states[0], f"the backup policy is {states[0].text('not set')}")
    else:
        yield Problem(files.node, "no backup policy or backup selection covers the file system")


def _is_replica(files: Resource, inventory: Inventory) -> bool:
    """Whether a replication names it as the destination, and another one as its source."""
    replications = inventory.referrers(files, "aws_efs_replication_configuration")
    return any(
        one.names(files, "destination") and not one.names(files, "source_file_system_id")
        for one in replications
    )
