"""What the plans of AWS Backup copy: the selections of a root module, and what they choose.

https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupSelection.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from prodready_infra.errors import UnknownValue
from prodready_infra.model.aws_tags import Answer, Tags, any_of, negated, tags_of
from prodready_infra.model.inventory import Inventory
from prodready_infra.model.node import Node
from prodready_infra.model.resource import Resource

BACKUP_SELECTION = "aws_backup_selection"
# How the ARN of each kind goes on behind the account, and the attribute that ends it.
_ARNS = {
    "aws_db_instance": ("rds", "db:", "identifier"),
    "aws_docdb_cluster": ("rds", "cluster:", "cluster_identifier"),
    "aws_dynamodb_table": ("dynamodb", "table/", "name"),
    "aws_ebs_volume": ("ec2", "volume/", "id"),
    "aws_efs_file_system": ("elasticfilesystem", "file-system/", "id"),
    "aws_fsx_lustre_file_system": ("fsx", "file-system/", "id"),
    "aws_fsx_ontap_file_system": ("fsx", "file-system/", "id"),
    "aws_fsx_openzfs_file_system": ("fsx", "file-system/", "id"),
    "aws_fsx_windows_file_system": ("fsx", "file-system/", "id"),
    "aws_neptune_cluster": ("rds", "cluster:", "cluster_identifier"),
    "aws_rds_cluster": ("rds", "cluster:", "cluster_identifier"),
    "aws_redshift_cluster": ("redshift", "cluster:", "cluster_identifier"),
}
_OPERATORS = ("string_equals", "string_like", "string_not_equals", "string_not_like")


@dataclass(frozen=True, slots=True)
class AskedTag:
    """A tag that a selection asks for, or must not find; ``node`` is the block that says so."""

    operator: str
    key: str
    value: Node
    node: Node

    @property
    def like(self) -> bool:
        return self.operator.endswith("like")

    @property
    def unwanted(self) -> bool:
        return "_not_" in self.operator

    def holds(self, tags: Tags) -> Answer:
        bears = tags.bear(self.key, self.value, like=self.like)
        return negated(bears) if self.unwanted else bears


def backup_of(store: Resource, inventory: Inventory) -> Resource | None:
    """A selection of its root module that has the store copied, or none.

    Raises :class:`UnknownValue` where one may: what it lists, or how the store is tagged, is not
    known.
    """
    selections = selections_beside(store, inventory)
    answers = {one: selects(one, store, inventory) for one in selections}
    for selection, answer in answers.items():
        if answer:
            return selection
    for selection, answer in answers.items():
        if answer is None:
            raise UnknownValue(f"AWS Backup may keep copies by the plan of {selection.address}")
    return None


def selections_beside(store: Resource, inventory: Inventory) -> list[Resource]:
    """The selections of its root module."""
    return inventory.in_scope_of(store, BACKUP_SELECTION)


def selects(selection: Resource, store: Resource, inventory: Inventory) -> Answer:
    """Whether a selection chooses the store; ``None`` where that cannot be told."""
    if store.kind not in _ARNS:
        return None  # AWS Backup may have learnt to copy it since
    tags = tags_of(store, inventory)
    ways: list[Answer] = []
    if _is_given(selection.get("resources")):
        ways.append(_lists(selection, "resources", store))
    if _is_given(selection.get("selection_tag")):
        ways.append(any_of(tag.holds(tags) for tag in _alternatives(selection)))
    # With nothing that chooses, it takes all there is (API_BackupSelection).
    chosen = (ways[0] if len(set(ways)) == 1 else None) if ways else True
    all_hold = [negated(tag.holds(tags)) for tag in _conditions(selection)]
    return negated(any_of([negated(chosen), _lists(selection, "not_resources", store), *all_hold]))


def leaves_out(selection: Resource, store: Resource) -> bool:
    """Whether a selection names the store as one that it is not to choose."""
    return _lists(selection, "not_resources", store) is True


def asked_tags(selection: Resource) -> Iterator[AskedTag]:
    """The tags by which a selection chooses: of ``selection_tag`` any, of ``condition`` all."""
    yield from _alternatives(selection)
    yield from _conditions(selection)


def _lists(selection: Resource, attribute: str, store: Resource) -> Answer:
    """Whether it lists the store: by a reference, an ARN, or a pattern of ARNs."""
    if selection.names(store, attribute):
        return True
    items = _items(selection.get(attribute))
    answers = [_matches(item.text(), store) for item in items if item.known]
    # What is not known is an ARN of one of the other resources that it refers to, or of anything.
    unknown = len(items) - len(answers)
    listed = selection.get(attribute).known and unknown <= len(selection.named_at(attribute))
    return any_of(answers if listed else [*answers, None])


def _matches(pattern: str, store: Resource) -> Answer:
    if store.kind not in _ARNS:
        return None
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


def _alternatives(selection: Resource) -> Iterator[AskedTag]:
    for pair in _items(selection.get("selection_tag")):
        yield _asked("string_equals", pair)


def _conditions(selection: Resource) -> Iterator[AskedTag]:
    for condition in _items(selection.get("condition")):
        for operator in _OPERATORS:
            for pair in _items(condition.get(operator)):
                yield _asked(operator, pair)


def _asked(operator: str, pair: Node) -> AskedTag:
    key = pair.get("key").text().removeprefix("aws:ResourceTag/")
    return AskedTag(operator, key, pair.get("value"), pair)


def _is_given(node: Node) -> bool:
    return not node.known or bool(node)


def _items(node: Node) -> list[Node]:
    """The elements of a list; one that is not known where the list is not."""
    return list(node.items()) if node.known else [node]
