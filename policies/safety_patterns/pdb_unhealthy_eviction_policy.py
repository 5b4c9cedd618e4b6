"""By default a budget protects pods that do not even work from being drained."""

from collections.abc import Iterator

from prodready_infra.sdk import NotApplicable, Problem, Resource, UnknownValue, rule, share

_ALL = 100
_POLICIES = ("AlwaysAllow", "IfHealthyBudget")


@rule(
    id="SAF040",
    title="PodDisruptionBudget lets broken pods block a drain",
    group="advice",
    kinds=["PodDisruptionBudget"],
    references=[
        "https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy",
    ],
    aliases=["kube-linter:pdb-unhealthy-pod-eviction-policy"],
)
def pdb_unhealthy_eviction_policy(budget: Resource) -> Iterator[Problem]:
    """Absent is ``IfHealthyBudget``; the field is on since Kubernetes 1.27, stable since 1.31."""
    if budget.api_version.endswith("/v1beta1"):
        raise NotApplicable("policy/v1beta1 has no unhealthyPodEvictionPolicy")
    chosen = budget.get("spec", "unhealthyPodEvictionPolicy")
    if chosen.present:
        if chosen.text() not in _POLICIES:
            raise UnknownValue(f"'{chosen.text()}' is no unhealthyPodEvictionPolicy")
        return
    most, least = budget.get("spec", "maxUnavailable"), budget.get("spec", "minAvailable")
    if most.present:
        unlimited = most.text().endswith("%") and share(most, _ALL, round_up=True) >= _ALL
    elif least.present:
        unlimited = share(least, _ALL, round_up=True) <= 0
    else:
        raise NotApplicable("the budget sets neither minAvailable nor maxUnavailable")
    if unlimited:
        raise NotApplicable("the budget lets every pod be evicted, healthy or not")
    yield Problem(
        chosen,
        "unhealthyPodEvictionPolicy is not set: pods that crash in a loop block drains",
    )
