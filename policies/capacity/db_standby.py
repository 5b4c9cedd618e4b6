"""A managed database of Google Cloud or Azure has a standby."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    is_replica,
    rule,
    setting,
)

_FLEXIBLE = ("azurerm_mysql_flexible_server", "azurerm_postgresql_flexible_server")


@rule(
    id="CAP043",
    title="managed database on Google Cloud or Azure has no standby",
    group="availability",
    kinds=["google_alloydb_instance", "google_sql_database_instance", *_FLEXIBLE],
    references=[
        "https://cloud.google.com/sql/docs/postgres/high-availability",
        "https://learn.microsoft.com/en-us/azure/reliability/reliability-postgresql-flexible-server",
        "https://learn.microsoft.com/en-us/azure/mysql/flexible-server/concepts-high-availability",
    ],
)
def db_standby(server: Resource) -> Iterator[Problem]:
    if server.kind in _FLEXIBLE:
        yield from _flexible(server)
    elif server.kind == "google_alloydb_instance":
        kind = server.get("availability_type")
        if is_replica(server):
            raise NotApplicable("it is not the instance that takes writes")
        if kind.text() == "ZONAL":
            yield Problem(kind, "availability_type is ZONAL: it has no standby")
    else:
        yield from _cloud_sql(server)


def _cloud_sql(server: Resource) -> Iterator[Problem]:
    kind = server.get("settings", 0, "availability_type")
    if kind.known and kind.identity() == "REGIONAL":
        return
    if is_replica(server):
        raise NotApplicable("it is a replica: its source is what must stay up")
    if server.get("instance_type").text() == "ON_PREMISES_INSTANCE":
        raise NotApplicable("it stands for a server outside of Google Cloud")
    if not server.get("settings").present:
        raise UnknownValue("its settings come with what it is cloned or restored from")
    if server.get("settings", 0, "activation_policy").text() == "NEVER":
        raise NotApplicable("it is switched off")
    if setting(server, *kind.path).text() == "ZONAL":
        state = "is ZONAL" if kind.present else "is not set, and ZONAL by default"
        yield Problem(kind, f"availability_type {state}: it has no standby")


def _flexible(server: Resource) -> Iterator[Problem]:
    blocks = server.get("high_availability")
    if blocks.present and any(True for _ in blocks.items()):
        return
    if is_replica(server):
        raise NotApplicable("it is a replica: its source is what must stay up")
    yield Problem(blocks, "no high_availability: the server has no standby")
