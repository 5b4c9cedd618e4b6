"""Clusters that a scan declares: their node groups, their release, and the size of machines."""

import pytest

from prodready_infra.errors import UnknownValue
from prodready_infra.model.clusters import Cluster, Release, clusters_of, expect_all_nodes
from prodready_infra.model.inventory import Inventory
from prodready_infra.model.node import Unknown
from prodready_infra.model.node_groups import NodeGroup
from prodready_infra.model.node_sizes import node_size
from tests.support import inventory_of, read_text

GIB = 2**30

SIZES = {
    "t2.micro": (1, 1),
    "t3.nano": (2, 0.5),
    "t3a.medium": (2, 4),
    "t4g.2xlarge": (8, 32),
    "c5.large": (2, 4),
    "c7i-flex.2xlarge": (8, 16),
    "m5.xlarge": (4, 16),
    "m7g.medium": (1, 4),
    "m6i.24xlarge": (96, 384),
    "r6gd.4xlarge": (16, 128),
    "g5.12xlarge": (48, 192),
    "Standard_B2ms": (2, 8),
    "Standard_B4ls_v2": (4, 8),
    "Standard_DS2_v2": (2, 7),
    "Standard_D4_v2": (8, 28),
    "Standard_D4_v3": (4, 16),
    "Standard_D8ds_v5": (8, 32),
    "Standard_D2pls_v5": (2, 4),
    "standard_d2as_v4": (2, 8),
    "Standard_E16s_v3": (16, 128),
    "Standard_F8s_v2": (8, 16),
    "e2-medium": (2, 4),
    "e2-standard-8": (8, 32),
    "n1-standard-4": (4, 15),
    "n1-highmem-2": (2, 13),
    "n2d-highcpu-16": (16, 16),
    "c3-highcpu-4": (4, 8),
    "n2-custom-6-10240": (6, 10),
    "custom-2-3840": (2, 3.75),
}
NOT_KNOWN = [
    "",
    "m5",
    "m5.metal",
    "m5.0xlarge",
    "c5n.large",
    "x1e.xlarge",
    "p4d.24xlarge",
    "Standard_E8-4s_v5",
    "Standard_E96s_v5",
    "Standard_D64ps_v5",
    "Standard_DC4s_v3",
    "Standard_NC6s_v3",
    "Standard_L8s_v3",
    "n2-highmem-128",
    "e2-standard-0",
    "a2-highgpu-1g",
    "m1-ultramem-40",
    "c4-standard-4",
]


@pytest.mark.parametrize("machine", SIZES)
def test_a_machine_has_the_size_of_its_family(machine: str) -> None:
    size = node_size(machine)
    assert (size.cpu, size.memory / GIB) == pytest.approx(SIZES[machine])


@pytest.mark.parametrize("machine", NOT_KNOWN)
def test_the_size_of_another_machine_is_not_known(machine: str) -> None:
    with pytest.raises(UnknownValue):
        node_size(machine)


def terraform(text: str) -> Inventory:
    return inventory_of(read_text("hcl", text))


def only_cluster(text: str, language: str = "hcl") -> Cluster:
    (cluster,) = clusters_of(inventory_of(read_text(language, text)))
    return cluster


def only_group(cluster: Cluster) -> NodeGroup:
    (group,) = cluster.nodes
    return group


def test_a_node_group_belongs_to_the_cluster_it_names() -> None:
    cluster = only_cluster("""
        resource "aws_eks_cluster" "a" { name = "shop" }
        resource "aws_eks_node_group" "a" {
          cluster_name   = "shop"
          instance_types = ["m5.large", "m5.xlarge"]
          scaling_config { max_size = 4 }
        }
    """)
    group = only_group(cluster)
    assert group.most == 4
    assert [size.machine for size in group.sizes] == ["m5.large", "m5.xlarge"]
    assert isinstance(group.zones, Unknown)


def test_numbers_of_google_are_of_each_zone() -> None:
    group = only_group(
        only_cluster("""
            resource "google_container_cluster" "a" {
              location           = "europe-west1"
              initial_node_count = 2
              node_config { machine_type = "n2-standard-8" }
            }
        """)
    )
    assert group.most == 6
    assert [size.cpu for size in group.sizes] == [8]
    assert len(group.zones) == 3


def test_what_is_left_to_others_is_not_known() -> None:
    cluster = only_cluster("""
        resource "azurerm_kubernetes_cluster" "a" {
          kubernetes_version = "1.31"
          default_node_pool {
            vm_size    = "Standard_D4s_v5"
            node_count = 3
          }
          lifecycle { ignore_changes = [default_node_pool[0].node_count, kubernetes_version] }
        }
    """)
    group = only_group(cluster)
    assert isinstance(group.most, Unknown)
    assert isinstance(group.sizes, tuple)
    assert group.zones == frozenset()
    assert isinstance(cluster.release, Unknown)


RELEASES = {
    'resource "aws_eks_cluster" "a" { version = "1.31" }': ("1.31", False),
    'resource "aws_eks_cluster" "a" { version = 1.30 }': None,
    'resource "aws_eks_cluster" "a" {}': None,
    'resource "azurerm_kubernetes_cluster" "a" { kubernetes_version = "1.30.4" }': ("1.30", False),
    'resource "google_container_cluster" "a" { min_master_version = "1.29.1-gke.1589018" }': (
        "1.29",
        True,
    ),
    'resource "google_container_cluster" "a" { min_master_version = "latest" }': None,
}


@pytest.mark.parametrize("text", RELEASES)
def test_the_release_of_a_cluster(text: str) -> None:
    release, wanted = only_cluster(text).release, RELEASES[text]
    found = (str(release), release.minimum) if isinstance(release, Release) else None
    assert found == wanted


def test_the_clusters_of_eksctl() -> None:
    cluster = only_cluster(
        """
        apiVersion: eksctl.io/v1alpha5
        kind: ClusterConfig
        metadata: {name: a, version: "1.32"}
        availabilityZones: [eu-west-1a, eu-west-1b]
        managedNodeGroups:
          - {name: one, instanceTypes: [c6i.xlarge], maxSize: 5}
          - {name: two, maxSize: 1}
        """,
        "yaml",
    )
    first, second = cluster.nodes
    assert (first.most, len(first.zones), first.sizes[0].cpu) == (5, 2, 4)
    assert [size.machine for size in second.sizes] == ["m5.large"]
    assert str(cluster.release) == "1.32"


def test_what_may_be_a_cluster_or_add_nodes_is_told() -> None:
    inventory = terraform("""
        resource "aws_eks_cluster" "a" {}
        resource "aws_autoscaling_group" "workers" {}
        module "eks" { source = "example/eks/aws" }
    """)
    first, second = clusters_of(inventory)
    assert first.resource.kind == "aws_eks_cluster"
    assert isinstance(second.nodes, Unknown)
    assert isinstance(second.release, Unknown)
    with pytest.raises(UnknownValue, match="may add nodes"):
        expect_all_nodes(inventory)
