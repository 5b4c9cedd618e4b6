"""One declared or running thing, whatever format it was read from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from prodready_infra.model.node import Node

# Groups whose kinds are written without their group, as kubectl and everybody do. The list is
# that of the API reference of Kubernetes 1.34, and ``extensions``, gone since 1.22.
BUILTIN_GROUPS = frozenset(
    {
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "extensions",
        "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
    }
)


def kubernetes_kind(api_version: str, kind: str) -> str:
    """The name rules know a kind by: ``Deployment``, but ``velero.io/Schedule``."""
    group = api_version.rpartition("/")[0]
    return kind if group in BUILTIN_GROUPS else f"{group}/{kind}"


@dataclass(frozen=True, slots=True)
class Reference:
    """An expression of one resource that names another; ``target`` is an address."""

    node: Node
    target: str


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """A Kubernetes object, a Terraform resource instance, or a Terraform block.

    ``kind`` is the kind as rules name it: ``Deployment``, ``velero.io/Schedule``,
    ``aws_db_instance``, ``variable``, ``terraform``, ``module`` (a call whose module was not
    read). ``source`` is ``kubernetes`` or ``terraform``. ``node`` is the object or the body of
    the block. ``scope`` tells apart things that do not see each other: the directory of a
    Terraform root module.
    """

    kind: str
    name: str
    namespace: str
    address: str
    source: str
    node: Node
    scope: str = ""
    find_references: Callable[[], tuple[Reference, ...]] = field(default=tuple, repr=False)

    @property
    def references(self) -> tuple[Reference, ...]:
        """What its expressions name, through locals, variables and module outputs too."""
        return self.find_references()

    @property
    def path(self) -> str:
        """The file that declares it."""
        return self.node.origin.path

    @property
    def api_version(self) -> str:
        return self.node.get("apiVersion").text()

    @property
    def labels(self) -> dict[str, str]:
        """The labels of a Kubernetes object; raises when one is unknown."""
        return text_map(self.node.get("metadata", "labels"))

    @property
    def annotations(self) -> dict[str, str]:
        """The annotations of a Kubernetes object; unknown ones are left out."""
        return dict(_known_texts(self.node.get("metadata", "annotations")))

    def ignores_changes(self, *attributes: str) -> bool:
        """Whether Terraform leaves one of the attributes to whoever sets it outside."""
        ignored = self.get("lifecycle", 0, "ignore_changes")
        if ignored.known and ignored.value == "all":
            return True
        names = {name.text().partition(".")[0] for name in ignored.items()}
        return not names.isdisjoint(attributes)

    def get(self, *keys: str | int) -> Node:
        """The node at ``keys`` below the resource's root."""
        return self.node.get(*keys)


def text_map(node: Node) -> dict[str, str]:
    """A mapping of strings; raises when it or one of its values is unknown."""
    return {key: value.text() for key, value in node.entries()}


def _known_texts(node: Node) -> Iterator[tuple[str, str]]:
    if type(node.value) is dict:
        for key, value in node.value.items():
            if isinstance(value, str | int | float):
                yield key, str(value)
