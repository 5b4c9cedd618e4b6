"""A Secret that an operator makes must have the key that the pods read, where they read it."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    Workload,
    configuration_of,
    flaws_of,
    producers_of,
    rule,
)


@rule(
    id="SAF061",
    title="Secret is made without the key that the pods read, or elsewhere",
    group="availability",
    references=[
        "https://external-secrets.io/latest/api/externalsecret/",
        "https://cert-manager.io/docs/usage/certificate/",
        "https://kubernetes.io/docs/concepts/configuration/secret/",
    ],
)
def secret_ref_produced(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    uses = [use for use in configuration_of(workload) if use.kind == "Secret" and not use.optional]
    made = False
    for use in uses:
        producers = producers_of(inventory, "Secret", workload.namespace, use.name)
        made = made or any(producer.resource.kind != "Secret" for producer in producers)
    for flaw in flaws_of(inventory, uses):
        # Of Secrets that stand in a manifest, env-ref-missing and volume-ref-missing ask.
        if flaw.maker.kind != "Secret":
            made = True
            yield Problem(flaw.node, flaw.message, flaw.related)
    if not made:
        raise NotApplicable("no operator makes a Secret that its pods need")
