"""CPU and memory of the machines that nodes of Kubernetes clusters are made of.

Only families whose sizes are all of one ratio, or are listed here one by one; of any other machine
the size is not known. They are what the machine has, of which a node keeps a part for itself.

https://aws.amazon.com/ec2/instance-types/
https://learn.microsoft.com/en-us/azure/virtual-machines/sizes/overview
https://cloud.google.com/compute/docs/general-purpose-machines
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from prodready_infra.errors import UnknownValue

_GIB = 2**30


@dataclass(frozen=True, slots=True)
class NodeSize:
    """What a machine has: ``cpu`` in cores (vCPUs), ``memory`` in bytes."""

    machine: str
    cpu: float
    memory: float


# ---- Amazon: GiB of memory for each vCPU. Those with a local disk, faster network, or processors
# of AMD and Arm are of the ratio of their family. Bare metal is of all sizes, and left out.
_AMAZON_FAMILIES = {
    2: "c5 c5a c5ad c5d c6a c6g c6gd c6gn c6i c6id c6in c7a c7g c7gd c7gn c7i c7i-flex c8g",
    4: "g4dn g5 g6 m4 m5 m5a m5ad m5d m5dn m5n m5zn m6a m6g m6gd m6i m6id m6idn m6in m7a m7g m7gd"
    " m7i m7i-flex m8g",
    8: "i3en i4i r5 r5a r5ad r5b r5d r5dn r5n r6a r6g r6gd r6i r6id r6idn r6in r7a r7g r7gd r7i"
    " r7iz r8g",
}
_AMAZON = {family: gib for gib, all_ in _AMAZON_FAMILIES.items() for family in all_.split()}
_AMAZON_NAME = re.compile(r"([a-z0-9-]+)\.(?:(medium)|(large)|(\d{0,2})xlarge)", re.ASCII)
# vCPUs and GiB. https://aws.amazon.com/ec2/instance-types/t3/ and its like for T2, T3a, T4g
_AMAZON_BURSTABLE = {
    "nano": (2, 0.5),
    "micro": (2, 1),
    "small": (2, 2),
    "medium": (2, 4),
    "large": (2, 8),
    "xlarge": (4, 16),
    "2xlarge": (8, 32),
}
_AMAZON_T2 = _AMAZON_BURSTABLE | {"nano": (1, 0.5), "micro": (1, 1), "small": (1, 2)}


def _amazon(name: str) -> tuple[float, float] | None:
    family, _, size = name.partition(".")
    if family in ("t3", "t3a", "t4g"):
        return _AMAZON_BURSTABLE.get(size)
    if family == "t2":
        return _AMAZON_T2.get(size)
    match = _AMAZON_NAME.fullmatch(name)
    if match is None or match[1] not in _AMAZON:
        return None
    small = 1 if match[2] else 2
    cpu = small if match[2] or match[3] else 4 * int(match[4] or 1)
    return cpu, cpu * _AMAZON[family]


# ---- Azure: the number of vCPUs stands in the name, and letters after it tell the ratio.
_AZURE_NAME = re.compile(r"standard_([a-z])(\d{1,3})([a-z]*)(?:_v(\d))?", re.ASCII)
_AZURE_D_V2_NAME = re.compile(r"standard_ds?(\d{1,2})_v2", re.ASCII)
_AZURE_BURSTABLE = {
    "standard_b1ls": (1, 0.5),
    "standard_b1s": (1, 1),
    "standard_b1ms": (1, 2),
    "standard_b2s": (2, 4),
    "standard_b2ms": (2, 8),
    "standard_b4ms": (4, 16),
    "standard_b8ms": (8, 32),
    "standard_b12ms": (12, 48),
    "standard_b16ms": (16, 64),
    "standard_b20ms": (20, 80),
}
# In the second version the number is no count: D1 to D5, and D11 to D15 with more memory.
_AZURE_D_V2 = {
    1: (1, 3.5), 2: (2, 7), 3: (4, 14), 4: (8, 28), 5: (16, 56),
    11: (2, 14), 12: (4, 28), 13: (8, 56), 14: (16, 112), 15: (20, 140),
}  # fmt: skip
# The largest of each family have less memory than their ratio: D64ps v5, E32ps v5, E64 v3, E96 v5.
_AZURE_MOST = {("d", False): 96, ("d", True): 48, ("e", False): 48, ("e", True): 20}


def _azure(name: str) -> tuple[float, float] | None:
    if name in _AZURE_BURSTABLE:
        return _AZURE_BURSTABLE[name]
    second = _AZURE_D_V2_NAME.fullmatch(name)
    if second:
        return _AZURE_D_V2.get(int(second[1]))
    match = _AZURE_NAME.fullmatch(name)
    if match is None:
        return None
    family, cpu, letters, version = match[1], int(match[2]), match[3], int(match[4] or 1)
    if family == "f" and letters in ("", "s") and version in (1, 2):
        return cpu, 2 * cpu
    if family == "b" and version == 2 and set(letters) <= set("alps"):
        return cpu, cpu * (2 if "l" in letters else 4)
    if version not in (3, 4, 5, 6) or cpu > _AZURE_MOST.get((family, "p" in letters), 0):
        return None
    if family == "d" and set(letters) <= set("adlps"):
        return cpu, cpu * (2 if "l" in letters else 4)
    return (cpu, 8 * cpu) if family == "e" and set(letters) <= set("adps") else None


# ---- Google: GiB of memory for each vCPU.
_GOOGLE = {
    "c2-standard": 4,
    "c2d-highcpu": 2,
    "c2d-highmem": 8,
    "c2d-standard": 4,
    "c3-highcpu": 2,
    "c3-highmem": 8,
    "c3-standard": 4,
    "e2-highcpu": 1,
    "e2-highmem": 8,
    "e2-standard": 4,
    "g2-standard": 4,
    "n1-highcpu": 0.9,
    "n1-highmem": 6.5,
    "n1-standard": 3.75,
    "n2-highcpu": 1,
    "n2-standard": 4,
    "n2d-highcpu": 1,
    "n2d-highmem": 8,
    "n2d-standard": 4,
    "n4-highcpu": 2,
    "n4-highmem": 8,
    "n4-standard": 4,
    "t2a-standard": 4,
    "t2d-standard": 4,
}
_GOOGLE_SHARED = {
    "e2-micro": (2, 1),
    "e2-small": (2, 2),
    "e2-medium": (2, 4),
    "f1-micro": (1, 0.6),
    "g1-small": (1, 1.7),
}
_GOOGLE_NAME = re.compile(r"([a-z0-9]+-[a-z]+)-(\d{1,3})", re.ASCII)
# vCPUs, and memory in MiB.
_GOOGLE_CUSTOM = re.compile(
    r"(?:(?:e2|n1|n2|n2d|n4)-)?custom-(\d{1,3})-(\d{3,6})(?:-ext)?", re.ASCII
)


def _google(name: str) -> tuple[float, float] | None:
    if name in _GOOGLE_SHARED:
        return _GOOGLE_SHARED[name]
    custom = _GOOGLE_CUSTOM.fullmatch(name)
    if custom:
        return int(custom[1]), int(custom[2]) / 1024
    match = _GOOGLE_NAME.fullmatch(name)
    if match is None or match[1] not in _GOOGLE:
        return None
    return int(match[2]), int(match[2]) * _GOOGLE[match[1]]


_READERS: tuple[Callable[[str], tuple[float, float] | None], ...] = (_amazon, _azure, _google)


@cache
def node_size(machine: str) -> NodeSize:
    """The size of a machine by its type, such as ``m5.large``, whichever the cloud.

    Raises :class:`UnknownValue` for a type whose size is not surely known.
    """
    for read in _READERS:
        found = read(machine.lower())
        if found is not None and found[0]:
            cpu, gib = found
            return NodeSize(machine, cpu, gib * _GIB)
    raise UnknownValue(f"the size of a machine '{machine}' is not known")
