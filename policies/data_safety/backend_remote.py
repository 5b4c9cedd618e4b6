"""The state of what somebody applies is kept where the next person finds it."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    holds_terraform_locks,
    is_example,
    rule,
)

_MODULES = frozenset({"module", "modules"})
_STORES = ("aws_s3_bucket", "google_storage_bucket", "azurerm_storage_container")
_STATE = re.compile(r"tf-?_?state|terraform|state", re.IGNORECASE)


@rule(
    id="DAT006",
    title="Terraform state is kept on the machine that applies it",
    group="data-loss",
    kinds=["terraform"],
    references=[
        "https://developer.hashicorp.com/terraform/language/backend",
        "https://developer.hashicorp.com/terraform/language/backend/local",
    ],
)
def backend_remote(settings: Resource, inventory: Inventory) -> Iterator[Problem]:
    if any(True for _ in settings.get("cloud").items()):
        return
    backend = settings.get("backend")
    kinds = [kind for block in backend.items() for kind, _ in block.entries()]
    if kinds and "local" not in kinds:
        # An empty block is completed by ``terraform init -backend-config``: remote all the same.
        return
    folders = re.split(r"[/\\]", settings.name.lower())
    if is_example(settings.name) or not _MODULES.isdisjoint(folders):
        raise NotApplicable("by its folder it is an example, a test or a module")
    if kinds:
        yield Problem(backend, 'backend "local" keeps the state on the machine that applies it')
        return
    providers = list(settings.get("provider").items())
    if not any(_configures(provider.value) for provider in providers):
        raise NotApplicable("it configures no provider: a module for others to call")
    _raise_if_wrapped(providers)
    if settings.scope in inventory.index(_where_states_are_made):
        raise NotApplicable("it makes the store that the others keep their state in")
    yield Problem(backend, "no backend is declared: the state stays on the machine that applies it")


def _where_states_are_made(inventory: Inventory) -> set[str]:
    """The root modules that cannot keep their state remotely before they are applied."""
    stores = [r for r in inventory.of_kind(*_STORES) if _STATE.search(r.address)]
    locks = inventory.of_kind("aws_dynamodb_table")
    stores += [table for table in locks if holds_terraform_locks(table)]
    return {store.scope for store in stores}


def _raise_if_wrapped(providers: list[Node]) -> None:
    """Terragrunt, Atmos and the like hand over the variables, and write the backend as well."""
    for provider in providers:
        for leaf in provider.walk():
            name = "" if leaf.known else leaf.identity()
            if name.startswith("var."):
                raise UnknownValue(f"what gives {name} its value may write the backend too")


def _configures(block: object) -> bool:
    """Not so a provider with nothing but an alias: older modules declare what they are handed."""
    if type(block) is not dict:
        return False
    return any(type(body) is not dict or set(body) != {"alias"} for body in block.values())
