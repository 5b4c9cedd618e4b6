"""A start that may take longer than a rollout's deadline makes good rollouts count as failed."""

from collections.abc import Iterator

from prodready_infra.sdk import Container, NotApplicable, Problem, rule

# Of Deployments in apps/v1 and of Argo Rollouts, in seconds.
_DEFAULT_DEADLINE = 600


@rule(
    id="SAF018",
    title="startup probe allows a longer start than the rollout's progress deadline",
    group="weakness",
    kinds=["Deployment", "argoproj.io/Rollout"],
    roles=("app", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#progress-deadline-seconds",
        "https://kubernetes.io/docs/concepts/workloads/pods/probes/",
    ],
)
def startup_window_too_long(container: Container) -> Iterator[Problem]:
    startup = container.probe("startup")
    if startup is None:
        raise NotApplicable("the container has no startup probe")
    given = container.workload.get("spec", "progressDeadlineSeconds")
    if not given.present and container.workload.resource.api_version == "extensions/v1beta1":
        raise NotApplicable("Deployments of extensions/v1beta1 have no deadline by default")
    deadline = given.number(_DEFAULT_DEADLINE)
    allowed = startup.initial_delay + startup.window
    if allowed > deadline:
        yield Problem(
            startup.node,
            f"startupProbe allows {allowed:g} s, but the rollout counts as failed after"
            f" {deadline:g} s without progress",
            ((given, "the deadline" if given.present else "no deadline is given, so 600 s"),),
        )
