"""One declared or running thing, whatever format it was read from."""

import re
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

_KEY = r'\[(?:\d+|"(?:[^"\\]|\\.)*"|\*)\]'
_INSTANCE_KEY, _ANY_KEY = re.compile(f"{_KEY}$"), re.compile(_KEY)


def kubernetes_kind(api_version: str, kind: str) -> str:
    """The name rules know a kind by: ``Deployment``, but ``velero.io/Schedule``."""
    group = api_version.rpartition("/")[0]
    return kind if group in BUILTIN_GROUPS else f"{group}/{kind}"


def unkeyed(address: str) -> str:
    """A Terraform address without the key of its instance: what references name."""
    return _INSTANCE_KEY.sub("", address)


@dataclass(frozen=True, slots=True)
class Reference:
    """An expression of one resource that names another.

    ``target`` is an address without the key of an instance. The path of ``node`` is that of the
    attribute, of blocks without their numbers: ``("load_balancer", "target_group_arn")``.
    """

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
    def unkeyed(self) -> str:
        """Its Terraform address without the key of its instance: what references name."""
        return unkeyed(self.address)

    @property
    def key(self) -> str:
        """The key of its instance with the brackets; ``[*]`` where the number is not known."""
        return self.address[len(self.unkeyed) :]

    @property
    def block(self) -> tuple[str, str]:
        """The block that makes it, one for all instances of it and of the modules it is in."""
        return self.scope, _ANY_KEY.sub("", self.address)

    @property
    def folder(self) -> str:
        """The folder of the file that declares it."""
        return self.path.rpartition("/")[0]

    def named_at(self, *attributes: str) -> list[str]:
        """The addresses that the expressions of attributes name, each once, as they stand.

        An attribute of a block is written with dots: ``load_balancer.target_group_arn``.
        """
        paths = [tuple(attribute.split(".")) for attribute in attributes]
        return list(
            dict.fromkeys(
                reference.target
                for reference in self.references
                if any(reference.node.path[: len(path)] == path for path in paths)
            )
        )

    def names(self, other: "Resource", *attributes: str) -> bool:
        """Whether an expression of one of its attributes names the other resource."""
        return self.scope == other.scope and other.unkeyed in self.named_at(*attributes)

    def surely_beside(self, other: "Resource") -> bool:
        """Whether it is made wherever the other one is: of an unknown number there may be none."""
        return "[*]" not in self.address or "[*]" in other.address

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


def same_instances(resource: Resource, found: list[Resource]) -> list[Resource]:
    """Of what is made for the same keys as the resource, that of its own key; else all."""
    same = [other for other in found if resource.key and other.address.endswith(resource.key)]
    return same or found


def text_map(node: Node) -> dict[str, str]:
    """A mapping of strings; raises when it or one of its values is unknown."""
    return {key: value.text() for key, value in node.entries()}


def _known_texts(node: Node) -> Iterator[tuple[str, str]]:
    if type(node.value) is dict:
        for key, value in node.value.items():
            if isinstance(value, str | int | float):
                yield key, str(value)
