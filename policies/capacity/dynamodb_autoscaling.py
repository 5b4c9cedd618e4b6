"""A DynamoDB table of provisioned capacity grows with its load."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    SCALING_POLICIES,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    expect_no_module,
    holds_terraform_locks,
    rule,
    scaling_policies,
    stray_scalers,
)

_DIMENSIONS = {
    "read_capacity": "dynamodb:table:ReadCapacityUnits",
    "write_capacity": "dynamodb:table:WriteCapacityUnits",
}


@rule(
    id="CAP010",
    title="DynamoDB table has a fixed capacity",
    group="scaling",
    kinds=["aws_dynamodb_table"],
    references=[
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html",
        "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html",
    ],
    aliases=["checkov:CKV2_AWS_16"],
)
def dynamodb_autoscaling(table: Resource, inventory: Inventory) -> Iterator[Problem]:
    if holds_terraform_locks(table):
        raise NotApplicable("it holds Terraform's locks, a few at a time")
    # PROVISIONED by default: documentation of aws_dynamodb_table, provider 5.100.
    if table.get("billing_mode").text("PROVISIONED") == "PAY_PER_REQUEST":
        return
    policies = scaling_policies(table, inventory)
    scaled = {policy.get("scalable_dimension").identity() for policy in policies}
    fixed = [name for name, dimension in _DIMENSIONS.items() if dimension not in scaled]
    if not fixed:
        return
    _raise_if_scaled_elsewhere(table, policies, inventory)
    for name in fixed:
        capacity = table.get(name)
        amount = capacity.identity() if capacity.known else ""
        stays = f"stays at {amount}" if amount else "is fixed"
        yield Problem(capacity, f"{name} {stays}: no autoscaling policy raises it")


def _raise_if_scaled_elsewhere(
    table: Resource, policies: list[Resource], inventory: Inventory
) -> None:
    for policy in policies:
        policy.get("scalable_dimension").text()  # unknown: it may be the one that is missing
    expect_no_module(table, inventory, "may scale it")
    for policy in stray_scalers(table, inventory, *SCALING_POLICIES):
        raise UnknownValue(f"{policy.address} may be for this table")
    if table.ignores_changes("read_capacity", "write_capacity"):
        raise UnknownValue("its lifecycle.ignore_changes may leave the capacity to others")
