"""Functions on network addresses.

https://developer.hashicorp.com/terraform/language/functions/cidrsubnet and its neighbours
"""

import ipaddress
import re
from typing import Any

from prodready_infra.sources.terraform.kinds import NUMBER, STRING
from prodready_infra.sources.terraform.registry import function, whole
from prodready_infra.sources.terraform.values import ListValue, Refused, Uncertain

_VERSION_4 = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})/([0-9]{1,2})")


class _Network:
    """An address, and how many of its leading bits are those of the network."""

    def __init__(self, text: str) -> None:
        match = _VERSION_4.fullmatch(text)
        if match is not None:
            *parts, prefix = map(int, match.groups())
            if max(parts) > 255 or prefix > 32:
                raise Refused("it is no network")
            self.size, self.prefix = 32, prefix
            address = int.from_bytes(bytes(parts), "big")
        elif ":" in text and "." not in text and "%" not in text:
            address = self._version_6(text)
        elif ":" in text:
            raise Uncertain("it is an address within an address")
        else:
            raise Refused("it is no network")
        self.rest = self.size - self.prefix
        self.base = address >> self.rest << self.rest

    def _version_6(self, text: str) -> int:
        address, slash, prefix = text.partition("/")
        if not slash or not re.fullmatch("[0-9]{1,3}", prefix) or int(prefix) > 128:
            raise Refused("it is no network")
        self.size, self.prefix = 128, int(prefix)
        try:
            return int(ipaddress.IPv6Address(address))
        except ValueError:
            raise Uncertain("it may be no network") from None

    def written(self, number: int) -> str:
        if self.size == 32:
            return str(ipaddress.IPv4Address(number))
        if number >> 32 == 0xFFFF:
            raise Uncertain("it is an address within an address")
        address = ipaddress.IPv6Address(number)
        return str(address)


@function("cidrhost", STRING, NUMBER)
def _cidrhost(prefix: str, host: Any) -> str:
    network, number = _Network(prefix), whole(host)
    hosts = 1 << network.rest
    if not -hosts <= number < hosts:
        raise Refused("the network has no such host")
    return network.written(network.base + number % hosts)


@function("cidrnetmask", STRING)
def _cidrnetmask(prefix: str) -> str:
    network = _Network(prefix)
    if network.size != 32:
        raise Refused("only networks of version 4 have a mask")
    return network.written((1 << 32) - (1 << network.rest))


def _checked(network: _Network, bits: Any) -> int:
    if whole(bits) < 0:
        raise Uncertain("the number of bits is negative")
    if bits > network.rest:
        raise Refused("the network has not as many bits")
    if bits > 32:
        raise Uncertain("there are more than 32 bits")
    return network.prefix + int(bits)


@function("cidrsubnet", STRING, NUMBER, NUMBER)
def _cidrsubnet(prefix: str, bits: Any, number: Any) -> str:
    network = _Network(prefix)
    length = _checked(network, bits)
    if whole(number) < 0:
        raise Uncertain("the number of the network is negative")
    if number >= 1 << bits:
        raise Refused("there is no such network")
    return f"{network.written(network.base + (number << (network.size - length)))}/{length}"


@function("cidrsubnets", STRING, rest=NUMBER)
def _cidrsubnets(prefix: str, *bits: Any) -> Any:
    network, found = _Network(prefix), []
    place, end = network.base, network.base + (1 << network.rest)
    for wanted in bits:
        if whole(wanted) < 1:
            raise Refused("the number of bits is not positive")
        size = 1 << (network.size - _checked(network, wanted))
        place = -(-place // size) * size
        if place + size > end:
            raise Refused("there is no room for so many networks")
        found.append(f"{network.written(place)}/{network.prefix + wanted}")
        place += size
    return ListValue(found, STRING)
