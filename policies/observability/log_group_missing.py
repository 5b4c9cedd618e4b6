"""The log group of a Lambda function is declared, with a retention that somebody chose."""

from collections.abc import Iterator

from prodready_infra.sdk import Inventory, Problem, Resource, UnknownValue, expect_no_module, rule

_GROUP = "aws_cloudwatch_log_group"
_PREFIX = "/aws/lambda/"


@rule(
    id="OBS011",
    title="log group of the function is left to be made by its first run",
    group="advice",
    kinds=["aws_lambda_function"],
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html",
        "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",
    ],
)
def log_group_missing(function: Resource, inventory: Inventory) -> Iterator[Problem]:
    if inventory.references(function, _GROUP) or inventory.referrers(function, _GROUP):
        return
    chosen = function.get("logging_config", 0, "log_group")
    name = function.get("function_name")
    groups = inventory.index(_groups)
    for node, prefix in ((chosen, ""), (name, _PREFIX)):
        if node.known and node.identity() and prefix + node.identity() in groups.names:
            return
    expect_no_module(function, inventory, "may declare it")
    if function.scope in groups.unresolved:
        raise UnknownValue(f"{groups.unresolved[function.scope].address} may be its log group")
    if chosen.present:
        raise UnknownValue("it logs to a group that this scan does not declare")
    if function.scope in groups.scopes:
        name.text()  # one of those groups may be for it
    yield Problem(
        function.get("logging_config"),
        "no log group is declared for it: the one that Lambda makes keeps logs for ever",
    )


class _Groups:
    """The log groups of the scan: their names, and where one's name is not known."""

    def __init__(self, inventory: Inventory) -> None:
        self.names: set[str] = set()
        self.scopes: set[str] = set()
        self.unresolved: dict[str, Resource] = {}
        for group in inventory.of_kind(_GROUP):
            name = group.get("name")
            if not name.known and not inventory.references(group, "aws_lambda_function"):
                self.unresolved[group.scope] = group
            elif name.known:
                self.names.add(name.identity())
                if name.identity().startswith(_PREFIX):
                    self.scopes.add(group.scope)


def _groups(inventory: Inventory) -> _Groups:
    return _Groups(inventory)
