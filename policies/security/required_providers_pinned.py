"""A configuration says which versions of its providers it is written for."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    is_example,
    rule,
)

_BUILT_IN = frozenset({"terraform"})
_LOCK = ".terraform.lock.hcl"


@rule(
    id="SEC049",
    title="provider may be of any version",
    group="advice",
    kinds=["terraform"],
    references=[
        "https://developer.hashicorp.com/terraform/language/providers/requirements",
        "https://developer.hashicorp.com/terraform/language/files/dependency-lock",
    ],
    aliases=["tflint:terraform_required_providers"],
)
def required_providers_pinned(settings: Resource, inventory: Inventory) -> Iterator[Problem]:
    if is_example(settings.folder):
        raise NotApplicable("it is an example or a test of a module")
    if _is_locked(settings, inventory):
        raise NotApplicable(f"{_LOCK} beside it fixes the versions")
    block = settings.get("required_providers")
    required = dict(_requirements(settings.node))
    configured = {
        name: body
        for one in settings.get("provider").items()
        for name, body in one.entries()
        if name not in required and name not in _BUILT_IN
    }
    if not required and not configured:
        raise NotApplicable("it names no provider")
    # An entry may be a version alone; and Terraform 0.12 had it in the provider's own block.
    open_ones = [
        f"'{name}'"
        for name, entry in (required | configured).items()
        if not _has_version(entry) and not _is_pinned_below(settings, name, entry)
    ]
    if open_ones:
        for module in inventory.in_scope_of(settings, "module"):
            raise UnknownValue(f"{module.address}, which is not in this scan, may require one")
        names = ", ".join(open_ones[:3]) + (" …" if len(open_ones) > 3 else "")
        many = "s" if len(open_ones) > 1 else ""
        yield Problem(block, f"no version is required of provider{many} {names}")


def _requirements(settings: Node) -> Iterator[tuple[str, Node]]:
    for block in settings.get("required_providers").items():
        yield from block.entries()


def _has_version(entry: Node) -> bool:
    return isinstance(entry.value, str) or bool(entry.get("version").text())


def _is_pinned_below(settings: Resource, name: str, entry: Node) -> bool:
    """Whether a module that is called limits the provider, which is one for all of them."""
    source = _source(name, entry)
    return any(
        _source(other, wanted) == source and _has_version(wanted)
        for module in settings.get("called").items()
        for other, wanted in _requirements(module)
    )


def _source(name: str, entry: Node) -> str:
    # Who names no source means HashiCorp's.
    written = "" if isinstance(entry.value, str) else entry.get("source").text()
    return (written or f"hashicorp/{name}").lower()


def _is_locked(settings: Resource, inventory: Inventory) -> bool:
    try:
        return inventory.holds_file(_LOCK, settings.path)
    except UnknownValue:
        return False  # a text that did not come from a folder has nothing beside it
