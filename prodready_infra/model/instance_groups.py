"""Groups of instances of AWS, Google Cloud and Azure: who sends them traffic, what runs on them."""

from prodready_infra.model.inventory import Inventory
from prodready_infra.model.node import Node, Unknown
from prodready_infra.model.resource import Resource

AWS_GROUP = "aws_autoscaling_group"
GOOGLE_GROUPS = (
    "google_compute_instance_group_manager",
    "google_compute_region_instance_group_manager",
)
AZURE_SCALE_SETS = (
    "azurerm_linux_virtual_machine_scale_set",
    "azurerm_orchestrated_virtual_machine_scale_set",
    "azurerm_windows_virtual_machine_scale_set",
)
# What changes the size of those of Google and of Azure.
GOOGLE_SCALERS = ("google_compute_autoscaler", "google_compute_region_autoscaler")
AZURE_SCALER = "azurerm_monitor_autoscale_setting"
GOOGLE_BACKENDS = ("google_compute_backend_service", "google_compute_region_backend_service")
_ATTACHMENTS = ("aws_autoscaling_attachment", "aws_autoscaling_traffic_source_attachment")
# Port names are what a load balancer of Google addresses the instances by.
_TOLD = {
    AWS_GROUP: ("target_group_arns", "load_balancers", "traffic_source"),
    **dict.fromkeys(GOOGLE_GROUPS, ("named_port", "target_pools")),
}
_POOLS = ("load_balancer_backend_address_pool_ids", "application_gateway_backend_address_pool_ids")
# https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md
_KUBERNETES_TAGS = ("k8s.io/cluster", "kubernetes.io/cluster/")
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/asg-capacity-providers.html
_ECS_TAG = "AmazonECSManaged"


def takes_traffic(group: Resource, inventory: Inventory) -> bool:
    """Whether a load balancer sends requests to a group.

    Raises :class:`UnknownValue` where it is given targets that are neither known nor of this scan.
    """
    if group.kind in AZURE_SCALE_SETS:
        return any(_is_in_pool(card) for card in group.get("network_interface").items())
    if inventory.referrers(group, *_ATTACHMENTS, *GOOGLE_BACKENDS):
        return True
    name = group.get("name").identity()
    if group.kind == AWS_GROUP and name and name in inventory.index(_attached_by_name):
        return True
    return any(_is_told(group, attribute, inventory) for attribute in _TOLD.get(group.kind, ()))


def runs_kubernetes(group: Resource) -> bool:
    """Whether a group of AWS is made of nodes of a Kubernetes cluster, by its tags."""
    return _is_tagged(group, *_KUBERNETES_TAGS)


def runs_containers(group: Resource) -> bool:
    """Whether a group of AWS is made of nodes of a cluster of Kubernetes or ECS, by its tags."""
    return _is_tagged(group, *_KUBERNETES_TAGS, _ECS_TAG)


def _is_tagged(group: Resource, *keys: str) -> bool:
    return any(tag.get("key").text().startswith(keys) for tag in group.get("tag").items())


def _is_told(group: Resource, attribute: str, inventory: Inventory) -> bool:
    value = group.get(attribute).value
    # The ARNs of targets that are still to be made are not known, but some; where an input without
    # value decides, there may be none.
    open_input = isinstance(value, Unknown) and value.text.startswith("var.")
    if isinstance(value, Unknown) and not open_input and inventory.references(group, at=attribute):
        return True
    return any(True for _ in group.get(attribute).items())


def _is_in_pool(card: Node) -> bool:
    return any(
        True
        for address in card.get("ip_configuration").items()
        for name in _POOLS
        for _ in address.get(name).items()
    )


def _attached_by_name(inventory: Inventory) -> set[str]:
    attachments = inventory.of_kind(*_ATTACHMENTS)
    return {attachment.get("autoscaling_group_name").identity() for attachment in attachments}
