"""A Cosmos DB account goes on without one of its zones or regions."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Problem,
    Resource,
    UnknownValue,
    rule,
)

# The names it had before version 4 of the provider.
_FAILOVER = ("automatic_failover_enabled", "enable_automatic_failover")
_MULTI_WRITE = ("multiple_write_locations_enabled", "enable_multiple_write_locations")


@rule(
    id="CAP051",
    title="Cosmos DB account stops with one of its zones or regions",
    group="resilience",
    kinds=["azurerm_cosmosdb_account"],
    references=[
        "https://learn.microsoft.com/en-us/azure/reliability/reliability-cosmos-db-nosql",
        "https://learn.microsoft.com/en-us/azure/cosmos-db/how-to-manage-database-account",
    ],
)
def cosmos_failover(account: Resource) -> Iterator[Problem]:
    locations = list(account.get("geo_location").items())
    if not locations:
        raise UnknownValue("it does not say its regions")
    if len(locations) == 1:
        zonal = locations[0].get("zone_redundant")
        if not zonal.flag():
            state = "false" if zonal.present else "not set"
            yield Problem(zonal, f"one region, and zone_redundant is {state} for it")
        return
    if any(account.get(name).flag() for name in (*_FAILOVER, *_MULTI_WRITE)):
        return
    yield Problem(
        account.get(_FAILOVER[0]),
        f"{len(locations)} regions, but no automatic failover: writes stop with the first",
    )
