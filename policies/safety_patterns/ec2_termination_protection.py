"""A virtual machine cannot be deleted by one wrong apply or click."""

from collections.abc import Iterator

from prodready_infra.sdk import NotApplicable, Problem, Resource, rule, setting

_SWITCH = {
    "aws_instance": "disable_api_termination",
    "google_compute_instance": "deletion_protection",
}


@rule(
    id="SAF085",
    title="virtual machine can be deleted by a single command",
    group="disputed",
    kinds=_SWITCH,
    references=[
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_ChangingDisableAPITermination.html",
        "https://cloud.google.com/compute/docs/instances/preventing-accidental-vm-deletion",
    ],
)
def ec2_termination_protection(machine: Resource) -> Iterator[Problem]:
    name = _SWITCH[machine.kind]
    protection = setting(machine, name)
    if protection.known and protection.flag():
        return
    scheduling = machine.get("scheduling", 0)
    spot = (
        machine.get("instance_market_options", 0, "market_type").text() == "spot"
        or scheduling.get("provisioning_model").text() == "SPOT"
    )
    if spot or scheduling.get("preemptible").flag():
        raise NotApplicable("it is a spot machine, which may be taken away at any time")
    if not protection.flag():
        state = "false" if machine.get(name).present else "not set"
        yield Problem(machine.get(name), f"{name} is {state}: one command deletes it")
