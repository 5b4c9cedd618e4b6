"""One owner for the number of replicas: the manifest or an autoscaler, not both."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    SCALABLE,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    Workload,
    rule,
    scaler_of,
)


@rule(
    id="CAP002",
    title="replicas are set by the manifest and by an autoscaler",
    group="scaling",
    kinds=SCALABLE,
    references=[
        "https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#migrating-deployments-and-statefulsets-to-horizontal-autoscaling",
        "https://keda.sh/docs/latest/concepts/scaling-deployments/",
    ],
    aliases=[
        "kube-score:deployment-targeted-by-hpa-does-not-have-replicas-configured",
    ],
)
def static_replicas_any_scaler(controller: Resource, inventory: Inventory) -> Iterator[Problem]:
    # Not a Workload: a Rollout that borrows its template has replicas, but no pods of its own.
    workload = Workload(controller)
    scaler = scaler_of(inventory, workload)
    if scaler is None:
        raise NotApplicable("no autoscaler of the scan owns it")
    replicas = controller.get("spec", "replicas")
    if not replicas.present:
        return
    if workload.replicas == scaler.floor() == scaler.ceiling():
        return
    name = "ScaledObject" if scaler.keda else "HorizontalPodAutoscaler"
    yield Problem(
        replicas,
        f"replicas is {workload.replicas}: each apply sets the autoscaler's number back to it",
        ((scaler.target, f"this {name} sets its replicas"),),
    )
