"""An Aurora MySQL cluster can be wound back in minutes."""

from collections.abc import Iterator

from prodready_infra.sdk import NotApplicable, Problem, Resource, is_replica, rule, setting

# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database.html
_WITHOUT = {
    "global_cluster_identifier": "clusters of a global database cannot be wound back",
    "serverlessv2_scaling_configuration": "it is serverless",
}


@rule(
    id="DAT030",
    title="Aurora MySQL cluster cannot be wound back",
    group="disputed",
    kinds=["aws_rds_cluster"],
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Managing.Backtrack.html",
    ],
    aliases=["checkov:CKV_AWS_326"],
)
def rds_cluster_backtrack(cluster: Resource) -> Iterator[Problem]:
    if cluster.get("engine").text() != "aurora-mysql":
        raise NotApplicable("only Aurora MySQL can be wound back")
    if is_replica(cluster):
        raise NotApplicable("it is a replica, which cannot be wound back")
    window = setting(cluster, "backtrack_window")
    if window.known and window.number() > 0:
        return
    # The provider's default: documentation of aws_rds_cluster, 5.100.
    if cluster.get("engine_mode").text("provisioned") != "provisioned":
        raise NotApplicable("only provisioned clusters can be wound back")
    for name, reason in _WITHOUT.items():
        if cluster.get(name).present:
            raise NotApplicable(reason)
    if window.number() <= 0:
        state = "0" if cluster.get("backtrack_window").present else "not set, and 0 by default"
        yield Problem(window, f"backtrack_window is {state}")
