"""Functions of hashes and unique names.

https://developer.hashicorp.com/terraform/language/functions/sha256 and its neighbours
"""

import base64
import hashlib
import re
import uuid

from prodready_infra.sources.terraform.kinds import STRING
from prodready_infra.sources.terraform.registry import function, never_known
from prodready_infra.sources.terraform.values import Refused, Uncertain

_NAMESPACES = {
    "dns": uuid.NAMESPACE_DNS,
    "url": uuid.NAMESPACE_URL,
    "oid": uuid.NAMESPACE_OID,
    "x500": uuid.NAMESPACE_X500,
}
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def digest(algorithm: str, content: bytes) -> bytes:
    return hashlib.new(algorithm, content, usedforsecurity=False).digest()


@function("md5", STRING)
def _md5(text: str) -> str:
    return digest("md5", text.encode()).hex()


@function("sha1", STRING)
def _sha1(text: str) -> str:
    return digest("sha1", text.encode()).hex()


@function("sha256", STRING)
def _sha256(text: str) -> str:
    return digest("sha256", text.encode()).hex()


@function("sha512", STRING)
def _sha512(text: str) -> str:
    return digest("sha512", text.encode()).hex()


@function("base64sha256", STRING)
def _base64sha256(text: str) -> str:
    return base64.b64encode(digest("sha256", text.encode())).decode()


@function("base64sha512", STRING)
def _base64sha512(text: str) -> str:
    return base64.b64encode(digest("sha512", text.encode())).decode()


@function("uuidv5", STRING, STRING)
def _uuidv5(namespace: str, name: str) -> str:
    if namespace in _NAMESPACES:
        return str(uuid.uuid5(_NAMESPACES[namespace], name))
    if _UUID.fullmatch(namespace):
        return str(uuid.uuid5(uuid.UUID(namespace), name))
    if len(namespace) < 32:
        raise Refused("its namespace is none")
    raise Uncertain("its namespace is written in another way")


never_known("uuid", "uuid gives another value each time")
never_known("bcrypt", "bcrypt gives another value each time")
never_known("timestamp", "timestamp depends on when terraform runs")
never_known("plantimestamp", "plantimestamp depends on when terraform runs")
never_known("rsadecrypt", "secrets are not decrypted")
