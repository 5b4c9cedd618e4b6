"""A variable should be set once: of two values the last one wins, and apply may lose both."""

from collections.abc import Iterator

from prodready_infra.sdk import Container, EnvVar, NotApplicable, Problem, UnknownValue, rule


@rule(
    id="SAF045",
    title="environment variable is set twice in one container",
    group="reproducibility",
    roles=("app", "init", "sidecar"),
    references=[
        "https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/",
        "https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy",
    ],
    aliases=[
        "kube-linter:duplicate-env-var",
        "kube-score:environment-variable-key-duplication",
    ],
)
def duplicate_env(container: Container) -> Iterator[Problem]:
    variables = [*container.env]
    if not variables:
        raise NotApplicable("the container sets no variable")
    named = [variable for variable in variables if variable.node.get("name").known]
    latest: dict[str, int] = {}
    for index, variable in enumerate(named):
        name = variable.name
        earlier = latest.get(name)
        latest[name] = index
        if earlier is None or _used(name, named[earlier + 1 : index + 1]):
            continue
        first = named[earlier]
        if not _same(first, variable):
            yield Problem(
                variable.node,
                f"environment variable '{name}' is set a second time, and hides the first value",
                ((first.node, "the value that is hidden"),),
            )
    if len(named) < len(variables) and len(variables) > 1:
        raise UnknownValue("the name of a variable is not known")


def _same(first: EnvVar, second: EnvVar) -> bool:
    """Whether both give one value; raises when that is not known."""
    given = [
        (variable.value.text(), variable.node.get("valueFrom").value)
        for variable in (first, second)
    ]
    return given[0] == given[1]


def _used(name: str, following: list[EnvVar]) -> bool:
    """Whether the earlier value is used: ``$(NAME)`` stands for what was set up to there.

    https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
    """
    return any(f"$({name})" in variable.value.text() for variable in following)
