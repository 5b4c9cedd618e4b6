"""Where a backup tool goes by annotations, a volume without one is quietly left out."""

from collections.abc import Iterator

from prodready_infra.sdk import NotApplicable, Problem, Resource, rule


@rule(
    id="DAT011",
    title="volume of a StatefulSet lacks the annotation that backups go by",
    group="disputed",
    kinds=["StatefulSet", "apps.kruise.io/StatefulSet"],
    references=[
        "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/stateful-set-v1/",
        "https://docs.k8up.io/",
    ],
)
def sts_volume_annotation(
    workload: Resource, *, annotations: str = "k8up.io/backup"
) -> Iterator[Problem]:
    """``annotations`` lists keys, of which each template must have one, whatever its value."""
    wanted = [key.strip() for key in annotations.split(",") if key.strip()]
    if not wanted:
        raise NotApplicable("the option annotations names none")
    templates = list(workload.get("spec", "volumeClaimTemplates").items())
    if not templates:
        raise NotApplicable("it has no volumes of its own")
    for template in templates:
        present = {key for key, _ in template.get("metadata", "annotations").entries()}
        if present.isdisjoint(wanted):
            name = template.get("metadata", "name").identity()
            yield Problem(
                template.get("metadata", "annotations"),
                f"claims of '{name}' are made without the annotation {' or '.join(wanted)}",
            )
