"""Without old revisions there is nothing to roll back to."""

from collections.abc import Iterator

from prodready_infra.sdk import Problem, Workload, rule


@rule(
    id="SAF007",
    title="no old revision is kept to roll back to",
    group="rollback",
    kinds=["Deployment", "StatefulSet", "DaemonSet", "argoproj.io/Rollout"],
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#clean-up-policy",
        "https://argo-rollouts.readthedocs.io/en/stable/features/specification/",
    ],
)
def no_rollback_history(workload: Workload) -> Iterator[Problem]:
    kept = workload.get("spec", "revisionHistoryLimit")
    # Absent is 10, for the built-in kinds and for a Rollout.
    if kept.number(10) == 0:
        yield Problem(
            kept, "revisionHistoryLimit is 0: a bad release cannot be undone from the cluster"
        )
