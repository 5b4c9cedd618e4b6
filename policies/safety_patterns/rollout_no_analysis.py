"""A Rollout is there to stop a bad version: something, or somebody, must look at the new one."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    Problem,
    Resource,
    UnknownValue,
    kubernetes_kind,
    rule,
    same_namespace,
    together,
)

_TEMPLATE = "argoproj.io/AnalysisTemplate"
_CLUSTER_TEMPLATE = "argoproj.io/ClusterAnalysisTemplate"


@rule(
    id="SAF073",
    title="Rollout promotes a new version that nothing has judged",
    group="rollback",
    kinds=["argoproj.io/Rollout"],
    references=[
        "https://argo-rollouts.readthedocs.io/en/stable/features/analysis/",
        "https://argo-rollouts.readthedocs.io/en/stable/features/canary/",
        "https://argo-rollouts.readthedocs.io/en/stable/features/bluegreen/",
        "https://argo-rollouts.readthedocs.io/en/stable/migrating/",
    ],
)
def rollout_no_analysis(rollout: Resource, inventory: Inventory) -> Iterator[Problem]:
    canary = rollout.get("spec", "strategy", "canary")
    blue_green = rollout.get("spec", "strategy", "blueGreen")
    # ``canary: {}`` is a strategy too, and the emptiest.
    if canary.present:
        analyses = [*_analyses_of_canary(canary)]
        unjudged = None if analyses else _unjudged_canary(canary)
    elif blue_green.present:
        wanted = ("prePromotionAnalysis", "postPromotionAnalysis")
        analyses = [a for a in map(blue_green.get, wanted) if a.get("templates")]
        unjudged = None if analyses else _unjudged_blue_green(blue_green)
    else:
        raise UnknownValue("it names neither canary nor blueGreen: it is a part of a manifest")
    if unjudged:
        yield unjudged
    yield from _beside(rollout, inventory)
    for analysis in analyses:
        yield from _missing_templates(rollout, analysis, inventory)


def _analyses_of_canary(canary: Node) -> Iterator[Node]:
    """Everything that measures: in the background, as a step, or within an experiment."""
    candidates = [canary.get("analysis")]
    for step in canary.get("steps").items():
        candidates.append(step.get("analysis"))
        for each in step.get("experiment", "analyses").items():
            if each.get("templateName").present:
                yield each
    yield from (each for each in candidates if each.get("templates"))


def _unjudged_canary(canary: Node) -> Problem | None:
    """A pause without a duration lasts until a person promotes the version, or aborts it.

    https://argo-rollouts.readthedocs.io/en/stable/features/canary/#overview
    """
    steps = list(canary.get("steps").items())
    if not steps:
        text = "canary has no steps and no analysis: it goes on as any rolling update does"
        return Problem(canary.get("steps"), text)
    for step in steps:
        if step.get("plugin").present:
            raise UnknownValue("a plugin is one of its steps, and may judge the version")
        pause = step.get("pause")
        if pause.present and pause.get("duration").text() in ("", "0"):
            return None
    text = "no analysis and no pause that waits for a person: the steps end in promotion anyway"
    return Problem(canary.get("steps"), text)


def _unjudged_blue_green(blue_green: Node) -> Problem | None:
    """``autoPromotionEnabled`` is true by default.

    https://argo-rollouts.readthedocs.io/en/stable/features/bluegreen/#autopromotionenabled
    """
    automatic = blue_green.get("autoPromotionEnabled")
    if not automatic.flag(default=True):
        if blue_green.get("autoPromotionSeconds").number() > 0:
            raise UnknownValue("autoPromotionSeconds may promote it while it waits for a person")
        return None
    default = "" if automatic.present else ", the default,"
    text = f"autoPromotionEnabled is true{default} and no promotion analysis is set"
    return Problem(automatic if automatic.present else blue_green, text)


def _beside(rollout: Resource, inventory: Inventory) -> Iterator[Problem]:
    """The Deployment whose template it borrows: what that still runs is updated in one go.

    ``scaleDown`` is ``never`` by default. Without ``replicas`` nobody can tell: a Deployment that
    was scaled to zero by hand stays at zero.
    """
    borrowed = rollout.get("spec", "workloadRef")
    if not borrowed or borrowed.get("scaleDown").text("never") != "never":
        return
    kind = kubernetes_kind(borrowed.get("apiVersion").text(), borrowed.get("kind").text())
    name = borrowed.get("name").text()
    found = inventory.named(kind, rollout.namespace, name, rollout.path)
    if found is None or not together(rollout, found):
        return
    replicas = found.get("spec", "replicas")
    if replicas.number() > 0:
        text = f"{found.address} still runs {replicas.text()} pods, updated without any analysis"
        yield Problem(borrowed, text, ((replicas, "these replicas"),))


def _missing_templates(
    rollout: Resource, analysis: Node, inventory: Inventory
) -> Iterator[Problem]:
    uses = list(analysis.get("templates").items()) or [analysis]
    for use in uses:
        name = use.get("templateName")
        kind = _CLUSTER_TEMPLATE if use.get("clusterScope").flag() else _TEMPLATE
        # Overlays write their namespace into cluster-scoped custom objects too.
        namespace = "" if kind == _CLUSTER_TEMPLATE else same_namespace(rollout.namespace)
        others = inventory.index(_templates).get((kind, namespace), [])
        if any(other.name == name.text() for other in others):
            continue
        shown = f"{kind.rpartition('/')[2]} '{name.text()}'"
        if not any(together(rollout, other) for other in others):
            raise UnknownValue(f"{shown} is not in this scan, and no other beside it")
        unread = inventory.unread(near=rollout.path)
        if unread:
            raise UnknownValue(f"{shown} may stand in what was not read: {unread}")
        yield Problem(name, f"there is no {shown}: no new version can be released")


def _templates(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for template in inventory.of_kind(_TEMPLATE):
        found[_TEMPLATE, same_namespace(template.namespace)].append(template)
    found[_CLUSTER_TEMPLATE, ""] = inventory.of_kind(_CLUSTER_TEMPLATE)
    return found
