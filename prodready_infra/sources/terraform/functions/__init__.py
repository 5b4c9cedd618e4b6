"""Terraform's built-in functions over three-valued values: all of version 1.11.

Importing this package registers them. ``try``, ``can``, ``templatefile`` and ``templatestring``
are part of the evaluator. https://developer.hashicorp.com/terraform/language/functions
"""

from prodready_infra.sources.terraform.functions import (
    collections,
    dates,
    encoding,
    formatting,
    hashing,
    network,
    numeric,
    paths,
    sets,
    text,
    yaml,
)
from prodready_infra.sources.terraform.registry import FUNCTIONS

__all__ = [
    "FUNCTIONS",
    "collections",
    "dates",
    "encoding",
    "formatting",
    "hashing",
    "network",
    "numeric",
    "paths",
    "sets",
    "text",
    "yaml",
]
