"""Two people never change one Terraform state at the same time."""

from collections.abc import Iterator

from prodready_infra.sdk import Node, NotApplicable, Problem, Resource, UnknownValue, rule

# What else an s3 backend cannot do without: where it is missing, the command line gives the rest.
_COMPLETE = ("bucket", "key")


@rule(
    id="DAT065",
    title="Terraform state is not locked while somebody changes it",
    group="resilience",
    kinds=["terraform"],
    references=[
        "https://developer.hashicorp.com/terraform/language/backend/s3",
        "https://developer.hashicorp.com/terraform/language/state/locking",
    ],
)
def backend_locked(settings: Resource) -> Iterator[Problem]:
    backends = [entry for block in settings.get("backend").items() for entry in block.entries()]
    if not backends:
        raise NotApplicable("it names no backend")
    for kind, backend in backends:
        if kind == "s3":
            yield from _without_lock(backend)
        elif kind == "http" and not backend.get("lock_address").present:
            raise UnknownValue("TF_HTTP_LOCK_ADDRESS may say where the lock is")
        elif kind == "local":
            raise NotApplicable("the state stays on one machine")
        # The others lock by themselves, or cannot be told to.


def _without_lock(backend: Node) -> Iterator[Problem]:
    lockfile = backend.get("use_lockfile")
    if lockfile.flag() or backend.get("dynamodb_table").present:
        return
    if not all(backend.get(name).present for name in _COMPLETE):
        raise UnknownValue("the rest of the backend is given with -backend-config")
    state = "is false" if lockfile.present else "is not set"
    yield Problem(
        lockfile, f"use_lockfile {state}, and no dynamodb_table is: nothing locks the state"
    )
