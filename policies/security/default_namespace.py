"""The namespace ``default`` is everybody's: no quota, role or policy there is for one team."""

from collections.abc import Iterator

from prodready_infra.sdk import WORKLOAD_KINDS, Node, NotApplicable, Problem, Resource, rule

_KINDS = WORKLOAD_KINDS | {
    "ConfigMap",
    "Ingress",
    "PersistentVolumeClaim",
    "Role",
    "RoleBinding",
    "Secret",
    "Service",
    "ServiceAccount",
}


@rule(
    id="SEC032",
    title="object is put into the namespace default",
    group="disputed",
    kinds=_KINDS,
    references=[
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/",
    ],
    aliases=[
        "checkov:CKV_K8S_21",
        "kube-linter:use-namespace",
        "trivy:KSV-0110",
    ],
)
def default_namespace(resource: Resource) -> Iterator[Problem]:
    namespace = resource.get("metadata", "namespace")
    if not namespace.present:
        raise NotApplicable("it names no namespace: whoever applies it chooses one")
    if namespace.text() == "default":
        if _is_of_release(namespace, resource):
            raise NotApplicable("the release of its chart chooses the namespace")
        kind = resource.kind.rpartition("/")[2]
        yield Problem(namespace, f"{kind} '{resource.name}' is put into the namespace 'default'")


def _is_of_release(namespace: Node, resource: Resource) -> bool:
    """Whether a chart made it: such an object stands elsewhere than in the file of its release.

    Helm calls the namespace ``default`` when nobody says another one. An object of an overlay
    stands elsewhere too, but there somebody has written the name.
    """
    place = namespace.origin.locate(namespace.path)
    overlay = resource.path.rpartition("/")[2].startswith(("kustomization.", "Kustomization"))
    return place.path != resource.path and not overlay
