"""What AWS Backup copies is kept for long enough to be missed in time."""

from collections.abc import Iterator

from prodready_infra.sdk import Node, NotApplicable, Problem, Resource, UnknownValue, rule


@rule(
    id="DAT025",
    title="backup plan deletes all its copies after too few days",
    group="resilience",
    kinds=["aws_backup_plan"],
    references=[
        "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_Lifecycle.html",
        "https://docs.aws.amazon.com/aws-backup/latest/devguide/plan-options-and-configuration.html",
    ],
)
def backup_plan_retention(plan: Resource, *, days: int = 7) -> Iterator[Problem]:
    longest: Node | None = None
    unknown: UnknownValue | None = None
    for ends in _ends(plan):
        try:
            kept = _kept(ends)
        except UnknownValue as reason:  # another rule of the plan may keep its copies long enough
            unknown = unknown or reason
            continue
        if kept >= days:
            return
        if longest is None or kept > longest.number():
            longest = ends
    if unknown is not None:
        raise unknown
    if longest is None:
        raise NotApplicable("the plan has no rule")
    kept = longest.number()
    yield Problem(longest, f"the longest copy is kept for {kept:g} days, less than {days}")


def _ends(plan: Resource) -> Iterator[Node]:
    """After how many days each copy goes: those that the rules make, and the copies of these."""
    for made in plan.get("rule").items():
        yield made.get("lifecycle", 0, "delete_after")
        for copied in made.get("copy_action").items():
            yield copied.get("lifecycle", 0, "delete_after")


def _kept(ends: Node) -> float:
    """Without an end it stays for ever; the provider leaves out a zero."""
    return ends.number() or float("inf")
