"""There is time to notice that a key is going to be deleted."""

from collections.abc import Iterator

from prodready_infra.sdk import Problem, Resource, rule, setting


@rule(
    id="DAT027",
    title="deletion of a key leaves little time to notice",
    group="advice",
    kinds=["aws_kms_key", "aws_kms_external_key"],
    references=[
        "https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html",
    ],
)
def kms_deletion_window(key: Resource, *, days: int = 14) -> Iterator[Problem]:
    window = setting(key, "deletion_window_in_days")
    if window.number() < days:
        yield Problem(window, f"deletion_window_in_days is {window.number():g}, less than {days}")
