"""PersistentVolumeClaims that pods on several nodes cannot share.

https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes
"""

from prodready_infra.model.inventory import Inventory
from prodready_infra.model.workload import Workload

ONE_NODE = frozenset({"ReadWriteOnce", "ReadWriteOncePod"})


def exclusive_claim(workload: Workload, inventory: Inventory) -> str:
    """A claim of the scan that all pods mount, and one node only can; empty where none is."""
    for volume in workload.pod.get("volumes").items():
        name = volume.get("persistentVolumeClaim", "claimName")
        if not name.known or not name.present:
            continue
        claim = inventory.named(
            "PersistentVolumeClaim", workload.namespace, name.text(), workload.resource.path
        )
        modes = claim.get("spec", "accessModes") if claim else None
        if modes and {mode.text() for mode in modes.items()} <= ONE_NODE:
            return name.text()
    return ""
