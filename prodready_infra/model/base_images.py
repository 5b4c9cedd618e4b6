"""What is known of well-known base images, from their own Dockerfiles and documentation.

Only facts that hold for every supported tag stand here; about anything else the functions
answer :class:`Unknown`.
"""

import re

from prodready_infra.model.image import DOCKER_HUB, Image
from prodready_infra.model.node import Unknown


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What /bin/sh is, by operating system. Measured as PID 1 (with one simple command as argument):
# ash and bash replace themselves by it and so hand it signals, dash 0.5.12 stays and does not.
_OS_SHELL = {
    "alpine": "ash",
    "busybox": "ash",
    "debian": "dash",
    "ubuntu": "dash",
    "almalinux": "bash",
    "amazonlinux": "bash",
    "archlinux": "bash",
    "centos": "bash",
    "clefos": "bash",
    "fedora": "bash",
    "oraclelinux": "bash",
    "photon": "bash",
    "rockylinux": "bash",
    "scratch": "none",
    # the same systems from their makers' own registries
    "public.ecr.aws/amazonlinux/amazonlinux": "bash",
    "quay.io/centos/centos": "bash",
    "quay.io/fedora/fedora": "bash",
    "quay.io/rockylinux/rockylinux": "bash",
    "rockylinux/rockylinux": "bash",
    "opensuse/leap": "bash",
    "opensuse/tumbleweed": "bash",
    "redhat/ubi8": "bash",
    "redhat/ubi8-minimal": "bash",
    "redhat/ubi9": "bash",
    "redhat/ubi9-minimal": "bash",
    "kalilinux/kali-rolling": "dash",
    "bitnami/minideb": "dash",
}

# Official images whose tags without a system's name in them are Debian or Ubuntu.
# Source: docker-library/official-images, one file for each.
_DEBIAN_BY_DEFAULT = _names(
    """buildpack-deps cassandra drupal eclipse-temurin gcc golang gradle haproxy httpd joomla
    mariadb matomo maven memcached mongo nextcloud nginx node perl php postgres pypy python
    rabbitmq redis rethinkdb ruby rust solr tomcat varnish wordpress"""
)
# Official images that are Alpine whatever their tag (their Dockerfiles: FROM alpine).
_ALPINE_ALWAYS = frozenset(("bash", "caddy", "composer", "registry"))

# A system's name or release inside a tag ("3.12-slim-bookworm", "20-alpine3.20", "11-ubi9").
_TAG_SHELL = (
    (re.compile(r"chiseled|distroless"), "none"),
    (re.compile(r"alpine[0-9.]*"), "ash"),
    (re.compile(r"(?:nanoserver|windowsservercore).*"), "cmd"),
    (
        re.compile(
            "jessie|stretch|buster|bullseye|bookworm|trixie|debian[0-9.]*"
            "|xenial|bionic|focal|jammy|noble|ubuntu[0-9.]*"
        ),
        "dash",
    ),
    (
        re.compile(
            "(?:ubi|ol|oraclelinux|centos|fedora|rockylinux|almalinux|amazonlinux|al)[0-9.]+"
            "|amazonlinux|azurelinux[0-9.]*|ubi"
        ),
        "bash",
    ),
)

# Images whose own Dockerfile ends with a USER that is not root.
_NON_ROOT = _names(
    """nginxinc/nginx-unprivileged jenkins/jenkins jenkins/agent jenkins/inbound-agent
    grafana/grafana grafana/grafana-oss grafana/grafana-enterprise grafana/loki
    prom/prometheus prom/alertmanager prom/node-exporter prom/pushgateway prom/statsd-exporter
    prom/mysqld-exporter quay.io/prometheus/prometheus quay.io/prometheus/alertmanager
    quay.io/prometheus/node-exporter quay.io/keycloak/keycloak
    jetty kong memcached open-liberty solr varnish websphere-liberty"""
)
# Bitnami's servers run as 1001; its building material (minideb, shells, git) does not.
_BITNAMI_NON_ROOT = _names(
    """apache cassandra consul elasticsearch etcd grafana haproxy kafka keycloak kubectl mariadb
    memcached mongodb mysql nginx node-exporter pgbouncer postgresql prometheus rabbitmq redis
    redis-sentinel tomcat wordpress zookeeper"""
)
# Red Hat's source-to-image builders: USER 1001, of the JDK 185.
_UBI_NON_ROOT = re.compile(
    r"ubi[0-9]+/(?:nodejs|python|ruby|php|perl|nginx|httpd|openjdk)-[0-9a-z-]+"
)
# Chainguard's images run as 65532, but not those that are made to be built upon or need root.
_CHAINGUARD_ROOT = frozenset(("wolfi-base", "alpine-base", "chainguard-base", "docker-dind"))

# Their Dockerfile sets no USER (a server among them may drop its rights in its entrypoint).
_ROOT = _names(
    """buildpack-deps caddy composer docker eclipse-temurin gcc golang httpd mariadb maven mongo
    mysql nginx node openjdk perl php postgres pypy python rabbitmq redis registry ruby rust
    tomcat wordpress"""
)
_DOTNET = re.compile(r"dotnet/(?:aspnet|monitor/base|runtime|runtime-deps|sdk)")


# Official images that start as root and whose own entrypoint goes on as another user: each has
# gosu, su-exec, setpriv or chroot --userspec in the script of docker-library or of its maker.
_ENTRYPOINT_DROPS_ROOT = _names(
    """cassandra consul couchdb elasticsearch ghost influxdb mariadb mongo mysql neo4j postgres
    rabbitmq redis redmine valkey vault zookeeper"""
)


def entrypoint_drops_root(image: Image) -> bool:
    """Whether the image's own entrypoint hands over to a user that is not root."""
    return image.official and image.name in _ENTRYPOINT_DROPS_ROOT


def default_shell(image: Image) -> str | Unknown:
    """What ``/bin/sh`` is: ``dash``, ``ash``, ``bash``, ``cmd`` (Windows) or ``none``."""
    name = image.name
    if image.scratch:
        return "none"
    if image.registry == "gcr.io" and image.repository.startswith("distroless/"):
        return "none"
    if image.registry == "registry.access.redhat.com":
        return "none" if image.basename.startswith("ubi-micro") else "bash"
    if name in _OS_SHELL:
        return _OS_SHELL[name]
    if image.official and name in _ALPINE_ALWAYS:
        return "ash"
    if image.registry == "mcr.microsoft.com" and image.repository.startswith("windows"):
        return "cmd"
    for pattern, shell in _TAG_SHELL:
        if any(map(pattern.fullmatch, image.tag.split("-"))):
            return shell
    if image.official and name in _DEBIAN_BY_DEFAULT:
        return "dash"
    return Unknown(f"nothing is known of the shell in {image.name}")


def runs_as_root(image: Image) -> bool | Unknown:
    """Whether a container of ``image`` starts as root when nobody sets another user."""
    if image.scratch:
        return True
    shell = default_shell(image)
    if not isinstance(shell, Unknown) and shell == "cmd":
        return Unknown("Windows knows no root")
    if "nonroot" in image.tag.split("-"):
        return False  # distroless and those who took over its naming: user 65532
    if image.registry == "gcr.io" and image.repository.startswith("distroless/"):
        return True
    if image.registry == "cgr.dev" and image.repository.startswith("chainguard/"):
        return image.basename in _CHAINGUARD_ROOT
    if image.registry == "registry.access.redhat.com":
        if _UBI_NON_ROOT.fullmatch(image.repository):
            return False
        if image.basename in ("ubi", "ubi-init", "ubi-micro", "ubi-minimal"):
            return True
    if image.registry == "mcr.microsoft.com" and _DOTNET.fullmatch(image.repository):
        # user 1654; the others define it since .NET 8, and leave it to the user to switch
        return "chiseled" not in image.tag.split("-")
    name = image.name
    organisation, _, rest = name.partition("/")
    if name in _NON_ROOT:
        return False
    if organisation in ("bitnami", "bitnamilegacy") and rest in _BITNAMI_NON_ROOT:
        return False
    if name in _OS_SHELL or (image.registry == DOCKER_HUB and name in _ROOT):
        return True
    return Unknown(f"nothing is known of the default user of {image.name}")
