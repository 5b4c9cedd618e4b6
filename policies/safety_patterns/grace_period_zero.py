"""Without a grace period a pod is killed in the middle of what it does, at every deploy."""

from collections.abc import Iterator

from prodready_infra.sdk import SERVING, Container, NotApplicable, Problem, Workload, rule

# "Forever" of people who keep a container alive for `kubectl exec`.
_IDLERS = frozenset({"sleep", "pause"})


@rule(
    id="SAF021",
    title="pods are killed without time to shut down",
    group="resilience",
    kinds=SERVING,
    references=[
        "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination",
        "https://kubernetes.io/docs/tasks/run-application/force-delete-stateful-set-pod/",
    ],
)
def grace_period_zero(workload: Workload, *, minimum: int = 1) -> Iterator[Problem]:
    """``minimum``: the least ``terminationGracePeriodSeconds`` to accept.

    1 asks only about pods that get no time at all: how long a shutdown takes is nothing that a
    manifest tells.
    """
    given = workload.pod.get("terminationGracePeriodSeconds")
    if not given.present or given.number() >= minimum:
        return
    containers = workload.app_containers
    if containers and all(map(_idles, containers)):
        raise NotApplicable("its containers only wait, and have nothing to finish")
    if workload.kind == "DaemonSet" and workload.pod.get("hostNetwork").flag():
        raise NotApplicable("an agent on the node's own network is replaced at once on purpose")
    if given.number() >= 1:
        consequence = f", less than {minimum}"
    elif workload.kind == "StatefulSet":
        consequence = ": a pod may be started again while its old process still writes"
    else:
        consequence = ": each pod is killed in the middle of what it does"
    yield Problem(given, f"terminationGracePeriodSeconds is {given.text()}{consequence}")


def _idles(container: Container) -> bool:
    first = container.get("command", 0).identity() or container.get("args", 0).identity()
    return first.rpartition("/")[2] in _IDLERS
