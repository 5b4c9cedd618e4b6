"""Whoever wants it so: secrets reach a container as files, not as environment variables."""

from collections.abc import Iterator

from prodready_infra.sdk import Container, NotApplicable, Problem, rule


@rule(
    id="SEC023",
    title="secret is handed to a container as an environment variable",
    group="disputed",
    roles=("app", "init", "sidecar"),
    references=[
        "https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
        "https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod",
    ],
    aliases=["checkov:CKV_K8S_35", "kube-linter:read-secret-from-env-var"],
)
def secret_ref_as_env(container: Container) -> Iterator[Problem]:
    variables = [*container.env]
    sources = [*container.get("envFrom").items()]
    if not variables and not sources:
        raise NotApplicable("the container sets no variable")
    for variable in variables:
        reference = variable.node.get("valueFrom", "secretKeyRef")
        if reference.present:
            name = variable.node.get("name").identity()
            of = reference.get("name").identity()
            yield Problem(reference, f"environment variable '{name}' is read from Secret '{of}'")
    for source in sources:
        reference = source.get("secretRef")
        if reference.present:
            of = reference.get("name").identity()
            yield Problem(reference, f"every key of Secret '{of}' becomes an environment variable")
