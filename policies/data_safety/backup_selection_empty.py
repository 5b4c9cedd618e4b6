"""A backup plan has something to back up."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    BACKUP_SELECTION,
    AskedTag,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    asked_tags,
    expect_no_module,
    expect_no_stray,
    rule,
)

_PLAN = "aws_backup_plan"
# What AWS Backup can copy: only a tag of theirs shows how the plan's tag is meant.
_COPIED = (
    "aws_db_instance",
    "aws_docdb_cluster",
    "aws_dynamodb_table",
    "aws_ebs_volume",
    "aws_efs_file_system",
    "aws_fsx_lustre_file_system",
    "aws_fsx_ontap_volume",
    "aws_fsx_openzfs_file_system",
    "aws_fsx_windows_file_system",
    "aws_instance",
    "aws_neptune_cluster",
    "aws_rds_cluster",
    "aws_redshift_cluster",
    "aws_s3_bucket",
)


@rule(
    id="DAT023",
    title="backup plan selects nothing",
    group="data-loss",
    kinds=[_PLAN, BACKUP_SELECTION],
    references=[
        "https://docs.aws.amazon.com/aws-backup/latest/devguide/assigning-resources.html",
        "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupSelection.html",
    ],
)
def backup_selection_empty(plan: Resource, inventory: Inventory) -> Iterator[Problem]:
    if plan.kind == _PLAN:
        yield from _without_selection(plan, inventory)
    else:
        yield from _misspelt(plan, inventory)


def _without_selection(plan: Resource, inventory: Inventory) -> Iterator[Problem]:
    if inventory.referrers(plan, BACKUP_SELECTION):
        return
    expect_no_module(plan, inventory, "may select for it")
    expect_no_stray(
        plan, inventory, BACKUP_SELECTION, at="plan_id", of=(_PLAN,), may="may be for this plan"
    )
    if plan.scope not in inventory.index(_roots):
        raise UnknownValue("this module may be called from where the selection stands")
    yield Problem(plan.node, "no aws_backup_selection refers to the plan: it backs up nothing")


def _roots(inventory: Inventory) -> set[str]:
    """The folders that are applied by themselves: they configure providers or a backend."""
    return {
        settings.scope
        for settings in inventory.of_kind("terraform")
        if any(settings.get(name).value is not None for name in ("backend", "cloud", "provider"))
    }


def _misspelt(selection: Resource, inventory: Inventory) -> Iterator[Problem]:
    """A tag in a spelling that nothing bears, though something bears it in another."""
    if selection.get("resources"):
        return
    wanted = [asked for asked in asked_tags(selection) if not asked.unwanted]
    if not wanted:
        # https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupSelection.html
        raise NotApplicable("without resources and tags it selects all there is")
    borne = inventory.index(_tags)
    missing = [asked for asked in wanted if _pair(asked) not in borne]
    alternatives = selection.get("selection_tag")
    if not missing or (alternatives and len(missing) < len(wanted)):
        return
    for asked in missing:
        spelt = inventory.index(_spellings).get(_folded(*_pair(asked)))
        if spelt is None:
            raise UnknownValue("what bears its tags may be declared elsewhere")
        _raise_if_perhaps_borne(asked, inventory)
        (key, value), tag = spelt
        yield Problem(
            asked.node,
            f"selects by {' = '.join(_pair(asked))}, which nothing bears: tags say {key} = {value}",
            ((tag, "spelt differently here"),),
        )


def _raise_if_perhaps_borne(asked: AskedTag, inventory: Inventory) -> None:
    for resource in inventory.of_kind(*_COPIED):
        if not resource.get("tags", asked.key).known:
            raise UnknownValue(f"{resource.address} may bear the tag")


def _pair(asked: AskedTag) -> tuple[str, str]:
    return asked.key, asked.value.text()


def _folded(key: str, value: str) -> tuple[str, str]:
    return key.casefold(), value.casefold()


def _tags(inventory: Inventory) -> dict[tuple[str, str], Node]:
    """Every tag of the scan whose value is known, those that providers give included."""
    maps = [resource.get("tags") for resource in inventory.resources]
    for settings in inventory.of_kind("terraform"):
        providers = settings.get("provider").items()
        maps += [one.get("aws", "default_tags", 0, "tags") for one in providers]
    return dict(pair for tags in maps for pair in _pairs(tags))


def _spellings(inventory: Inventory) -> dict[tuple[str, str], tuple[tuple[str, str], Node]]:
    """The tags of what can be copied, by what they are apart from capitals."""
    maps = (resource.get("tags") for resource in inventory.of_kind(*_COPIED))
    pairs = (pair for tags in maps for pair in _pairs(tags))
    return {_folded(*pair): (pair, node) for pair, node in pairs}


def _pairs(tags: Node) -> Iterator[tuple[tuple[str, str], Node]]:
    for key, value in tags.entries() if type(tags.value) is dict else ():
        if value.known:
            yield (key, value.text()), value
