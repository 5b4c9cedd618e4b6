"""A variable that comes from a key which nobody gives keeps the container from starting."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Workload,
    configuration_of,
    flaws_of,
    rule,
)


@rule(
    id="SAF058",
    title="environment comes from a ConfigMap or Secret that does not give it",
    group="availability",
    references=[
        "https://kubernetes.io/docs/tasks/configure-pod-container/configure-pod-configmap/",
        "https://kubernetes.io/docs/concepts/configuration/secret/",
    ],
    aliases=["kube-linter:env-value-from"],
)
def env_ref_missing(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    uses = [use for use in configuration_of(workload) if use.how in ("env", "envFrom")]
    if not any(not use.optional for use in uses):
        raise NotApplicable("no variable has to come from a ConfigMap or a Secret")
    for flaw in flaws_of(inventory, uses):
        # Of those that an operator makes, secret-ref-produced asks.
        if flaw.maker.kind in ("ConfigMap", "Secret"):
            yield Problem(flaw.node, flaw.message, flaw.related)
