"""A ScaledObject of a custom kind must point at one that exists."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    SCALABLE,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
    same_namespace,
    scaler_made_by,
)

# What installs objects that the scan does not hold.
INSTALLERS = (
    "argoproj.io/Application",
    "argoproj.io/ApplicationSet",
    "helm.cattle.io/HelmChart",
    "helm.toolkit.fluxcd.io/HelmRelease",
    "helm_release",
)
# That they cannot be scaled, or do not exist, is said by hpa-target-missing.
_BUILT_IN = SCALABLE | {"CronJob", "DaemonSet", "Job", "Pod"}
_APPS = "apps/v1"


def _customs(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    """Custom resources by what tells them apart: their kind and their name."""
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in inventory.resources:
        if resource.source == "kubernetes" and "/" in resource.kind:
            found[resource.kind, resource.name].append(resource)
    return found


def _places(inventory: Inventory) -> set[tuple[str, str, str]]:
    """Where there are custom resources of a kind: the namespace, or the folder without one."""
    return {
        (kind, same_namespace(resource.namespace), _folder(resource))
        for (kind, _), resources in inventory.index(_customs).items()
        for resource in resources
    }


def _folder(resource: Resource) -> str:
    return "" if resource.namespace else resource.path.rpartition("/")[0]


@rule(
    id="CAP019",
    title="ScaledObject points at a custom kind or object that is not there",
    group="scaling",
    kinds=["keda.sh/ScaledObject"],
    references=[
        "https://keda.sh/docs/latest/reference/scaledobject-spec/#scaletargetref",
        "https://keda.sh/docs/latest/concepts/scaling-deployments/#scaling-of-custom-resources",
    ],
)
def keda_target_missing(scaled: Resource, inventory: Inventory) -> Iterator[Problem]:
    scaler = scaler_made_by(inventory, scaled)
    target = scaler.target
    name, word = target.get("name").text(), target.get("kind").text("Deployment")
    version, kind = target.get("apiVersion").text(_APPS) or _APPS, scaler.target_kind
    if not name or kind in _BUILT_IN:
        raise NotApplicable("hpa-target-missing asks about targets of the built-in kinds")
    if version.rpartition("/")[0] == "apps":
        given = target.get("apiVersion").present
        yield Problem(
            target.get("apiVersion" if given else "kind"),
            f"{version}{'' if given else ', the default,'} has no kind '{word}' to scale",
        )
        return
    if inventory.named(kind, scaled.namespace, name) is not None:
        return
    if (kind, same_namespace(scaled.namespace), _folder(scaled)) not in inventory.index(_places):
        raise UnknownValue(f"the scan holds no {word} beside it")
    namesakes = inventory.index(_customs).get((kind, name), [])
    for namesake in namesakes:
        if not (scaled.namespace and namesake.namespace):
            raise UnknownValue(f"only one of it and {namesake.address} names its namespace")
    unread = inventory.unread()
    if unread is not None:
        raise UnknownValue(f"the target may stand in what was not read: {unread}")
    for installer in inventory.of_kind(*INSTALLERS):
        raise UnknownValue(f"{installer.address} may install the target")
    where = f" in namespace '{scaled.namespace}'" if scaled.namespace else ""
    yield Problem(
        target.get("name"),
        f"there is no {word} '{name}'{where}",
        tuple((r.get("metadata", "namespace"), "it is in this one") for r in namesakes[:3]),
    )
