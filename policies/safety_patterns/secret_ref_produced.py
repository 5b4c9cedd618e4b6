"""A Secret that an operator makes must have the key that the pods read, where they read it."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    NotApplicable,
    Problem,
    UnknownValue,
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
    doubts: list[UnknownValue] = []
    asked = False
    for use in configuration_of(workload):
        if use.kind != "Secret" or use.optional:
            continue
        producers = producers_of(inventory, "Secret", workload.namespace, use.name)
        made = any(producer.resource.kind != "Secret" for producer in producers)
        try:
            flaws = list(flaws_of(inventory, [use]))
        except UnknownValue as doubt:
            # Of one that nothing makes, env-ref-missing and volume-ref-missing say so.
            doubts += [doubt] if made else []
            flaws = []
        # As of those that stand in a manifest.
        flaws = [flaw for flaw in flaws if flaw.maker.kind != "Secret"]
        asked = asked or made or bool(flaws)
        for flaw in flaws:
            yield Problem(flaw.node, flaw.message, flaw.related)
    if doubts:
        raise doubts[0]
    if not asked:
        raise NotApplicable("no operator makes a Secret that its pods need")
