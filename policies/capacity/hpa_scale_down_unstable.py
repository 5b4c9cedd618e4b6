"""Scaling down on the first low sample removes the pods that the next minute needs again."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    Scaler,
    UnknownValue,
    rule,
    scaler_made_by,
)

# Losing half of the pods within a minute is abrupt.
_ABRUPT = 0.5


def _behavior(scaler: Scaler) -> Node:
    spec = scaler.resource.get("spec")
    if scaler.keda:
        return spec.get("advanced", "horizontalPodAutoscalerConfig", "behavior")
    return spec.get("behavior")


def _lost(down: Node, ceiling: int) -> float:
    """The share of its most pods that may go within a minute: all of them without policies.

    https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#default-behavior
    """
    shares = [_lost_by(policy, ceiling) for policy in down.get("policies").items()]
    if not shares:
        return 1
    return min(shares) if down.get("selectPolicy").text() == "Min" else max(shares)


def _lost_by(policy: Node, ceiling: int) -> float:
    period, value = policy.get("periodSeconds").number(), policy.get("value").number()
    if period <= 0 or value <= 0:
        raise UnknownValue("a policy of scaleDown lacks its value or its period")
    times = max(1, 60 / period)
    kind = policy.get("type").text()
    if kind == "Percent":
        return 1 - float(max(0, 1 - value / 100) ** times)
    if kind == "Pods":
        return min(1, value * times / ceiling)
    raise UnknownValue(f"a policy of scaleDown has the unknown type '{kind}'")


def _on_schedule(scaler: Scaler) -> bool:
    triggers = list(scaler.resource.get("spec", "triggers").items()) if scaler.keda else []
    return bool(triggers) and all(trigger.get("type").text() == "cron" for trigger in triggers)


@rule(
    id="CAP016",
    title="autoscaler scales down at the first low sample",
    group="advice",
    kinds=["HorizontalPodAutoscaler", "keda.sh/ScaledObject"],
    references=[
        "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#stabilization-window",
        "https://keda.sh/docs/latest/reference/scaledobject-spec/#horizontalpodautoscalerconfig",
    ],
)
def hpa_scale_down_unstable(
    autoscaler: Resource, inventory: Inventory, *, window: int = 15
) -> Iterator[Problem]:
    scaler = scaler_made_by(inventory, autoscaler)
    down = _behavior(scaler).get("scaleDown")
    seconds = down.get("stabilizationWindowSeconds")
    # 300 s by default. The controller looks every 15 s, so less than that holds nothing back.
    if not seconds.present or seconds.number() >= window:
        return
    if down.get("selectPolicy").text() == "Disabled":
        raise NotApplicable("it never scales down")
    ceiling = scaler.ceiling()
    if ceiling <= max(1, scaler.floor()):
        raise NotApplicable("it has no several pods to choose from")
    if _on_schedule(scaler):
        raise NotApplicable("it follows a schedule, which does not waver")
    lost = _lost(down, ceiling)
    if lost >= _ABRUPT:
        yield Problem(
            seconds,
            f"stabilizationWindowSeconds is {seconds.text()}, and {lost:.0%} of the pods may go in"
            " a minute",
        )
