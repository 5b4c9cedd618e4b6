"""A database, a cache, a queue of failures, a load balancer or a service is watched by an alarm."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    belongs_to_aurora,
    holds_terraform_locks,
    rule,
)

_ALARM = "aws_cloudwatch_metric_alarm"
_SCALING = {"aws_appautoscaling_policy", "aws_autoscaling_policy"}
# Kinds that hand resources on to alarms that this scan does not show.
_HANDED_ON = ("module", "aws_cloudformation_stack")
# Tools that watch AWS from outside; their rules name resources in ways of their own.
_OTHER_TOOLS = (
    "datadog_monitor",
    "grafana_rule_group",
    "newrelic_alert_condition",
    "newrelic_nrql_alert_condition",
    "signalfx_detector",
)
_DEAD_LETTERS = {"dead_letter_config", "destination_config", "redrive_policy"}
# The first node of the replication group "sessions" is called "sessions-001".
_NODE_NUMBER = re.compile(r"-\d{3}$")


@dataclass(frozen=True, slots=True)
class _Watched:
    """How alarms know a kind: the namespace of its metrics, and what they call it by.

    An alarm for one of its ``parts`` counts as well.
    """

    namespace: str
    name: str
    parts: tuple[str, ...] = ()


_BALANCER = _Watched("AWS/ApplicationELB", "name")
_NETWORK_BALANCER = _Watched("AWS/NetworkELB", "name")
_KINDS = {
    "aws_alb": _BALANCER,
    "aws_db_instance": _Watched("AWS/RDS", "identifier"),
    "aws_docdb_cluster": _Watched(
        "AWS/DocDB", "cluster_identifier", ("aws_docdb_cluster_instance",)
    ),
    "aws_dynamodb_table": _Watched("AWS/DynamoDB", "name"),
    "aws_ecs_service": _Watched("AWS/ECS", "name", ("aws_lb_target_group", "aws_alb_target_group")),
    "aws_elasticache_replication_group": _Watched(
        "AWS/ElastiCache", "replication_group_id", ("aws_elasticache_cluster",)
    ),
    "aws_lambda_function": _Watched("AWS/Lambda", "function_name"),
    "aws_lb": _BALANCER,
    "aws_opensearch_domain": _Watched("AWS/ES", "domain_name"),
    "aws_rds_cluster": _Watched("AWS/RDS", "cluster_identifier", ("aws_rds_cluster_instance",)),
    "aws_sqs_queue": _Watched("AWS/SQS", "name"),
}

_SUBJECTS = {*_KINDS, *(part for watched in _KINDS.values() for part in watched.parts)}
_NAMING = ("dimensions", "for_each", "metric_query")


@rule(
    id="OBS010",
    title="no alarm watches the resource, though others of its sort have one",
    group="weakness",
    kinds=sorted(_KINDS),
    references=[
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html",
    ],
)
def critical_resource_without_alarm(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    watched, alarms = _KINDS[resource.kind], inventory.index(_alarms)
    if resource.get("load_balancer_type").identity() == "network":
        watched = _NETWORK_BALANCER
    _raise_unless_asked(resource, watched, alarms)
    parts = [
        *inventory.referrers(resource, *watched.parts or ("",)),
        *inventory.references(resource, *watched.parts or ("",)),
    ]
    name = resource.get(watched.name)
    if (
        any(alarms.watch(part) for part in (resource, *parts))
        or (name.known and name.value and (watched.namespace, name.identity()) in alarms.names)
        or watched.namespace in alarms.whole
    ):
        return
    for part in (resource, *parts):
        for other in inventory.referrers(part, *_HANDED_ON):
            raise UnknownValue(f"{other.address} is given it, and may make an alarm")
    _raise_if_watched_elsewhere(resource, watched, inventory)
    yield Problem(resource.node, f"no alarm watches {resource.address}")


@dataclass(slots=True)
class _Alarms:
    """The alarms that tell people something, by what they watch."""

    siblings: set[tuple[str, str]] = field(default_factory=set)  # scope and namespace
    targets: set[tuple[str, str]] = field(default_factory=set)  # scope and address
    names: set[tuple[str, str]] = field(default_factory=set)  # namespace, and what a dimension says
    whole: set[str] = field(default_factory=set)  # namespaces that one alarm watches as a whole
    unresolved: dict[str, Resource] = field(default_factory=dict)  # by namespace, or ""
    dead_letters: set[tuple[str, str]] = field(default_factory=set)  # scope and address

    def watch(self, resource: Resource) -> bool:
        return (resource.scope, resource.unkeyed) in self.targets


def _alarms(inventory: Inventory) -> _Alarms:
    found = _Alarms()
    for alarm in inventory.of_kind(_ALARM):
        if not _only_scales(alarm):
            found.targets.update((alarm.scope, r.target) for r in alarm.references)
            _add(found, alarm)
    for other in inventory.resources:
        for reference in other.references if other.source == "terraform" else ():
            if not _DEAD_LETTERS.isdisjoint(reference.node.path):
                found.dead_letters.add((other.scope, reference.target))
    return found


def _only_scales(alarm: Resource) -> bool:
    """Whether all that it does is to move capacity: nobody is told."""
    named = alarm.named_at("alarm_actions")
    scaling = [target for target in named if target.split(".")[-2] in _SCALING]
    actions = [node for node in alarm.get("alarm_actions").walk() if type(node.value) is not list]
    return bool(scaling) and len(scaling) == len(actions)


def _add(found: _Alarms, alarm: Resource) -> None:
    named = any(target.split(".")[-2] in _SUBJECTS for target in alarm.named_at(*_NAMING))
    if not alarm.get("metric_query").known and not named:
        found.unresolved.setdefault("", alarm)
    for node in alarm.node.walk():
        if node.path[-1:] == ("expression",):
            for namespace in re.findall(r"AWS/\w+", node.identity() if node.known else ""):
                found.whole.add(namespace)
                found.siblings.add((alarm.scope, namespace))
        elif type(node.value) is dict and "metric_name" in node.value:
            namespace = node.get("namespace").identity() if node.get("namespace").known else ""
            found.siblings.add((alarm.scope, namespace))
            dimensions = list(node.get("dimensions").walk())
            if dimensions[0].known and not dimensions[0].value:
                found.whole.add(namespace)
            for leaf in dimensions:
                found.names.update((namespace, spelling) for spelling in _spellings(leaf))
            if not named and not all(leaf.known for leaf in dimensions):
                found.unresolved.setdefault(namespace, alarm)


def _spellings(dimension: Node) -> Iterator[str]:
    """The value itself, the name in "app/orders/50dc6c495c0c9188", and that of a node's group."""
    text = dimension.identity() if dimension.known else ""
    yield from (text, *text.split("/"), _NODE_NUMBER.sub("", text))


def _raise_unless_asked(resource: Resource, watched: _Watched, alarms: _Alarms) -> None:
    # Alarms are often kept in a state of their own: only where others of its sort have theirs
    # beside them has this one been forgotten.
    if (resource.scope, watched.namespace) not in alarms.siblings:
        raise NotApplicable(f"no alarm for {watched.namespace} stands beside it")
    if belongs_to_aurora(resource):
        raise NotApplicable("it belongs to an Aurora cluster")
    if holds_terraform_locks(resource):
        raise NotApplicable("it holds Terraform's locks")
    if (
        resource.kind == "aws_sqs_queue"
        and (resource.scope, resource.unkeyed) not in alarms.dead_letters
    ):
        raise NotApplicable("nothing sends its dead letters to it")


def _raise_if_watched_elsewhere(
    resource: Resource, watched: _Watched, inventory: Inventory
) -> None:
    for other in inventory.of_kind(*_OTHER_TOOLS):
        raise UnknownValue(f"{other.address} may watch it")
    unresolved = inventory.index(_alarms).unresolved
    for namespace in ("", watched.namespace):
        if namespace in unresolved:
            raise UnknownValue(f"{unresolved[namespace].address} may be for it")
    name = resource.get(watched.name)
    given = inventory.index(_texts_given)[resource.scope]
    if name.known and name.identity() in given:
        raise UnknownValue(f"{given[name.identity()].address} is given its name")
    if not name.known:
        name.text()  # one of the alarms beside it may name it


def _texts_given(inventory: Inventory) -> dict[str, dict[str, Resource]]:
    """By scope, the texts that modules outside of the scan are given."""
    found: dict[str, dict[str, Resource]] = defaultdict(dict)
    for module in inventory.of_kind("module"):
        for leaf in module.node.walk():
            if type(leaf.value) is str and leaf.path != ("source",):
                found[module.scope][leaf.value] = module
    return found
