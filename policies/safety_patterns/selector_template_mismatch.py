"""A controller must select the pods that it makes, or the API refuses it."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    SERVING,
    Inventory,
    Node,
    NotApplicable,
    Problem,
    UnknownValue,
    Workload,
    label_selector,
    rule,
)

# There a selector that is left out is taken from the labels of the template.
_DEFAULTED = ("extensions/v1beta1", "apps/v1beta1", "v1", "apps.openshift.io/v1")
# A map of labels instead of a selector with operators.
_PLAIN = ("ReplicationController", "apps.openshift.io/DeploymentConfig")
_WORDS = {
    "In": "{0}={1}",
    "NotIn": "{0} other than {1}",
    "Exists": "a label {0}",
    "DoesNotExist": "no label {0}",
}


@rule(
    id="SAF028",
    title="selector does not match the labels of the pod template",
    group="availability",
    kinds=SERVING,
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector",
        "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-selector",
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/",
    ],
    aliases=[
        "kube-linter:mismatching-selector",
        "kube-score:deployment-pod-selector-labels-match-template-metadata-labels",
        "kube-score:statefulset-pod-selector-labels-match-template-metadata-labels",
    ],
)
def selector_template_mismatch(workload: Workload, inventory: Inventory) -> Iterator[Problem]:
    selector = workload.get("spec", "selector")
    plain = workload.kind in _PLAIN
    parts = _parts(selector, plain=plain)
    whole = Node({"matchLabels": selector.value}, (), selector.origin) if plain else selector
    asked = label_selector(whole)
    if asked is None or not asked.requirements:
        if workload.resource.api_version in _DEFAULTED and (plain or not selector.present):
            raise NotApplicable("it takes its selector from the labels of the template")
        yield _without_selector(workload, selector, inventory)
        return
    labels = workload.labels
    for requirement, part in zip(asked.requirements, parts, strict=True):
        if not requirement.holds(labels):
            _refuse_part(workload)
            values = " or ".join(sorted(requirement.values))
            wanted = _WORDS[requirement.operator].format(requirement.key, values)
            own = f"'{labels[requirement.key]}'" if requirement.key in labels else "no such label"
            yield Problem(
                part,
                f"selector wants {wanted}, but the pods have {own}: the object is rejected",
                ((workload.template.get("metadata", "labels"), "the labels of its pods"),),
            )


def _parts(selector: Node, *, plain: bool) -> list[Node]:
    """The conditions in the order in which a selector lists them."""
    pairs = selector if plain else selector.get("matchLabels")
    expressions = () if plain else selector.get("matchExpressions").items()
    return [*(node for _, node in pairs.entries()), *expressions]


def _without_selector(workload: Workload, selector: Node, inventory: Inventory) -> Problem:
    # ``commonLabels`` of a kustomization write selectors and labels both, so a file without
    # either may be right.
    if inventory.unread(near=workload.resource.path) is not None or not workload.labels:
        raise UnknownValue("it has no selector, which a kustomization may add")
    _refuse_part(workload)
    told = "empty" if selector.present else "missing"
    return Problem(selector, f"spec.selector is {told}: the object is rejected")


def _refuse_part(workload: Workload) -> None:
    images = [container.get("image") for container in workload.app_containers]
    if not any(not image.known or image.present for image in images):
        raise UnknownValue("no container names an image: it is a part of a manifest")
