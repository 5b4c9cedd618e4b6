"""A Flagger canary that measures nothing promotes whatever it is given, only later."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import Node, Problem, Resource, UnknownValue, rule

# Hooks whose answer can hold back or roll back the new version.
_GATES = frozenset(
    {
        "confirm-promotion",
        "confirm-rollout",
        "confirm-traffic-increase",
        "pre-rollout",
        "rollback",
        "rollout",
    }
)
# Flagger's load tester starts these in the background, and answers at once that all is well.
_LOAD = re.compile(r"\s*(?:/\S*/)?(?:hey|wrk|ghz|ab|fortio|vegeta)\s")


@rule(
    id="SAF074",
    title="Flagger promotes a new version without measuring it",
    group="rollback",
    kinds=["flagger.app/Canary"],
    references=[
        "https://docs.flagger.app/usage/how-it-works",
        "https://docs.flagger.app/usage/metrics",
        "https://docs.flagger.app/usage/webhooks",
    ],
)
def flagger_no_metrics(canary: Resource) -> Iterator[Problem]:
    spec = canary.get("spec")
    if not spec.get("targetRef").present:
        raise UnknownValue("it names no target: it is a part of a manifest")
    skip = spec.get("skipAnalysis")
    if skip.flag():
        yield Problem(skip, "skipAnalysis is true: new versions are promoted without a look")
        return
    # The name that it had until v1beta1 is still read.
    analysis = spec.get("analysis" if spec.get("analysis").present else "canaryAnalysis")
    if not analysis.present:
        yield Problem(spec.get("analysis"), "it has no analysis, and so nothing that is measured")
        return
    threshold = analysis.get("threshold")
    if threshold.present and threshold.number() <= 0:
        text = f"threshold is {threshold.text()}: every version is rolled back before any check"
        yield Problem(threshold, text)
    if analysis.get("metrics"):
        return
    hooks = list(analysis.get("webhooks").items())
    if any(_decides(hook) for hook in hooks):
        return
    loads = any(hook.get("type").text("rollout") == "rollout" for hook in hooks)
    what = "only webhooks that make load" if loads else "no webhook that decides"
    at = analysis.get("metrics")
    yield Problem(at, f"the analysis has no metrics, and {what}: what starts up is promoted")


def _decides(hook: Node) -> bool:
    """Whether its answer counts; ``type`` is ``rollout`` by default."""
    kind = hook.get("type").text() or "rollout"
    if kind == "rollout" and hook.get("metadata", "type").text() in ("", "cmd"):
        return not _LOAD.match(hook.get("metadata", "cmd").text())
    return kind in _GATES
