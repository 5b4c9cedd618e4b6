"""What is declared must also be carried out: a pause is for a person at work, not for a file."""

from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, UnknownValue, rule

# The field that stops each kind, and what no longer happens.
_STOPPED = {
    "Deployment": ("paused", "changes to its pods are stored and never rolled out"),
    "argoproj.io/Rollout": ("paused", "changes to its pods are stored and never rolled out"),
    "CronJob": ("suspend", "it never starts a Job"),
    "flagger.app/Canary": ("suspend", "new versions are not analysed and not promoted"),
}
# Days that no month has: such a CronJob only is a form that people start Jobs from by hand.
_NO_DAYS = {("30", "2"), ("31", "2"), ("31", "4"), ("31", "6"), ("31", "9"), ("31", "11")}
_MONTHS = {"feb": "2", "apr": "4", "jun": "6", "sep": "9", "nov": "11"}
_PATCHING = {"components", "patches", "patchesJson6902", "patchesStrategicMerge", "replacements"}


@rule(
    id="SAF025",
    title="rollout or schedule is paused in its manifest",
    group="advice",
    kinds=_STOPPED,
    references=[
        "https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pausing-and-resuming-a-deployment",
        "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-suspension",
        "https://argo-rollouts.readthedocs.io/en/stable/features/specification/",
    ],
)
def rollout_paused(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    field, effect = _STOPPED[resource.kind]
    stopped = resource.get("spec", field)
    if not stopped.flag():
        return
    if resource.kind == "CronJob":
        if _never_due(resource.get("spec", "schedule").text()):
            raise NotApplicable("its schedule names a day that never comes: it is started by hand")
        _refuse_patched(resource, inventory)
    yield Problem(stopped, f"{field} is true: {effect}")


def _never_due(schedule: str) -> bool:
    fields = schedule.lower().split()
    if len(fields) != 5:
        return False
    day, month = (field.lstrip("0") for field in fields[2:4])
    # Day of month and day of week are alternatives as soon as both are restricted.
    return fields[4] == "*" and (day, _MONTHS.get(month, month)) in _NO_DAYS


def _refuse_patched(resource: Resource, inventory: Inventory) -> None:
    """A base may be suspended so that each environment that wants it switches it on."""
    for gap in inventory.gaps:
        if gap.changes & _PATCHING and gap.near(resource.path):
            raise UnknownValue(f"it is suspended here; {gap}")
