"""A sealed secret should open in the one place that it was sealed for."""

from collections.abc import Iterator

from prodready_infra.sdk import Node, Problem, Resource, rule

_PREFIX = "sealedsecrets.bitnami.com/"
_SCOPES = {
    "cluster-wide": "every namespace can copy and open it",
    "namespace-wide": "anything in the namespace can open it under another name",
}


@rule(
    id="SEC026",
    title="sealed secret can be opened outside of its own name and namespace",
    group="advice",
    kinds=["bitnami.com/SealedSecret"],
    references=["https://github.com/bitnami-labs/sealed-secrets#scopes"],
)
def sealed_secret_scope(resource: Resource) -> Iterator[Problem]:
    annotations = (
        resource.get("metadata", "annotations"),
        resource.get("spec", "template", "metadata", "annotations"),
    )
    for scope, meaning in _SCOPES.items():
        for node in annotations:
            if _set(node.get(_PREFIX + scope)):
                yield Problem(node.get(_PREFIX + scope), f"its scope is {scope}: {meaning}")
                return


def _set(annotation: Node) -> bool:
    return annotation.text() == "true"
