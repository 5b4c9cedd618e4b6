"""A deleted secret can be restored for some days."""

from collections.abc import Iterator

from prodready_infra.sdk import Problem, Resource, rule


@rule(
    id="SAF086",
    title="deleted secret is gone at once",
    group="weakness",
    kinds=["aws_secretsmanager_secret"],
    references=[
        "https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html",
        "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/secretsmanager_secret",
    ],
)
def secret_recovery_window(secret: Resource) -> Iterator[Problem]:
    window = secret.get("recovery_window_in_days")
    if window.number(30) == 0:  # 30 by default; otherwise AWS takes 7 to 30
        yield Problem(window, "recovery_window_in_days is 0: a deleted secret cannot be restored")
