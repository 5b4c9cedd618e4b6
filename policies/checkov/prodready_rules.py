"""What Checkov loads: each of our rules that judges one resource, as a custom check of Checkov's.

Run it with ``checkov --external-checks-dir <this folder>``; see ``docs/checkov.md``. Nothing of
ours has to be installed beside Checkov. No rule is named here: the checks are made in a loop over
the catalogue, so that the two programs cannot drift apart. Checkov registers this module by its
bare file name, which therefore must be unique among all custom checks of a user.

Our package is imported inside functions, because it needs Python 3.11 and Checkov does not.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checkov.common.models.enums import (  # type: ignore[import-not-found] # only beside Checkov
    CheckCategories,
    CheckResult,
)
from checkov.kubernetes.checks.resource.base_spec_check import (  # type: ignore[import-not-found] # as above
    BaseK8Check,
)
from checkov.terraform.checks.resource.base_resource_check import (  # type: ignore[import-not-found] # as above
    BaseResourceCheck,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from prodready_infra.model.node import Unknown
    from prodready_infra.model.resource import Reference, Resource
    from prodready_infra.rules.rule import Problem, Rule

logger = logging.getLogger(__name__)

ID_PREFIX = "CKV2_PRI_"
_CATEGORY = {
    "OBS": CheckCategories.LOGGING,
    "DAT": CheckCategories.BACKUP_AND_RECOVERY,
    "SEC": CheckCategories.GENERAL_SECURITY,
}

_TERRAFORM_TYPE = re.compile(r"[a-z][a-z0-9]*_[a-z0-9_]+")
_LINE_MARKS = frozenset({"__startline__", "__endline__", "__start_line__", "__end_line__"})
# What says nothing about the resource itself, as in our own reader of Terraform.
_META = frozenset({"count", "for_each", "provider", "depends_on"})
# A scalar that is nothing but a template is filled in by another program, as in our own reader.
_TEMPLATE = re.compile(r"\s*(?:\{\{.*\}\}|\$\{[^}]*\}|<%.*%>)\s*", re.DOTALL)
# What Checkov leaves of an expression that it could not evaluate. It strips ``${…}`` from most, so
# that a text which happens to look like an expression counts as one.
_EXPRESSION = re.compile(
    r"""
      (?<!\$)\$\{ | (?<!%)%\{                                                # a template
    | (?:^|[\s(\[{!,?:*/+<>=-])
      (?: (?:var|local|module|data|each|count|self|path|terraform)\.[A-Za-z_]
        | [a-z][a-z0-9]*_[a-z0-9_]*\.[A-Za-z_][\w-]*[.\[] )                  # a reference
    | ^(?:aws|azurerm|azuread|digitalocean|google|github|kubernetes|oci)_\w+\.[\w-]+$
    | ^(?!(?:cron|rate|at)\()[a-z][a-z0-9_]*(?:::\w+)*\(                     # a call
    | ^[\[{]\s*for\s
    | ^None$                                                                 # a null of a condition
    """,
    re.VERBOSE,
)


def kubernetes_resource(conf: dict[str, Any]) -> Resource:
    """Our resource of a Kubernetes object as Checkov hands it over."""
    from prodready_infra.sdk import Node, Resource, kubernetes_kind

    value = kubernetes_value(conf)
    metadata = value.get("metadata")
    annotations = metadata.get("annotations") if type(metadata) is dict else None
    if type(annotations) is list and len(annotations) == 1:
        metadata["annotations"] = annotations[0]  # Checkov wraps them when it looks for skips
    node = Node(value, (), _nowhere())
    name = node.get("metadata", "name").identity()
    if not name and node.get("metadata", "generateName").value:
        name = f"{node.get('metadata', 'generateName').identity()}*"
    kind = kubernetes_kind(node.get("apiVersion").identity(), node.get("kind").identity())
    namespace = node.get("metadata", "namespace").identity()
    address = "/".join(part for part in (kind.rpartition("/")[2], namespace, name) if part)
    return Resource(kind, name, namespace, address, "kubernetes", node)


def terraform_resource(kind: str, conf: dict[str, Any]) -> Resource:
    """Our resource of a Terraform resource as Checkov hands it over."""
    from prodready_infra.model.resource import unkeyed
    from prodready_infra.sdk import Node, Resource

    address = str(conf.get("__address__", kind))
    name = unkeyed(address).rpartition(".")[2]
    node = Node(terraform_values(conf), (), _nowhere())
    return Resource(
        kind, name, "", address, "terraform", node, find_references=_references_are_gone
    )


def _nowhere() -> Any:
    from prodready_infra.model.node import Nowhere

    return Nowhere()


def _references_are_gone() -> tuple[Reference, ...]:
    from prodready_infra.sdk import UnknownValue

    raise UnknownValue("Checkov does not tell what its expressions name")


def _unknown(reason: str, text: str = "") -> Unknown:
    from prodready_infra.sdk import Unknown

    return Unknown(reason, text)


def kubernetes_value(value: Any) -> Any:
    """A value of a manifest without Checkov's line numbers, and as Kubernetes would read it."""
    if isinstance(value, dict):
        return {
            _key(key): kubernetes_value(element)
            for key, element in value.items()
            if key not in _LINE_MARKS
        }
    if isinstance(value, list):
        return [kubernetes_value(element) for element in value]
    if isinstance(value, str) and _TEMPLATE.fullmatch(value):
        return _unknown("it is filled in by another tool", value.strip())
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value.isoformat()
    return _scalar(value)


def _key(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str(value)
    return _unknown(f"Checkov made a {type(value).__name__} of it")


def terraform_values(conf: dict[str, Any]) -> Any:
    """The body of a resource.

    Checkov wraps lists, maps and blocks once more in a resource with a dynamic block, and then
    they cannot be told apart: only the scalars of such a resource are known.
    """
    body = _body({key: value for key, value in conf.items() if key not in _META})
    if "dynamic" not in conf or type(body) is not dict:
        return body
    lost = _unknown("Checkov rewrites the values beside a dynamic block")
    return {key: lost if isinstance(value, (dict, list)) else value for key, value in body.items()}


def _body(conf: dict[str, Any]) -> Any:
    """The arguments and nested blocks of a body, each of which Checkov keeps in a list."""
    body = {
        str(key): _argument(value)
        for key, value in conf.items()
        if key != "dynamic" and not str(key).startswith("__")
    }
    dynamic = conf.get("dynamic", [])
    blocks = dynamic if isinstance(dynamic, list) else [dynamic]
    if not all(isinstance(block, dict) for block in blocks):
        return _unknown("Checkov does not tell which of its blocks are dynamic")
    for name in (name for block in blocks for name in block):
        body[name] = _unknown("Checkov does not tell how often a dynamic block occurs")
    return body


def _argument(wrapped: Any) -> Any:
    """Takes off exactly one list: an argument stands alone in it, blocks stand side by side.

    What is nothing or empty may be written so, and may be what Checkov puts in the place of a
    variable without a value or of a condition that it cannot decide.
    """
    if not isinstance(wrapped, list):
        return _value(wrapped)
    if len(wrapped) == 1 and wrapped[0] in ({}, [], None):
        return _unknown("Checkov does not tell what is empty from what it cannot evaluate")
    if wrapped and all(isinstance(element, dict) for element in wrapped):
        if all(map(_is_body, wrapped)):
            return [_body(element) for element in wrapped]
        if any(_may_be_body(element) for element in wrapped):
            return _unknown("Checkov does not tell this block from a map")
    return _value(wrapped[0] if len(wrapped) == 1 else wrapped)


def _is_body(value: dict[str, Any]) -> bool:
    return all(
        isinstance(inner, list) and (len(inner) == 1 or all(isinstance(e, dict) for e in inner))
        for inner in value.values()
    )


def _may_be_body(value: dict[str, Any]) -> bool:
    """Whether it may have been a body before Checkov rendered parts of it, or have a label."""
    return all(isinstance(inner, (list, dict)) for inner in value.values())


def _value(value: Any) -> Any:
    """A value inside an argument, where nothing is wrapped."""
    if isinstance(value, dict):
        return {
            _key(key): _value(element) for key, element in value.items() if key not in _LINE_MARKS
        }
    if isinstance(value, list):
        return [_value(element) for element in value]
    return _text(value) if isinstance(value, str) else _scalar(value)


def _text(text: str) -> Any:
    """The one place that decides whether Checkov could evaluate an expression."""
    if _EXPRESSION.search(text):
        return _unknown("Checkov did not evaluate it", text)
    if "\\" in text:
        return _unknown("Checkov does not tell an escape from a backslash", text)
    return str(text).replace("$${", "${").replace("%%{", "%{")


def answer(check: Any, rule: Rule, read: Callable[[], Resource]) -> CheckResult:
    """Judges the resource that ``read`` makes; nothing that crashes here ends Checkov's run."""
    try:
        return _judge(check, rule, read())
    except Exception as error:  # noqa: BLE001 - a Kubernetes check that raises ends all of them
        # Never the error's text, which may hold a secret.
        logger.error("%s crashed: %s", check.id, type(error).__name__)  # noqa: TRY400 - as above
        return CheckResult.UNKNOWN


def _judge(check: Any, rule: Rule, resource: Resource) -> CheckResult:
    """Asks the rule, as our engine does, of everything it judges in one resource."""
    from prodready_infra.sdk import NotApplicable, UnknownValue

    problems: list[Problem] = []
    passed, signals = False, []
    for subject in _subjects(rule, resource):
        before = len(problems)
        try:
            for problem in rule.check(subject, **rule.options):
                problems.append(problem)  # noqa: PERF402 - what came before a signal is kept
            passed = passed or len(problems) == before
        except NotApplicable:
            continue
        except UnknownValue as signal:
            signals.append(signal.reason)
    if problems:
        check.details = [problem.message for problem in problems]
        check.evaluated_keys = list(dict.fromkeys(_evaluated_key(p) for p in problems))
        return CheckResult.FAILED
    if passed and not signals:
        return CheckResult.PASSED
    told = f"unknown: {'; '.join(signals)}" if signals else "not-applicable"
    logger.info("%s %s %s: %s", check.id, check.entity_path, resource.address, told)
    return CheckResult.UNKNOWN  # of which Checkov records nothing


def _subjects(rule: Rule, resource: Resource) -> Sequence[Any]:
    from prodready_infra.sdk import Container, Inventory, Workload

    if rule.kinds and resource.kind not in rule.kinds:
        return ()  # a kind of the same name in another API group
    if rule.subject is Workload:
        return Inventory([resource]).workloads
    if rule.subject is Container:
        return [c for c in Inventory([resource]).containers if c.role in rule.roles]
    return (resource,)


def _evaluated_key(problem: Problem) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else step for step in problem.at.path)
    return "/".join(steps)


class KubernetesCheck(BaseK8Check):  # type: ignore[misc] # Checkov is not there to be typed
    """One rule, as a check of Kubernetes objects."""

    def __init__(self, rule: Rule, kinds: list[str]) -> None:
        self.rule = rule
        super().__init__(
            name=rule.title,
            id=f"{ID_PREFIX}{rule.id}",
            categories=[CheckCategories.KUBERNETES],
            supported_entities=kinds,
            guideline=next(iter(rule.references), None),
        )

    def scan_spec_conf(self, conf: dict[str, Any]) -> CheckResult:
        return answer(self, self.rule, lambda: kubernetes_resource(conf))


class TerraformCheck(BaseResourceCheck):  # type: ignore[misc] # as above
    """One rule, as a check of Terraform resources."""

    def __init__(self, rule: Rule, kinds: list[str]) -> None:
        self.rule = rule
        super().__init__(
            name=rule.title,
            id=f"{ID_PREFIX}{rule.id}",
            categories=[_CATEGORY.get(rule.id[:3], CheckCategories.CONVENTION)],
            supported_resources=kinds,
            guideline=next(iter(rule.references), None),
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        file = self.entity_path.partition(f":{self.entity_type}:")[0]
        if file.endswith(".json"):
            logger.info("%s %s: unknown: a plan is another format", self.id, self.entity_path)
            return CheckResult.UNKNOWN
        return answer(self, self.rule, lambda: terraform_resource(self.entity_type, conf))


def exported_kinds(rule: Rule) -> tuple[list[str], list[str]]:
    """The Kubernetes kinds and the Terraform types that the rule judges one at a time."""
    from prodready_infra.sdk import WORKLOAD_KINDS, Container, Resource, Workload

    if rule.wants_inventory or rule.subject not in (Resource, Workload, Container):
        return [], []
    if rule.group == "disputed" or rule.lifecycle == "experimental":
        return [], []  # asked by name only, and Checkov runs whatever is there
    if rule.subject is Resource and not rule.kinds:
        return ["*"], ["*"]
    kinds = rule.kinds or WORKLOAD_KINDS
    kubernetes = {name for name in (k.rpartition("/")[2] for k in kinds) if name[:1].isupper()}
    return sorted(kubernetes), sorted(k for k in kinds if _TERRAFORM_TYPE.fullmatch(k))


def checks() -> Iterator[KubernetesCheck | TerraformCheck]:
    """Makes the checks; each registers itself with Checkov when it is made."""
    from prodready_infra.rules.catalogue import load

    for rule in load():
        kubernetes, terraform = exported_kinds(rule)
        if kubernetes:
            yield KubernetesCheck(rule, kubernetes)
        if terraform:
            yield TerraformCheck(rule, terraform)


def _make_importable() -> None:
    """Imports our package from where this folder was shipped: inside it, or beside it.

    By its file and not through ``sys.path``: whatever else is installed there stays hidden from
    Checkov, and the package always fits the rules that lie here.
    """
    name = "prodready_infra"
    if name in sys.modules:
        return
    parents = (parent / name for parent in Path(__file__).resolve().parents)
    folder = next(folder for folder in parents if (folder / "sdk.py").is_file())
    spec = spec_from_file_location(name, folder / "__init__.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder} cannot be imported")
    sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])


if sys.version_info >= (3, 11):  # noqa: UP036 - this runs on Checkov's Python, not on ours
    _make_importable()
    CHECKS = tuple(checks())
else:
    logger.error(
        "The rules of prodready-infra need Python 3.11 or newer and were not loaded: "
        "this Checkov runs on Python %d.%d.",
        *sys.version_info[:2],
    )
