"""What holds data is in the backup plan that its neighbours are in."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeAlias

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    belongs_to_aurora,
    is_replica,
    rule,
    setting,
)

# How the ARN of each kind goes on behind the account, and the attribute that ends it.
_ARNS = {
    "aws_db_instance": ("rds", "db:", "identifier"),
    "aws_dynamodb_table": ("dynamodb", "table/", "name"),
    "aws_ebs_volume": ("ec2", "volume/", "id"),
    "aws_efs_file_system": ("elasticfilesystem", "file-system/", "id"),
    "aws_fsx_ontap_file_system": ("fsx", "file-system/", "id"),
    "aws_fsx_openzfs_file_system": ("fsx", "file-system/", "id"),
    "aws_fsx_windows_file_system": ("fsx", "file-system/", "id"),
}
# Where each says for how many days it keeps backups of its own.
_RETENTION = {
    "aws_db_instance": "backup_retention_period",
    "aws_fsx_ontap_file_system": "automatic_backup_retention_days",
    "aws_fsx_openzfs_file_system": "automatic_backup_retention_days",
    "aws_fsx_windows_file_system": "automatic_backup_retention_days",
}
_RESTORED = ("restore_to_point_in_time", "s3_import", "snapshot_identifier")
_SNAPSHOTS = "aws_dlm_lifecycle_policy"
_INSTANCE_KEY = re.compile(r"\[[^\[\]]*\]$")

Answer: TypeAlias = bool | None  # None: it cannot be told


@rule(
    id="DAT022",
    title="data is left out of the backup plan that stands beside it",
    group="data-loss",
    kinds=list(_ARNS),
    references=[
        "https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources.html",
        "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupSelection.html",
        "https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-lifecycle.html",
    ],
    aliases=["checkov:CKV2_AWS_9"],
)
def stateful_not_in_any_backup(store: Resource, inventory: Inventory) -> Iterator[Problem]:
    plans = inventory.index(_plans).get(store.scope, [])
    if store.kind != "aws_ebs_volume":
        plans = [plan for plan in plans if plan.kind != _SNAPSHOTS]
    if not plans:
        raise NotApplicable("there is no backup plan in this configuration")
    _raise_if_not_precious(store)
    tags = _tags_of(store, inventory)
    answers = {plan: _covers(plan, store, tags) for plan in plans}
    if any(answers.values()) or _keeps_its_own(store, inventory):
        return
    for plan in plans:
        _raise_if_spared(plan, store, tags)
    for plan, answer in answers.items():
        if answer is None:
            raise UnknownValue(f"{plan.address} may cover it")
    for module in inventory.referrers(store, "module"):
        raise UnknownValue(f"{module.address}, which is not in this scan, may back it up")
    yield Problem(
        store.node,
        "no backup plan selects it, and it keeps no backups of its own",
        ((plans[0].node, "this chooses what is backed up"),),
    )


def _plans(inventory: Inventory) -> dict[str, list[Resource]]:
    """By scope, what chooses resources to back up."""
    found: dict[str, list[Resource]] = defaultdict(list)
    for plan in inventory.of_kind("aws_backup_selection", _SNAPSHOTS):
        found[plan.scope].append(plan)
    return found


def _raise_if_not_precious(store: Resource) -> None:
    if is_replica(store):
        raise NotApplicable("it is a replica: its source is what is backed up")
    if belongs_to_aurora(store):
        raise NotApplicable("it belongs to an Aurora cluster, which is backed up as a whole")
    if store.get("hash_key").identity() == "LockID":
        raise NotApplicable("it holds Terraform's locks, which last for one run")
    if store.kind == "aws_dynamodb_table":
        for expiry in store.get("ttl").items():
            if expiry.get("enabled").flag():
                raise NotApplicable("its items expire by themselves")


def _keeps_its_own(store: Resource, inventory: Inventory) -> bool:
    if store.kind in _RETENTION:
        retention = setting(store, _RETENTION[store.kind])
        if not retention.present and any(_is_given(store.get(name)) for name in _RESTORED):
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


@dataclass(frozen=True, slots=True)
class _Tags:
    """What a resource is tagged with; incomplete where some tags are not known."""

    known: dict[str, Node]
    complete: bool

    def bear(self, key: str, wanted: Node, *, like: bool = False) -> Answer:
        tag = self.known.get(key)
        if tag is None:
            return False if self.complete else None
        if not (tag.known and wanted.known):
            return None
        value, pattern = tag.text(), wanted.text()
        return fnmatchcase(value, pattern) if like else value == pattern


def _tags_of(store: Resource, inventory: Inventory) -> _Tags:
    """Its own tags, and those that the provider gives to all."""
    given = [*inventory.index(_default_tags).get(store.scope, ()), store.get("tags")]
    # A module that is called from elsewhere takes the provider from there.
    complete = len(given) > 1 and all(tags.known for tags in given)
    return _Tags({k: v for tags in given if tags.known for k, v in tags.entries()}, complete)


def _default_tags(inventory: Inventory) -> dict[str, list[Node]]:
    """By scope, the tags of each provider; absent ones too, which tells that it has none."""
    found: dict[str, list[Node]] = defaultdict(list)
    for settings in inventory.of_kind("terraform"):
        for provider in settings.get("provider").items():
            if not provider.known or provider.get("aws").value is not None:
                found[settings.scope].append(provider.get("aws", "default_tags", 0, "tags"))
    return found


def _raise_if_spared(plan: Resource, store: Resource, tags: _Tags) -> None:
    """Somebody decided that it is not to be in the plan."""
    if plan.kind != _SNAPSHOTS and _names(plan, "not_resources", store):
        raise NotApplicable(f"{plan.address} leaves it out by name")
    for operator, key, wanted in _asked(plan):
        tag = tags.known.get(key)
        bears = tags.bear(key, wanted, like=operator.endswith("like"))
        if tag is None or bears is None or bears != ("_not_" in operator):
            continue
        # In other letters it is a slip, and no decision.
        if bears or tag.text().casefold() != wanted.text().casefold():
            raise NotApplicable(f"its tag {key} = {tag.text()} keeps it out of {plan.address}")


def _asked(plan: Resource) -> Iterator[tuple[str, str, Node]]:
    """The tags that a plan asks for, or must not find."""
    if plan.kind == _SNAPSHOTS:
        wanted = plan.get("policy_details", 0, "target_tags")
        yield from (("string_equals", *pair) for pair in wanted.entries())
        return
    for pair in _items(plan.get("selection_tag")):
        yield "string_equals", _key(pair), pair.get("value")
    for operator, pair in _conditions(plan):
        yield operator, _key(pair), pair.get("value")


def _covers(plan: Resource, store: Resource, tags: _Tags) -> Answer:
    return _snapshots(plan, tags) if plan.kind == _SNAPSHOTS else _selects(plan, store, tags)


def _snapshots(policy: Resource, tags: _Tags) -> Answer:
    if policy.get("state").identity() == "DISABLED":
        return False
    chosen = policy.get("policy_details", 0)
    wanted = chosen.get("target_tags")
    if not wanted.known:
        return None
    bears = _any_of(tags.bear(key, value) for key, value in wanted.entries())
    kinds = chosen.get("resource_types")
    # Of an instance it takes every volume that is attached, whatever the volume's own tags.
    only_volumes = kinds.known and [kind.identity() for kind in kinds.items()] == ["VOLUME"]
    return bears if bears or only_volumes else None


def _selects(selection: Resource, store: Resource, tags: _Tags) -> Answer:
    ways = []
    if _is_given(selection.get("resources")):
        ways.append(_names(selection, "resources", store))
    if _is_given(selection.get("selection_tag")):
        pairs = _items(selection.get("selection_tag"))
        ways.append(_any_of(tags.bear(_key(pair), pair.get("value")) for pair in pairs))
    # With nothing that chooses, it takes all there is (API_BackupSelection).
    chosen = (ways[0] if len(set(ways)) == 1 else None) if ways else True
    spared = _names(selection, "not_resources", store)
    conditions = (_holds(operator, pair, tags) for operator, pair in _conditions(selection))
    return _all_of([chosen, _negated(spared), *conditions])


def _names(selection: Resource, attribute: str, store: Resource) -> Answer:
    """Whether it lists the resource: by a reference, an ARN, or a pattern of ARNs."""
    named = {r.target for r in selection.references if r.node.path[0] == attribute}
    if _INSTANCE_KEY.sub("", store.address) in named:
        return True
    items = _items(selection.get(attribute))
    answers = [_matches(item.text(), store) for item in items if item.known]
    # What is not known is an ARN of one of the other resources that it refers to, or of anything.
    listed = selection.get(attribute).known and len(items) - len(answers) <= len(named)
    return _any_of(answers if listed else [*answers, None])


def _matches(pattern: str, store: Resource) -> Answer:
    service, kind, attribute = _ARNS[store.kind]
    parts = pattern.split(":", 5)
    if len(parts) == 6:
        # Neither the partition, the region nor the account can be told.
        parts[1] = parts[3] = parts[4] = "*"
    name = store.get(attribute).value
    arn = f"arn:aws:{service}:region:account:{kind}{name if type(name) is str else chr(0)}"
    if fnmatchcase(arn, ":".join(parts)):
        return True
    of_that_kind = len(parts) == 6 and parts[2] == service and parts[5].startswith(kind)
    return None if of_that_kind and type(name) is not str else False


def _conditions(selection: Resource) -> Iterator[tuple[str, Node]]:
    """All of them have to hold, beside what chooses."""
    for condition in _items(selection.get("condition")):
        for operator in ("string_equals", "string_like", "string_not_equals", "string_not_like"):
            for pair in _items(condition.get(operator)):
                yield operator, pair


def _holds(operator: str, pair: Node, tags: _Tags) -> Answer:
    bears = tags.bear(_key(pair), pair.get("value"), like=operator.endswith("like"))
    return _negated(bears) if "_not_" in operator else bears


def _key(pair: Node) -> str:
    return pair.get("key").text().removeprefix("aws:ResourceTag/")


def _is_given(node: Node) -> bool:
    return not node.known or bool(node)


def _items(node: Node) -> list[Node]:
    """The elements of a list; one that is not known where the list is not."""
    return list(node.items()) if node.known else [node]


def _any_of(answers: Iterable[Answer]) -> Answer:
    found = set(answers)
    return True if True in found else None if None in found else False


def _all_of(answers: Iterable[Answer]) -> Answer:
    return _negated(_any_of(map(_negated, answers)))


def _negated(answer: Answer) -> Answer:
    return None if answer is None else not answer
