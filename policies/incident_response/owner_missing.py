"""Whoever is woken by a broken workload must be able to read from it whose it is."""

from collections.abc import Iterator

from prodready_infra.sdk import SERVING, Inventory, Node, NotApplicable, Problem, Workload, rule

_OWNERS = "owner,owned-by,team,squad,contact,maintainer"


@rule(
    id="INC003",
    title="workload does not say who owns it",
    group="disputed",
    kinds=SERVING | {"CronJob", "serving.knative.dev/Service"},
    references=[
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/",
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/",
    ],
    aliases=["kube-linter:required-label-owner"],
)
def owner_missing(
    workload: Workload, inventory: Inventory, *, labels: str = _OWNERS
) -> Iterator[Problem]:
    wanted = [word.strip().lower() for word in labels.split(",") if word.strip()]
    if not wanted:
        raise NotApplicable("the option 'labels' names no label")
    namespace = inventory.named("Namespace", "", workload.namespace, workload.resource.path)
    places = [workload.get("metadata"), workload.template.get("metadata")]
    if namespace is not None and workload.namespace:
        places.append(namespace.get("metadata"))
    if any(_names_one(place, wanted) for place in places):
        return
    yield Problem(
        workload.get("metadata", "name"),
        f"no label or annotation of '{workload.name}' names its owner, such as '{wanted[0]}'",
    )


def _names_one(metadata: Node, wanted: list[str]) -> bool:
    """Whether a key with a value is asked for: as it is, or by its part after the prefix."""
    found = [*metadata.get("labels").entries(), *metadata.get("annotations").entries()]
    return any(value.text().strip() for key, value in found if _is_asked_for(key, wanted))


def _is_asked_for(key: str, wanted: list[str]) -> bool:
    return key.lower() in wanted or key.lower().rpartition("/")[2] in wanted
