"""A server keeps an idle connection open for longer than the load balancer that made it."""

import re
import shlex
from collections.abc import Iterator
from itertools import zip_longest

from prodready_infra.sdk import (
    Inventory,
    Lifecycle,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    json_of,
    rule,
    same_instances,
)

_GROUPS = ("aws_lb_target_group", "aws_alb_target_group")
_LISTENERS = ("aws_lb_listener", "aws_alb_listener")
_RULES = ("aws_lb_listener_rule", "aws_alb_listener_rule")
_BALANCERS = ("aws_lb", "aws_alb")
_IDLE = 60  # of the load balancer's API, and of the provider: aws_lb, 5.100

# The variables of uvicorn and Sanic, in seconds; and names that people give to their own.
_SECONDS = ("UVICORN_TIMEOUT_KEEP_ALIVE", "SANIC_KEEP_ALIVE_TIMEOUT")
_OWN = re.compile(r"(?:(?:HTTP|SERVER|NODE|APP)_)?KEEP_?ALIVE_TIMEOUT(?P<unit>_MS|_SECONDS)?")
_ARGUMENTS = "GUNICORN_CMD_ARGS"
# The option, and whose it is.
_OPTIONS = {"--keep-alive": {"gunicorn", "hypercorn"}, "--timeout-keep-alive": {"uvicorn"}}


@rule(
    id="SAF143",
    title="backend closes idle connections before its load balancer does",
    group="weakness",
    kinds=["aws_ecs_task_definition"],
    references=[
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html",
    ],
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def alb_idle_vs_backend(task: Resource, inventory: Inventory) -> Iterator[Problem]:
    definitions = task.get("container_definitions")
    services = inventory.referrers(task, "aws_ecs_service", at="task_definition")
    behind = [service for service in services if any(True for _ in _targets(service))]
    if not behind:
        raise NotApplicable("no service of this scan puts it behind a load balancer")
    container = _container(json_of(definitions), behind)
    kept = _keep_alive(container)
    if kept is None:
        raise NotApplicable("how long its container keeps connections open is not written here")
    balancers = [one for service in behind for one in _balancers(service, inventory)]
    if not balancers:
        raise UnknownValue("the load balancer in front of it is not in this scan")
    idles = [one.get("idle_timeout") for one in balancers if _takes_requests(one)]
    if not idles:
        raise NotApplicable("its load balancer hands connections on, and opens none of its own")
    longest = max(idles, key=lambda idle: idle.number(_IDLE))
    if kept <= longest.number(_IDLE):
        default = "" if longest.present else " (the default)"
        yield Problem(
            definitions,
            f"it closes idle connections after {kept:g} s, the load balancer after"
            f" {longest.number(_IDLE):g} s{default}",
            ((longest, "this may still send a request over them"),),
        )


def _targets(service: Resource) -> Iterator[Node]:
    return service.get("load_balancer").items()


def _container(containers: Node, services: list[Resource]) -> Node:
    """The one container that load balancers send requests to."""
    names = {
        target.get("container_name").text() for service in services for target in _targets(service)
    }
    found = [one for one in containers.items() if one.get("name").text() in names]
    if len(names) != 1 or len(found) != 1:
        raise UnknownValue("which of its containers a load balancer sends requests to is not known")
    return found[0]


def _balancers(service: Resource, inventory: Inventory) -> Iterator[Resource]:
    """The load balancers whose listeners, or rules of them, send requests to a service."""
    groups = inventory.references(service, *_GROUPS, at="load_balancer.target_group_arn")
    for group in same_instances(service, groups):
        listeners = inventory.referrers(group, *_LISTENERS, at="default_action")
        for one in inventory.referrers(group, *_RULES, at="action"):
            listeners += inventory.references(one, *_LISTENERS, at="listener_arn")
        for listener in same_instances(group, list(dict.fromkeys(listeners))):
            found = inventory.references(listener, *_BALANCERS, at="load_balancer_arn")
            yield from same_instances(listener, found)


def _takes_requests(balancer: Resource) -> bool:
    return balancer.get("load_balancer_type").text("application") == "application"


def _keep_alive(container: Node) -> float | None:
    """How many seconds a server keeps an idle connection, where its container says so.

    An option of the command wins over the environment, as the servers have it.
    """
    words = [word for key in ("entryPoint", "command") for word in _words(container.get(key))]
    environment = {
        variable.get("name").text(): variable.get("value")
        for variable in container.get("environment").items()
    }
    more = _split(environment[_ARGUMENTS].text()) if _ARGUMENTS in environment else []
    programs = {word.rpartition("/")[2] for word in words}
    for options in (words, more):
        kept = _option(options, programs)
        if kept is not None:
            if "gunicorn" in programs:
                _expect_kept([*words, *more])
            return kept
    for name, value in environment.items():
        own = _OWN.fullmatch(name)
        if name in _SECONDS:
            return value.number()
        if own:
            return _own_number(name, own["unit"] or "", value)
    return None


def _words(node: Node) -> Iterator[str]:
    """The words of a command; a script given to a shell is taken apart."""
    for part in node.items():
        if not part.known:
            raise UnknownValue("a part of its command is not known")
        yield from _split(part.text())


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _option(words: list[str], programs: set[str]) -> float | None:
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        name, equals, value = word.partition("=")
        if not programs.isdisjoint(_OPTIONS.get(name, ())):
            number = value if equals else following
            if not number.isdecimal():
                raise UnknownValue(f"{name} is '{number}', no number of seconds")
            return float(number)
    return None


def _expect_kept(options: list[str]) -> None:
    """The default worker of gunicorn closes each connection with its answer, and says so."""
    names = {word.partition("=")[0] for word in options}
    if names.isdisjoint(("-k", "--worker-class", "--threads")):
        raise UnknownValue("whether its workers keep connections open at all is not known")


def _own_number(name: str, unit: str, value: Node) -> float:
    number = value.number()
    if number <= 1:
        raise UnknownValue(f"{name} is {number:g}, which may be a switch")
    if unit:
        return number / 1000 if unit == "_MS" else number
    # 65 are seconds and 65000 milliseconds; 1800 may be either.
    if number >= 1000 and number % 1000:
        raise UnknownValue(f"whether {name} counts milliseconds is not told")
    return number / 1000 if number >= 1000 else number
