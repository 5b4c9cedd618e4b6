"""A budget that states no limit, or two, protects nothing that anybody meant."""

from collections.abc import Iterator

from prodready_infra.sdk import Inventory, Problem, Resource, UnknownValue, rule


@rule(
    id="SAF039",
    title="PodDisruptionBudget sets neither or both of minAvailable and maxUnavailable",
    group="resilience",
    kinds=["PodDisruptionBudget"],
    references=[
        "https://kubernetes.io/docs/tasks/run-application/configure-pdb/#specifying-a-poddisruptionbudget",
        "https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/pod-disruption-budget-v1/",
    ],
    aliases=["kube-score:poddisruptionbudget-has-policy"],
)
def pdb_no_policy(budget: Resource, inventory: Inventory) -> Iterator[Problem]:
    most, least = budget.get("spec", "maxUnavailable"), budget.get("spec", "minAvailable")
    if most.present != least.present:
        return
    if not most.present and not budget.get("spec", "selector").present:
        raise UnknownValue("it has neither limits nor a selector: it is a part of a manifest")
    unread = inventory.unread(near=budget.path)
    if unread is not None:
        raise UnknownValue(f"the file sets {'both limits' if most.present else 'none'}; {unread}")
    if most.present:
        yield Problem(
            most,
            "minAvailable and maxUnavailable are both set: the API rejects the budget",
            ((least, "and this is the other limit"),),
        )
        return
    # Both are optional to the API; the disruption controller then expects no pod at all, and
    # allows no disruption.
    yield Problem(most, "neither minAvailable nor maxUnavailable is set: no drain can evict a pod")
