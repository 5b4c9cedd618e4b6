"""A DynamoDB table of provisioned capacity grows with its load."""

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

_TARGET = "aws_appautoscaling_target"
_POLICIES = ("aws_appautoscaling_policy", "aws_appautoscaling_scheduled_action")
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
    # https://developer.hashicorp.com/terraform/language/backend/s3#dynamodb-table-permissions
    if table.get("hash_key").identity() == "LockID":
        raise NotApplicable("it holds Terraform's locks, a few at a time")
    # PROVISIONED by default: documentation of aws_dynamodb_table, provider 5.100.
    if table.get("billing_mode").text("PROVISIONED") == "PAY_PER_REQUEST":
        return
    policies = _policies_of(table, inventory)
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


def _policies_of(table: Resource, inventory: Inventory) -> list[Resource]:
    """The policies that refer to the table, or to a target of it, or that name it."""
    targets = inventory.index(_by_resource_id)
    name = table.get("name").identity()
    named = targets.get(f"table/{name}", []) if name else []
    found = dict.fromkeys([*inventory.referrers(table, _TARGET, *_POLICIES), *named])
    for target in [resource for resource in found if resource.kind == _TARGET]:
        found.update(dict.fromkeys(inventory.referrers(target, *_POLICIES)))
    return [resource for resource in found if resource.kind != _TARGET]


def _by_resource_id(inventory: Inventory) -> dict[str, list[Resource]]:
    found: dict[str, list[Resource]] = defaultdict(list)
    for resource in inventory.of_kind(_TARGET, *_POLICIES):
        found[resource.get("resource_id").identity()].append(resource)
    return found


def _raise_if_scaled_elsewhere(
    table: Resource, policies: list[Resource], inventory: Inventory
) -> None:
    for policy in policies:
        policy.get("scalable_dimension").text()  # unknown: it may be the one that is missing
    for module in inventory.referrers(table, "module"):
        raise UnknownValue(f"{module.address}, which is not in this scan, may scale it")
    for policy in inventory.index(_unresolved).get(table.scope, ()):
        raise UnknownValue(f"{policy.address} may be for this table")
    if table.ignores_changes("read_capacity", "write_capacity"):
        raise UnknownValue("its lifecycle.ignore_changes may leave the capacity to others")


def _unresolved(inventory: Inventory) -> dict[str, list[Resource]]:
    """By scope, the policies for something that is not known."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for policy in inventory.of_kind(*_POLICIES):
        if not policy.get("resource_id").known and not inventory.references(policy):
            found[policy.scope].append(policy)
    return found
