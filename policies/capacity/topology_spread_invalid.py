"""A constraint that the API rejects keeps the whole workload from being applied."""

from collections.abc import Iterator

from prodready_infra.sdk import Node, NotApplicable, Problem, Workload, rule

_CHOICES = ("DoNotSchedule", "ScheduleAnyway")


@rule(
    id="CAP022",
    title="topologySpreadConstraints hold what the API rejects",
    group="resilience",
    references=[
        "https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/#spread-constraint-definition",
    ],
    aliases=["kube-score:pod-topology-spread-constraints"],
)
def topology_spread_invalid(workload: Workload) -> Iterator[Problem]:
    constraints = list(workload.pod.get("topologySpreadConstraints").items())
    if not constraints:
        raise NotApplicable("it has no topologySpreadConstraints")
    seen: dict[tuple[str, str], Node] = {}
    for constraint in constraints:
        yield from _required(constraint)
        yield from _domains(constraint)
        keys = constraint.get("matchLabelKeys")
        if list(keys.items()) and not constraint.get("labelSelector").present:
            yield Problem(keys, "matchLabelKeys need a labelSelector: the API rejects the pods")
        key = constraint.get("topologyKey")
        pair = (key.text(), constraint.get("whenUnsatisfiable").text())
        if all(pair) and pair in seen:
            yield Problem(
                key,
                f"two constraints for {pair[0]} say {pair[1]}: the API rejects the pods",
                ((seen[pair], "and this is the other"),),
            )
        seen.setdefault(pair, key)


def _required(constraint: Node) -> Iterator[Problem]:
    skew = constraint.get("maxSkew")
    if skew.number() < 1:
        what = f"is {skew.text()}" if skew.present else "is missing"
        yield Problem(skew, f"maxSkew {what}, and must be 1 at least: the API rejects the pods")
    key = constraint.get("topologyKey")
    if not key.text():
        yield Problem(key, "topologyKey is missing: the API rejects the pods")
    choice = constraint.get("whenUnsatisfiable")
    if choice.text() not in _CHOICES:
        what = f"is '{choice.text()}'" if choice.text() else "is missing"
        yield Problem(choice, f"whenUnsatisfiable {what}: the API rejects the pods")


def _domains(constraint: Node) -> Iterator[Problem]:
    least, choice = constraint.get("minDomains"), constraint.get("whenUnsatisfiable").text()
    if not least.present:
        return
    if least.number() < 1:
        yield Problem(
            least, f"minDomains is {least.text()}, and must be 1 at least: the API rejects the pods"
        )
    elif choice == "ScheduleAnyway":
        yield Problem(least, "minDomains goes with DoNotSchedule only: the API rejects the pods")
