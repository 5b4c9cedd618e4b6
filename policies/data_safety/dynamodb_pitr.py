"""A DynamoDB table can be taken back to any second of the last days."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    backup_of,
    holds_terraform_locks,
    items_expire,
    rule,
)


@rule(
    id="DAT003",
    title="DynamoDB table has no point-in-time recovery",
    group="data-loss",
    kinds=["aws_dynamodb_table"],
    references=[
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html",
    ],
    aliases=["checkov:CKV_AWS_28", "trivy:AWS-0024"],
)
def dynamodb_pitr(table: Resource, inventory: Inventory) -> Iterator[Problem]:
    if holds_terraform_locks(table):
        raise NotApplicable("it holds Terraform's locks, which last for one run")
    recovery = table.get("point_in_time_recovery")
    switches = [block.get("enabled") for block in recovery.items()]
    # A replica holds the same items, and its own recovery brings them back as well.
    copies = [copy.get("point_in_time_recovery") for copy in table.get("replica").items()]
    if any(switch.flag() for switch in (*switches, *copies)):
        return
    if items_expire(table):
        raise NotApplicable("its items expire by themselves")
    # A copy a day is no point-in-time recovery; whether it is enough is for those who chose it.
    selection = backup_of(table, inventory)
    if selection is not None:
        raise UnknownValue(f"AWS Backup copies it by the plan of {selection.address}")
    if switches:
        yield Problem(switches[0], "point_in_time_recovery is not enabled")
    else:
        yield Problem(recovery, "the table has no point_in_time_recovery block")
