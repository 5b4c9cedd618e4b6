"""A class that turns encryption off leaves data readable in every copy of its disks."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    rule,
)

_EBS = frozenset(("ebs.csi.aws.com", "kubernetes.io/aws-ebs"))
# Google and Azure encrypt every disk and share at rest, and nothing turns that off:
# https://cloud.google.com/docs/security/encryption/default-encryption
# https://learn.microsoft.com/en-us/azure/virtual-machines/disk-encryption
_ALWAYS_ENCRYPTED = frozenset(
    (
        "disk.csi.azure.com",
        "file.csi.azure.com",
        "filestore.csi.storage.gke.io",
        "kubernetes.io/azure-disk",
        "kubernetes.io/azure-file",
        "kubernetes.io/gce-pd",
        "pd.csi.storage.gke.io",
    )
)


@rule(
    id="SEC035",
    title="StorageClass makes volumes that are not encrypted",
    group="hardening",
    kinds=["StorageClass"],
    references=[
        "https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md",
        "https://docs.aws.amazon.com/ebs/latest/userguide/encryption-by-default.html",
    ],
    aliases=["kubescape:C-0264"],
)
def pv_unencrypted(storage: Resource, inventory: Inventory) -> Iterator[Problem]:
    provisioner = storage.get("provisioner").text()
    if provisioner in _ALWAYS_ENCRYPTED:
        return
    if provisioner not in _EBS:
        raise NotApplicable("its parameters are not what decides about encryption")
    encrypted = _encrypted(storage)
    if encrypted.known and encrypted.flag():
        return
    # https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/ebs_encryption_by_default
    for default in inventory.of_kind("aws_ebs_encryption_by_default"):
        if default.get("enabled").flag(default=True):
            return
    if not encrypted.present:
        raise UnknownValue(
            "it leaves encryption to the default of the AWS account, which is not known"
        )
    if not encrypted.flag():
        yield Problem(
            encrypted, "encrypted is false: volumes and their snapshots are stored in clear"
        )


def _encrypted(storage: Resource) -> Node:
    """The parameter; both provisioners ignore the case of its name."""
    found = (
        node for key, node in storage.get("parameters").entries() if key.lower() == "encrypted"
    )
    return next(found, storage.get("parameters", "encrypted"))
