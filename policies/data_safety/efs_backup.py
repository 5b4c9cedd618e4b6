"""A file system of EFS is backed up."""

import re
from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_POLICY = "aws_efs_backup_policy"
_SELECTION = "aws_backup_selection"
_INSTANCE_KEY = re.compile(r"\[[^\[\]]*\]$")


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
    if any(_selects(selection, files) for selection in inventory.referrers(files, _SELECTION)):
        return
    if _is_replica(files, inventory):
        raise NotApplicable("it is the replica of another file system, and read-only")
    # One Zone file systems are backed up unless somebody says otherwise (API_CreateFileSystem).
    if not states and files.get("availability_zone_name").present:
        return
    _raise_if_backed_up_elsewhere(files, inventory)
    for state in states:
        if state.text() == "ENABLED":
            return
    if states:
        yield Problem(states[0], f"the backup policy is {states[0].text('not set')}")
    else:
        yield Problem(files.node, "no backup policy or backup selection covers the file system")


def _selects(selection: Resource, files: Resource) -> bool:
    return "resources" in _attributes_naming(files, selection)


def _attributes_naming(files: Resource, referrer: Resource) -> set[str | int]:
    address = _INSTANCE_KEY.sub("", files.address)
    return {r.node.path[0] for r in referrer.references if r.target == address}


def _is_replica(files: Resource, inventory: Inventory) -> bool:
    """Whether a replication names it as the destination, and another one as its source."""
    replications = inventory.referrers(files, "aws_efs_replication_configuration")
    return any(_attributes_naming(files, one) == {"destination"} for one in replications)


def _raise_if_backed_up_elsewhere(files: Resource, inventory: Inventory) -> None:
    for module in inventory.referrers(files, "module"):
        raise UnknownValue(f"{module.address}, which is not in this scan, may back it up")
    for other in inventory.index(_others).get(files.scope, ()):
        raise UnknownValue(f"{other.address} may be for this file system")


def _others(inventory: Inventory) -> dict[str, list[Resource]]:
    """By scope, what may back up any file system: selections, and policies for nobody knows which.

    What a selection with tags and patterns covers is asked by stateful-not-in-any-backup.
    """
    found: dict[str, list[Resource]] = defaultdict(list)
    for selection in inventory.of_kind(_SELECTION):
        found[selection.scope].append(selection)
    for policy in inventory.of_kind(_POLICY):
        if not inventory.references(policy, "aws_efs_file_system"):
            found[policy.scope].append(policy)
    return found
