"""What pods take their configuration from, and who makes it.

A Secret that no manifest declares may still be made: by an operator from a store, from a
certificate authority, or by decrypting what git holds.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from prodready_infra.model.inventory import Inventory, same_namespace
from prodready_infra.model.node import Node, is_unknown
from prodready_infra.model.resource import Resource
from prodready_infra.model.workload import Workload

# The name is in ``spec.target.name``, else the object's own.
# https://external-secrets.io/latest/api/externalsecret/
_EXTERNAL_SECRET = "external-secrets.io/ExternalSecret"
_CLUSTER_EXTERNAL_SECRET = "external-secrets.io/ClusterExternalSecret"
# Annotations and labels by which a controller copies an object, fills it in, or makes its values.
_TOUCHED = re.compile(r".*(?:reflect|replicat|kubed|config-syncer|clone|mirror|inject|generat).*")


@dataclass(frozen=True, slots=True, eq=False)
class ConfigUse:
    """One place at which a workload reads a ConfigMap, a Secret, or another object by its name.

    ``kind`` is ConfigMap, Secret, PersistentVolumeClaim or ServiceAccount. ``key`` is a node,
    absent where the whole object is meant. ``how`` is env, envFrom, volume, projected,
    imagePullSecret or serviceAccount: the first two are read once, when the container starts.
    """

    kind: str
    node: Node
    key: Node
    how: str
    workload: Workload
    optional: bool = False

    @property
    def name(self) -> str:
        return self.node.identity()


def configuration_of(workload: Workload) -> list[ConfigUse]:
    """Everything that its pods name; raises when a list of it is unknown."""
    return [*_environment(workload), *_volumes(workload), *_others(workload)]


def _environment(workload: Workload) -> Iterator[ConfigUse]:
    for container in workload.containers:
        for variable in container.get("env").items():
            for field, kind in (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")):
                ref = variable.get("valueFrom", field)
                if ref.present:
                    optional = ref.get("optional").flag()
                    name, key = ref.get("name"), ref.get("key")
                    yield ConfigUse(kind, name, key, "env", workload, optional)
        for source in container.get("envFrom").items():
            for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                ref = source.get(field)
                if ref.present:
                    optional = ref.get("optional").flag()
                    name, key = ref.get("name"), ref.get("key")
                    yield ConfigUse(kind, name, key, "envFrom", workload, optional)


def _volumes(workload: Workload) -> Iterator[ConfigUse]:
    for volume in workload.pod.get("volumes").items():
        claim = volume.get("persistentVolumeClaim")
        if claim.present:
            name = claim.get("claimName")
            yield ConfigUse("PersistentVolumeClaim", name, claim.get("key"), "volume", workload)
        yield from _files(workload, volume.get("configMap"), "ConfigMap", "name", "volume")
        yield from _files(workload, volume.get("secret"), "Secret", "secretName", "volume")
        for source in volume.get("projected", "sources").items():
            held = source.get("configMap")
            yield from _files(workload, held, "ConfigMap", "name", "projected")
            yield from _files(workload, source.get("secret"), "Secret", "name", "projected")


def _files(
    workload: Workload, source: Node, kind: str, field: str, how: str
) -> Iterator[ConfigUse]:
    """One use for each key that is picked, or one of the whole object."""
    if not source.present:
        return
    optional = source.get("optional").flag()
    name = source.get(field)
    picked = list(source.get("items").items())
    for item in picked:
        yield ConfigUse(kind, name, item.get("key"), how, workload, optional)
    if not picked:
        yield ConfigUse(kind, name, source.get("key"), how, workload, optional)


def _others(workload: Workload) -> Iterator[ConfigUse]:
    pod = workload.pod
    for secret in pod.get("imagePullSecrets").items():
        # https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/:
        # a missing one is passed over, and the pull may succeed without it.
        name = secret.get("name")
        key = secret.get("key")
        yield ConfigUse("Secret", name, key, "imagePullSecret", workload, optional=True)
    account = pod.get("serviceAccountName")
    if not account.present:
        account = pod.get("serviceAccount")
    if account.present:
        yield ConfigUse("ServiceAccount", account, account.get("key"), "serviceAccount", workload)


@dataclass(frozen=True, slots=True, eq=False)
class Producer:
    """What makes a ConfigMap or a Secret: the object itself, or one that an operator acts on.

    ``keys`` are those that it will have, ``None`` where nobody can tell from the scan.
    """

    resource: Resource
    keys: frozenset[str] | None

    @property
    def copied(self) -> bool:
        """Whether a controller may copy what it makes into other namespaces."""
        return any(map(_TOUCHED.fullmatch, _marks(self.resource)))


def _marks(resource: Resource) -> Iterator[str]:
    """The names of its annotations and labels, those of what it makes among them."""
    spec = resource.get("spec")
    templates = (spec.get("target", "template"), spec.get("template"), spec.get("secretTemplate"))
    for node in (resource.get("metadata"), *(t.get("metadata") for t in templates), templates[2]):
        for field in ("annotations", "labels"):
            value = node.get(field).value
            yield from map(str, value) if type(value) is dict else ()


def producers_of(inventory: Inventory, kind: str, namespace: str, name: str) -> list[Producer]:
    """Whatever makes the object of that name."""
    return all_producers(inventory).get((kind, same_namespace(namespace), name), [])


def all_producers(inventory: Inventory) -> dict[tuple[str, str, str], list[Producer]]:
    """Whatever makes something, by the kind, namespace and name of what it makes."""
    return inventory.index(_all_producers)


def _all_producers(inventory: Inventory) -> dict[tuple[str, str, str], list[Producer]]:
    found: dict[tuple[str, str, str], list[Producer]] = defaultdict(list)
    for kind, namespace, name, producer in _producers(inventory):
        found[kind, same_namespace(namespace), name].append(producer)
    return found


_Made = tuple[str, str, str, Producer]
_DECLARED = ("ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim")


def _producers(inventory: Inventory) -> Iterator[_Made]:
    for kind in _DECLARED:
        for resource in inventory.of_kind(kind):
            made = Producer(resource, _own_keys(resource))
            yield kind, resource.namespace, resource.name, made
    for resource in inventory.of_kind(_EXTERNAL_SECRET):
        target = resource.get("spec", "target")
        name = target.get("name").identity() or resource.name
        made = Producer(resource, _external_keys(resource.get("spec")))
        yield "Secret", resource.namespace, name, made
    for resource in inventory.of_kind(_CLUSTER_EXTERNAL_SECRET):
        spec = resource.get("spec", "externalSecretSpec")
        name = spec.get("target", "name").identity() or (
            resource.get("spec", "externalSecretName").identity() or resource.name
        )
        for namespace in _namespaces(inventory):
            yield "Secret", namespace, name, Producer(resource, None)
    for resource in inventory.of_kind("bitnami.com/SealedSecret"):
        template = resource.get("spec", "template", "metadata")
        name = template.get("name").identity() or resource.name
        namespace = template.get("namespace").identity() or resource.namespace
        yield "Secret", namespace, name, Producer(resource, _sealed_keys(resource))
    for resource in inventory.of_kind("cert-manager.io/Certificate"):
        name = resource.get("spec", "secretName").identity()
        yield "Secret", resource.namespace, name, Producer(resource, _certificate_keys(resource))
    yield from _of_ingresses(inventory)
    yield from _of_operators(inventory)


def _of_ingresses(inventory: Inventory) -> Iterator[_Made]:
    """cert-manager makes the Secrets that annotated Ingresses and Gateways name.

    https://cert-manager.io/docs/usage/ingress/
    """
    for resource in inventory.of_kind("Ingress"):
        if any(key.startswith("cert-manager.io/") for key in resource.annotations):
            for tls in _elements(resource.get("spec", "tls")):
                name = tls.get("secretName").identity()
                yield "Secret", resource.namespace, name, Producer(resource, None)


# Operators whose objects make Secrets and ConfigMaps with names derived from their own.
_DERIVED = (
    ("postgresql.cnpg.io/Cluster", "Secret", ("{0}-app", "{0}-superuser", "{0}-ca", "{0}-server")),
    ("rabbitmq.com/RabbitmqCluster", "Secret", ("{0}-default-user", "{0}-erlang-cookie")),
    ("kafka.strimzi.io/KafkaUser", "Secret", ("{0}",)),
    ("kafka.strimzi.io/Kafka", "Secret", ("{0}-cluster-ca-cert", "{0}-clients-ca-cert")),
    ("elasticsearch.k8s.elastic.co/Elasticsearch", "Secret", ("{0}-es-elastic-user",)),
    ("elasticsearch.k8s.elastic.co/Elasticsearch", "Secret", ("{0}-es-http-certs-public",)),
    ("postgres-operator.crunchydata.com/PostgresCluster", "Secret", ("{0}-pguser-{0}",)),
    ("isindir.github.com/SopsSecret", "Secret", ("{0}",)),
    ("secrets.hashicorp.com/VaultStaticSecret", "Secret", ("{0}",)),
    ("secrets.hashicorp.com/VaultDynamicSecret", "Secret", ("{0}",)),
    ("secrets.infisical.com/InfisicalSecret", "Secret", ("{0}",)),
    ("onepassword.com/OnePasswordItem", "Secret", ("{0}",)),
    ("kubernetes-client.io/ExternalSecret", "Secret", ("{0}",)),
    ("objectbucket.io/ObjectBucketClaim", "Secret", ("{0}",)),
    ("objectbucket.io/ObjectBucketClaim", "ConfigMap", ("{0}",)),
    ("trust.cert-manager.io/Bundle", "ConfigMap", ("{0}",)),
)
_NAMED_TARGETS = (
    ("secrets.hashicorp.com/VaultStaticSecret", ("spec", "destination", "name")),
    ("secrets.hashicorp.com/VaultDynamicSecret", ("spec", "destination", "name")),
    ("secrets.hashicorp.com/VaultPKISecret", ("spec", "destination", "name")),
    ("secrets.infisical.com/InfisicalSecret", ("spec", "managedSecretReference", "secretName")),
)


def _of_operators(inventory: Inventory) -> Iterator[_Made]:
    for kind, made, patterns in _DERIVED:
        for resource in inventory.of_kind(kind):
            namespaces = [resource.namespace]
            if kind == "trust.cert-manager.io/Bundle":
                namespaces = _namespaces(inventory)
            for pattern in patterns:
                for namespace in namespaces:
                    name = pattern.format(resource.name)
                    yield made, namespace, name, Producer(resource, None)
    for kind, path in _NAMED_TARGETS:
        for resource in inventory.of_kind(kind):
            name = resource.get(*path).identity()
            yield "Secret", resource.namespace, name, Producer(resource, None)
    for resource in inventory.of_kind("secrets-store.csi.x-k8s.io/SecretProviderClass"):
        for made_by in _elements(resource.get("spec", "secretObjects")):
            name = made_by.get("secretName").identity()
            yield "Secret", resource.namespace, name, Producer(resource, None)


def _namespaces(inventory: Inventory) -> list[str]:
    return inventory.index(_all_namespaces)


def _all_namespaces(inventory: Inventory) -> list[str]:
    found = {same_namespace(w.namespace) for w in inventory.workloads}
    return sorted(found)


def _own_keys(resource: Resource) -> frozenset[str] | None:
    """The keys of a ConfigMap or a Secret that is declared."""
    if any(map(_TOUCHED.fullmatch, _marks(resource))):
        return None
    if resource.get("type").identity() == "kubernetes.io/service-account-token":
        return None
    found: set[str] = set()
    for field in ("data", "stringData", "binaryData"):
        value = resource.get(field).value
        if is_unknown(value):
            return None
        found |= set(map(str, value)) if type(value) is dict else set()
    # A Secret that says nothing is filled in by somebody: an operator, an injector, a person.
    return frozenset(found) or None


def _external_keys(spec: Node) -> frozenset[str] | None:
    """``data[].secretKey``, or what a template makes of it; with ``dataFrom`` nobody knows.

    A template that gives data replaces the rest, unless it is merged.
    https://external-secrets.io/latest/guides/templating/
    """
    target = spec.get("target")
    template = target.get("template")
    merged = [target.get("creationPolicy"), template.get("mergePolicy")]
    if not template.known or _given(template.get("templateFrom")):
        return None
    if any(not node.known or node.value == "Merge" for node in merged):
        return None
    made, rows = template.get("data"), spec.get("data")
    if type(made.value) is dict and made.value:
        return frozenset(map(str, made.value))
    if not made.known or _given(spec.get("dataFrom")) or not rows.known:
        return None
    return frozenset(row.get("secretKey").identity() for row in _elements(rows)) or None


def _certificate_keys(resource: Resource) -> frozenset[str] | None:
    """https://cert-manager.io/docs/usage/certificate/#target-secret."""
    more = ("keystores", "additionalOutputFormats", "secretTemplate")
    if any(_given(resource.get("spec", field)) for field in more):
        return None
    return frozenset({"tls.crt", "tls.key", "ca.crt"})


def _sealed_keys(resource: Resource) -> frozenset[str] | None:
    value = resource.get("spec", "encryptedData").value
    if type(value) is not dict or _given(resource.get("spec", "template", "data")):
        return None
    return frozenset(value)


def _given(node: Node) -> bool:
    """Whether something may stand there, known or not."""
    return not node.known or bool(node)


def _elements(node: Node) -> Iterator[Node]:
    """The mappings of a list that is known; an unknown one has none that could be named."""
    if type(node.value) is list:
        yield from (element for element in node.items() if type(element.value) is dict)
