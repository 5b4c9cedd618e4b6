"""A Cloud SQL instance can be taken back to any moment of the last days."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    NotApplicable,
    Problem,
    Resource,
    UnknownValue,
    is_enterprise_plus,
    is_replica,
    rule,
)


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
    if is_replica(instance):
        raise NotApplicable("it is a replica: its source is what is taken back")
    if not backup.get("enabled").flag():
        raise NotApplicable("it is not backed up by its own settings at all")
    mysql = instance.get("database_version").text().startswith("MYSQL")
    switch = switches[0] if mysql else switches[1]
    if not switch.present and is_enterprise_plus(instance):
        raise UnknownValue("the Enterprise Plus edition turns it on by itself")
    if not switch.flag():
        state = "false" if switch.present else "not set"
        yield Problem(switch, f"{switch.path[-1]} is {state}: only whole days come back")
