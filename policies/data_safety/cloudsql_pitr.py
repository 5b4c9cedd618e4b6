"""A Cloud SQL instance can be taken back to any moment of the last days."""

from collections.abc import Iterator

from prodready_infra.sdk import NotApplicable, Problem, Resource, UnknownValue, rule


@rule(
    id="DAT041",
    title="Cloud SQL instance has no point-in-time recovery",
    group="data-loss",
    kinds=["google_sql_database_instance"],
    references=[
        "https://cloud.google.com/sql/docs/postgres/backup-recovery/pitr",
        "https://cloud.google.com/sql/docs/mysql/backup-recovery/pitr",
    ],
    aliases=["checkov:CKV2_GCP_20"],
)
def cloudsql_pitr(instance: Resource) -> Iterator[Problem]:
    backup = instance.get("settings", 0, "backup_configuration", 0)
    # MySQL recovers with its binary log, the others with a setting of their own.
    switches = [backup.get("binary_log_enabled"), backup.get("point_in_time_recovery_enabled")]
    if any(switch.known and switch.flag() for switch in switches):
        return
    master = instance.get("master_instance_name")
    if any(r.node.path[0] == "master_instance_name" for r in instance.references) or master:
        raise NotApplicable("it is a replica: its source is what is taken back")
    if not backup.get("enabled").flag():
        raise NotApplicable("it is not backed up by its own settings at all")
    mysql = instance.get("database_version").text().startswith("MYSQL")
    switch = switches[0] if mysql else switches[1]
    if not switch.present:
        _raise_if_given_by_edition(instance)
    if not switch.flag():
        state = "false" if switch.present else "not set"
        yield Problem(switch, f"{switch.path[-1]} is {state}: only whole days come back")


def _raise_if_given_by_edition(instance: Resource) -> None:
    edition = instance.get("settings", 0, "edition").text()
    tier = instance.get("settings", 0, "tier").text()
    # https://cloud.google.com/sql/docs/editions-intro: these machines are of the higher edition
    if edition == "ENTERPRISE_PLUS" or tier.startswith(("db-perf-optimized", "db-c4a")):
        raise UnknownValue("the Enterprise Plus edition turns it on by itself")
