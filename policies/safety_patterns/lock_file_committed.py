"""Everybody who applies a configuration gets the provider versions that were tested."""

import re
from collections.abc import Iterator
from posixpath import normpath

from prodready_infra.sdk import (
    Inventory,
    Lifecycle,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    is_example,
    rule,
)

_LOCK = ".terraform.lock.hcl"
_EXACT = re.compile(r"\s*=?\s*\d+\.\d+\.\d+\S*\s*")
# Before 0.14 there was no lock file.
_OLD = re.compile(r"(?:^|,)\s*(?:=|~>|<=?)?\s*0\.(?:\d|1[0-3])(?:\.\d+)?\s*(?:,|$)")


@rule(
    id="SAF146",
    title="provider versions are not locked: each init may choose others",
    group="advice",
    kinds=["terraform"],
    references=[
        "https://developer.hashicorp.com/terraform/language/files/dependency-lock",
    ],
    lifecycle=Lifecycle.EXPERIMENTAL,
)
def lock_file_committed(settings: Resource, inventory: Inventory) -> Iterator[Problem]:
    if is_example(settings.folder):
        raise NotApplicable("by its folder it is an example or a test")
    where = settings.get("cloud"), settings.get("backend")
    kept = [block for one in where for block in one.items()]
    if not kept:
        raise NotApplicable("it declares no backend: a module, or applied by hand")
    required = settings.get("required_version")
    if required.present and _OLD.search(required.text()):
        raise NotApplicable("its version of Terraform has no lock file")
    if _has_lock(settings, inventory) or _pins_all(settings):
        return
    if not any(_is_filled(block.value) for block in kept):
        # Terragrunt and the like keep the lock file where they keep the rest of the backend.
        raise UnknownValue("who completes its backend may keep the lock file elsewhere")
    yield Problem(
        settings.get("required_providers"),
        f"{_LOCK} is not beside it: another init may choose other provider versions",
    )


def _has_lock(settings: Resource, inventory: Inventory) -> bool:
    # The inventory looks for files only below where the program runs.
    if normpath(settings.path).startswith(("<", "..")):
        raise UnknownValue("what lies beside it is not known")
    try:
        # Only its own folder counts for Terraform, none of those above.
        return inventory.holds_file("/".join(filter(None, (settings.folder, _LOCK))), "")
    except UnknownValue:
        return False  # a text that did not come from a folder has nothing beside it


def _pins_all(settings: Resource) -> bool:
    """Whether all its providers have one exact version each."""
    required = {
        name: entry
        for block in settings.get("required_providers").items()
        for name, entry in block.entries()
    }
    configured = {name for one in settings.get("provider").items() for name, _ in one.entries()}
    versions = [
        entry if isinstance(entry.value, str) else entry.get("version")
        for entry in required.values()
    ]
    return (
        bool(versions)
        and configured <= set(required)
        and all(_EXACT.fullmatch(version.text()) for version in versions)
    )


def _is_filled(block: object) -> bool:
    """Whether a backend says of itself where the state is; so does the block ``cloud``."""
    if type(block) is not dict:
        return True
    return any(bool(body) if type(body) is dict else True for body in block.values())
