"""A probe that may wait for an answer longer than its period notices a hang later than it says."""

from collections.abc import Iterator

from prodready_infra.sdk import WORKLOAD_KINDS, Container, NotApplicable, Probe, Problem, rule


@rule(
    id="SAF004",
    title="probe may wait for its answer longer than its period",
    group="weakness",
    kinds=WORKLOAD_KINDS,
    roles=("app", "sidecar"),
    references=[
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#configure-probes",
    ],
)
def probe_timeout_ge_period(container: Container, *, exec_timeout: int = 1) -> Iterator[Problem]:
    """``exec_timeout``: the least ``timeoutSeconds`` to accept of a probe that runs a command.

    A command needs more than the default of one second on a busy node, but few manifests say
    so; 1 asks nothing.
    """
    asked = False
    for name in ("startup", "readiness", "liveness"):
        probe = container.probe(name)
        if probe is not None:
            asked = True
            yield from _judged(probe, f"{name}Probe", exec_timeout)
    if not asked:
        raise NotApplicable("the container has no probe")


def _judged(probe: Probe, name: str, exec_timeout: int) -> Iterator[Problem]:
    timeout, period = probe.timeout, probe.period
    at = probe.node.get("timeoutSeconds")
    if timeout > period:
        slow, declared = (seconds * probe.failure_threshold for seconds in (timeout, period))
        yield Problem(
            at,
            f"{name} may wait {timeout:g} s but is due every {period:g} s:"
            f" a hang takes {slow:g} s to notice, not {declared:g}",
        )
    elif timeout < exec_timeout and probe.handler()[0] == "exec":
        yield Problem(
            at, f"{name} runs a command and gives it {timeout:g} s, less than {exec_timeout}"
        )
