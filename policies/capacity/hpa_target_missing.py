"""An autoscaler must point at something that exists and can be scaled."""

from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    SCALABLE,
    Inventory,
    NotApplicable,
    Problem,
    Resource,
    Scaler,
    UnknownValue,
    rule,
    same_namespace,
    scaler_made_by,
)

# They run pods and have no scale subresource.
UNSCALABLE = frozenset({"CronJob", "DaemonSet", "Job", "Pod"})
# What installs objects that the scan does not hold.
INSTALLERS = (
    "argoproj.io/Application",
    "argoproj.io/ApplicationSet",
    "helm.cattle.io/HelmChart",
    "helm.toolkit.fluxcd.io/HelmRelease",
    "helm_release",
)
_APPS = frozenset({"Deployment", "ReplicaSet", "StatefulSet"})


def _by_kind_and_name(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in inventory.of_kind(*sorted(SCALABLE)):
        found[resource.kind, resource.name].append(resource)
    return found


def _folders(inventory: Inventory) -> set[tuple[str, str]]:
    """Namespaces with workloads, and where: the folder of each and all folders above it."""
    found: set[tuple[str, str]] = set()
    for resource in inventory.of_kind(*sorted(SCALABLE)):
        namespace, folder = same_namespace(resource.namespace), resource.path
        while (namespace, folder) not in found:
            folder = folder.rpartition("/")[0]
            found.add((namespace, folder))
            if not folder:
                break
    return found


def _custom_names(inventory: Inventory) -> dict[tuple[str, str], Resource]:
    return {
        (same_namespace(resource.namespace), resource.name): resource
        for resource in inventory.resources
        if resource.source == "kubernetes" and "/" in resource.kind
    }


def _maker(inventory: Inventory, scaler: Scaler) -> Resource | None:
    """A custom resource whose name the target's begins with: its controller may make it."""
    customs = inventory.index(_custom_names)
    namespace = same_namespace(scaler.resource.namespace)
    words = scaler.target_name.split("-")
    for length in range(len(words), 0, -1):
        found = customs.get((namespace, "-".join(words[:length])))
        if found is not None and found is not scaler.resource:
            return found
    return None


def _doubts(inventory: Inventory, scaler: Scaler) -> Iterator[str]:
    """Reasons why the target may exist although the scan does not hold it."""
    autoscaler = scaler.resource
    unread = inventory.unread()
    if unread is not None:
        yield f"the target may stand in what was not read: {unread}"
    for installer in inventory.of_kind(*INSTALLERS):
        yield f"{installer.address} may install the target"
    maker = _maker(inventory, scaler)
    if maker is not None:
        yield f"the controller of {maker.address} may make the target"
    # Without a namespace, only neighbours can tell that this is where the target should be.
    namespace = same_namespace(autoscaler.namespace)
    folder = "" if namespace else autoscaler.path.rpartition("/")[0]
    if (namespace, folder) not in inventory.index(_folders):
        where = f"of namespace '{namespace}'" if namespace else "beside it"
        yield f"the scan holds no workload {where}"


@rule(
    id="CAP003",
    title="autoscaler points at nothing that can be scaled",
    group="scaling",
    kinds=["HorizontalPodAutoscaler", "keda.sh/ScaledObject"],
    references=[
        "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/",
        "https://keda.sh/docs/latest/reference/scaledobject-spec/#scaletargetref",
    ],
    aliases=[
        "kube-linter:dangling-horizontalpodautoscaler",
        "kube-score:horizontalpodautoscaler-has-target",
    ],
)
def hpa_target_missing(autoscaler: Resource, inventory: Inventory) -> Iterator[Problem]:
    scaler = scaler_made_by(inventory, autoscaler)
    target, kind = scaler.target, scaler.target_kind
    if not target.get("name").present:
        yield Problem(target, "scaleTargetRef names no target")
        return
    if kind in UNSCALABLE:
        yield Problem(target.get("kind"), f"a {kind} cannot be scaled")
        return
    if kind not in SCALABLE:
        raise NotApplicable(f"whether a '{kind}' exists is for its own controller to say")
    if kind in _APPS and "/" not in target.get("apiVersion").text("apps/v1" if scaler.keda else ""):
        yield Problem(
            target.get("apiVersion"), f"apiVersion names no group, and a {kind} is in 'apps'"
        )
        return
    if inventory.named(kind, autoscaler.namespace, scaler.target_name) is not None:
        return
    name = target.get("name").text()
    yield from _missing(scaler, name, inventory)


def _missing(scaler: Scaler, name: str, inventory: Inventory) -> Iterator[Problem]:
    namespace = scaler.resource.namespace
    namesakes = inventory.index(_by_kind_and_name).get((scaler.target_kind, name), [])
    for namesake in namesakes:
        if not (namespace and namesake.namespace):
            raise UnknownValue(f"only one of it and {namesake.address} names its namespace")
    for doubt in _doubts(inventory, scaler):
        raise UnknownValue(doubt)
    where = f" in namespace '{namespace}'" if namespace else ""
    yield Problem(
        scaler.target.get("name"),
        f"there is no {scaler.target_kind.rpartition('/')[2]} '{name}'{where}",
        tuple((r.get("metadata", "namespace"), "it is in this one") for r in namesakes[:3]),
    )
