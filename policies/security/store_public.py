"""A data store is not opened to everybody on the internet."""

import re
from collections import defaultdict
from collections.abc import Iterator

from prodready_infra.sdk import (
    Inventory,
    Node,
    NotApplicable,
    Problem,
    Resource,
    json_of,
    rule,
    setting,
)

_ANYWHERE = frozenset({"0.0.0.0/0", "::/0"})
_EVERYBODY = frozenset({"allUsers", "allAuthenticatedUsers"})
# The only argument that opens each: an address on the internet.
_ADDRESSED = (
    "aws_db_instance",
    "aws_dms_replication_instance",
    "aws_mq_broker",
    "aws_neptune_cluster_instance",
    "aws_rds_cluster_instance",
    "aws_redshift_cluster",
    "aws_redshiftserverless_workgroup",
)
_FIREWALLS = (
    "azurerm_mssql_firewall_rule",
    "azurerm_mysql_firewall_rule",
    "azurerm_mysql_flexible_server_firewall_rule",
    "azurerm_postgresql_firewall_rule",
    "azurerm_postgresql_flexible_server_firewall_rule",
    "azurerm_redis_firewall_rule",
)
_SERVERS = (
    "azurerm_mssql_server",
    "azurerm_mysql_flexible_server",
    "azurerm_mysql_server",
    "azurerm_postgresql_flexible_server",
    "azurerm_postgresql_server",
    "azurerm_redis_cache",
)
_GRANTS = (
    "google_bigquery_dataset_iam_binding",
    "google_bigquery_dataset_iam_member",
    "google_storage_bucket_iam_binding",
    "google_storage_bucket_iam_member",
)
_INGRESS = ("aws_security_group_rule", "aws_vpc_security_group_ingress_rule")
_SECURITY_GROUPS = ("security_group_ids", "security_groups", "vpc_security_group_ids")
_BLOCK = "aws_s3_bucket_public_access_block"
_PUBLIC_ACLS = ("authenticated-read", "public-read", "public-read-write")
# Names of what everybody is meant to read; nobody is meant to write it.
_FOR_ALL = re.compile(r"(?:^|[-_.])(?:assets|cdn|downloads?|public|static|website|www)(?:[-_.]|$)")
# What begins the name of a member that is not everybody, and the attributes of Google's accounts
# that are such a name.
_SOMEBODY = re.compile(
    r"(?:deleted:)?(?:domain|group|principal|principalSet|project(?:Editor|Owner|Viewer)"
    r"|serviceAccount|user):.*"
    r"|(?:.+\.)?google_\w*service_(?:account|identity)\.[\w-]+(?:\[[^]]*\])?\.member"
    r"|(?:.+\.)?google_logging_\w+_sink\.[\w-]+(?:\[[^]]*\])?\.writer_identity"
)
_READING_ROLES = ("roles/storage.legacyObjectReader", "roles/storage.objectViewer")


@rule(
    id="SEC040",
    title="data store is open to the internet",
    group="exposure",
    kinds=[
        *_ADDRESSED,
        *_FIREWALLS,
        *_GRANTS,
        "aws_s3_bucket",
        "azurerm_storage_container",
        "google_sql_database_instance",
    ],
    references=[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
        "https://cloud.google.com/sql/docs/postgres/authorize-networks",
        "https://cloud.google.com/storage/docs/access-control/making-data-public",
        "https://learn.microsoft.com/en-us/azure/storage/blobs/anonymous-read-access-prevent",
    ],
    aliases=["checkov:CKV_AWS_17", "checkov:CKV_GCP_11", "trivy:AWS-0180", "trivy:GCP-0017"],
)
def store_public(store: Resource, inventory: Inventory) -> Iterator[Problem]:
    if store.kind in _ADDRESSED:
        yield from _with_address(store, inventory)
    elif store.kind in _FIREWALLS:
        yield from _through_firewall(store, inventory)
    elif store.kind in _GRANTS:
        yield from _granted(store, inventory)
    elif store.kind == "aws_s3_bucket":
        yield from _bucket(store, inventory)
    elif store.kind == "azurerm_storage_container":
        yield from _container(store, inventory)
    else:
        yield from _cloud_sql(store)


def _with_address(store: Resource, inventory: Inventory) -> Iterator[Problem]:
    # What holds when it is not set differs by provider version for some: only what is written.
    public = store.get("publicly_accessible")
    if public.flag() and not _let_nobody_in(store, inventory):
        yield Problem(public, "publicly_accessible is true: its address is on the internet")


def _let_nobody_in(store: Resource, inventory: Inventory) -> bool:
    """Whether all of its security groups are declared here, and open to listed addresses only."""
    targets = store.named_at(*_SECURITY_GROUPS)
    declared = inventory.references(store, "aws_security_group")
    groups = [group for group in declared if group.unkeyed in targets]
    named = [node for name in _SECURITY_GROUPS for node in store.get(name).walk() if _names(node)]
    if not groups or not len(groups) == len(targets) == len(named):
        return False
    if any(inventory.referrers(group, "module") for group in groups):
        return False  # modules outside of this scan may add rules
    return not any(
        _may_be_anywhere(source) for group in groups for source in _sources(group, inventory)
    )


def _names(node: Node) -> bool:
    return not node.known or type(node.value) is str


def _sources(group: Resource, inventory: Inventory) -> Iterator[Node]:
    """The addresses that may connect, as far as the group and the rules for it say."""
    yield from group.get("ingress").walk()
    for one in inventory.referrers(group, *_INGRESS):
        if one.get("type").identity() != "egress":
            for name in ("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6"):
                yield from one.get(name).walk()


def _may_be_anywhere(source: Node) -> bool:
    names_range = any("cidr" in step for step in source.path if isinstance(step, str))
    if not source.known:
        return names_range or source.path == ("ingress",)
    return names_range and source.identity() in _ANYWHERE


def _through_firewall(firewall: Resource, inventory: Inventory) -> Iterator[Problem]:
    suffix = "_address" if firewall.get("start_ip_address").present else ""
    first, last = firewall.get(f"start_ip{suffix}"), firewall.get(f"end_ip{suffix}")
    if (first.text(), last.text()) != ("0.0.0.0", "255.255.255.255"):  # noqa: S104 - a range
        return
    for server in inventory.references(firewall, *_SERVERS):
        if not server.get("public_network_access_enabled").flag(default=True):
            raise NotApplicable(f"{server.address} has no public address")
    yield Problem(last, "the rule lets all addresses in, from 0.0.0.0 to 255.255.255.255")


def _granted(grant: Resource, inventory: Inventory) -> Iterator[Problem]:
    members = [*grant.get("members").items(), *grant.get("member").walk()]
    for member in members:
        if member.known and member.identity() in _EVERYBODY:
            for bucket in inventory.references(grant, "google_storage_bucket"):
                _raise_if_served(bucket, inventory, "google_compute_backend_bucket")
                if bucket.get("public_access_prevention").text() == "enforced":
                    return
            if _role(grant) in _READING_ROLES and _is_for_all(grant, inventory):
                return
            yield Problem(member, f"{member.identity()} is granted {_role(grant)}")
    for member in members:
        if not _SOMEBODY.fullmatch(member.identity()):
            member.text()  # unknown: it may be everybody


def _role(grant: Resource) -> str:
    role = grant.get("role")
    return role.text() if role.known and type(role.value) is str else "a role"


def _raise_if_served(bucket: Resource, inventory: Inventory, *servers: str) -> None:
    website = bucket.get("website")
    if not website.known or website.value or inventory.referrers(bucket, *servers):
        raise NotApplicable("it is a website: everybody is meant to read it")


def _container(container: Resource, inventory: Inventory) -> Iterator[Problem]:
    access = container.get("container_access_type")
    if access.text("private") == "private":
        return
    for account in inventory.references(container, "azurerm_storage_account"):
        allowed = setting(account, "allow_nested_items_to_be_public").flag()
        if not allowed or not account.get("public_network_access_enabled").flag(default=True):
            return
    yield Problem(
        access, f"container_access_type is {access.text()}: whoever has the URL reads its blobs"
    )


def _cloud_sql(instance: Resource) -> Iterator[Problem]:
    network = ("settings", 0, "ip_configuration", 0)
    if not setting(instance, *network, "ipv4_enabled").flag():
        return
    for authorized in instance.get(*network, "authorized_networks").items():
        value = authorized.get("value")
        if value.text() in _ANYWHERE:
            yield Problem(value, f"authorized_networks lets {value.text()} in: every address")


def _bucket(bucket: Resource, inventory: Inventory) -> Iterator[Problem]:
    _raise_if_served(bucket, inventory, "aws_s3_bucket_website_configuration")
    acls = [bucket, *_beside(bucket, "aws_s3_bucket_acl", inventory)]
    for acl in (resource.get("acl") for resource in acls):
        if acl.text() == "public-read" and _is_for_all(bucket, inventory):
            continue
        if acl.text() in _PUBLIC_ACLS and not _is_blocked(
            bucket, inventory, "block_public_acls", "ignore_public_acls"
        ):
            yield Problem(acl, f"acl is {acl.text()}: strangers can read the bucket")
    policies = [bucket, *_beside(bucket, "aws_s3_bucket_policy", inventory)]
    for policy in (resource.get("policy") for resource in policies):
        # A bucket is closed to public policies unless a block says otherwise (new ones since 2023).
        if not policy.known and not _is_opened(bucket, inventory):
            continue
        reading = _is_for_all(bucket, inventory)
        if _lets_everybody_in(policy, reading=reading) and not _is_blocked(
            bucket, inventory, "block_public_policy", "restrict_public_buckets"
        ):
            yield Problem(policy, 'the policy allows Principal "*" without a condition')


def _beside(bucket: Resource, kind: str, inventory: Inventory) -> list[Resource]:
    """The resources of a kind that configure the bucket: they refer to it or name it."""
    found = dict.fromkeys(inventory.referrers(bucket, kind))
    name = bucket.get("bucket").identity()
    if name and bucket.get("bucket").known:
        found.update(dict.fromkeys(inventory.index(_by_bucket)[kind, name]))
    return list(found)


def _by_bucket(inventory: Inventory) -> dict[tuple[str, str], list[Resource]]:
    found: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in inventory.of_kind("aws_s3_bucket_acl", "aws_s3_bucket_policy", _BLOCK):
        found[resource.kind, resource.get("bucket").identity()].append(resource)
    return found


def _is_blocked(bucket: Resource, inventory: Inventory, *flags: str) -> bool:
    account = inventory.of_kind("aws_s3_account_public_access_block")
    blocks = [*_beside(bucket, _BLOCK, inventory), *(a for a in account if a.scope == bucket.scope)]
    return any(block.get(flag).flag() for block in blocks for flag in flags)


def _is_opened(bucket: Resource, inventory: Inventory) -> bool:
    """Whether a block says that public policies may be attached and do count."""
    blocks = _beside(bucket, _BLOCK, inventory)
    flags = ("block_public_policy", "restrict_public_buckets")
    return any(
        not block.get(flag).value for block in blocks for flag in flags if block.get(flag).known
    )


def _is_for_all(bucket: Resource, inventory: Inventory) -> bool:
    """Whether the bucket, or the one that is named, is called like what everybody may read."""
    buckets = inventory.references(bucket, "google_storage_bucket")
    labels = [one.name for one in (bucket, *buckets) if one.kind not in _GRANTS]
    named = [one.get(key) for one in (bucket, *buckets) for key in ("bucket", "name")]
    return any(map(_FOR_ALL.search, (*labels, *(node.identity() for node in named if node.known))))


def _lets_everybody_in(policy: Node, *, reading: bool) -> bool:
    """Whether a policy allows everybody something, other than ``reading`` where that is meant."""
    allowed = filter(_allows_everybody, json_of(policy).get("Statement").items())
    return any(not (reading and _only_reads(statement)) for statement in allowed)


def _only_reads(statement: Node) -> bool:
    return all(action.startswith("s3:GetObject") for action in _texts(statement.get("Action")))


def _allows_everybody(statement: Node) -> bool:
    if statement.get("Effect").text() != "Allow" or statement.get("Condition"):
        return False
    principal = statement.get("Principal")
    return "*" in _texts(principal.get("AWS") if type(principal.value) is dict else principal)


def _texts(node: Node) -> list[str]:
    return [node.text()] if type(node.value) is str else [item.text() for item in node.items()]
