"""What others use is replaced by making the new one first."""

from collections.abc import Iterator

from prodready_infra.sdk import Inventory, NotApplicable, Problem, Resource, rule

# What cannot be deleted while something uses it, and is replaced when it changes.
_IN_USE = {
    "aws_acm_certificate": "a listener",
    "aws_api_gateway_deployment": "a stage",
    "aws_launch_configuration": "an autoscaling group",
    "google_compute_instance_template": "an instance group",
    "google_compute_region_instance_template": "an instance group",
    "google_compute_region_ssl_certificate": "a proxy",
    "google_compute_ssl_certificate": "a proxy",
}


@rule(
    id="SAF088",
    title="what is in use would be deleted before its replacement exists",
    group="weakness",
    kinds=_IN_USE,
    references=[
        "https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle",
        "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/acm_certificate",
        "https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/compute_instance_template",
    ],
    aliases=[
        "checkov:CKV_AWS_217",
        "checkov:CKV_AWS_233",
    ],
)
def create_before_destroy(resource: Resource, inventory: Inventory) -> Iterator[Problem]:
    first = resource.get("lifecycle", 0, "create_before_destroy")
    if first.flag() or _users_are_made_first(resource, inventory):
        return
    if resource.get("certificate_body").present:
        raise NotApplicable("it is an imported certificate, which is renewed in place")
    if resource.kind == "aws_api_gateway_deployment" and not _is_replaced(resource):
        raise NotApplicable("it has no triggers: nothing makes Terraform replace it")
    if not resource.kind.startswith("aws_") and resource.get("name").present:
        raise NotApplicable("it has a fixed name: two of it cannot exist at once")
    state = "false" if first.present else "not set"
    user = _IN_USE[resource.kind]
    yield Problem(
        first, f"create_before_destroy is {state}: a replacement fails while {user} uses it"
    )


def _is_replaced(deployment: Resource) -> bool:
    causes = [deployment.get(name) for name in ("triggers", "variables", "stage_description")]
    causes.append(deployment.get("lifecycle", 0, "replace_triggered_by"))
    return any(not cause.known or cause.present for cause in causes)


def _users_are_made_first(resource: Resource, inventory: Inventory) -> bool:
    """Terraform makes first also what one that is made first depends on, however far away."""
    waiting, seen = [resource], {resource.address}
    while waiting:
        for user in inventory.referrers(waiting.pop()):
            if user.get("lifecycle", 0, "create_before_destroy").flag():
                return True
            if user.address not in seen:
                seen.add(user.address)
                waiting.append(user)
    return False
