"""A backup plan copies its backups to another vault."""

from collections.abc import Iterator

from prodready_infra.sdk import Problem, Resource, rule


@rule(
    id="DAT032",
    title="backup plan leaves its backups in one vault",
    group="disputed",
    kinds=["aws_backup_plan"],
    references=[
        "https://docs.aws.amazon.com/aws-backup/latest/devguide/cross-region-backup.html",
    ],
)
def backup_plan_cross_region_copy(plan: Resource) -> Iterator[Problem]:
    rules = plan.get("rule")
    # Whether the other vault is in another region, its ARN seldom tells before it is made.
    copies = [made.get("copy_action").present for made in rules.items()]
    if not any(copies):
        yield Problem(rules, "no rule of the plan has a copy_action")
