"""APIs that Kubernetes, and products with CRDs that everybody uses, no longer serve.

https://kubernetes.io/docs/reference/using-api/deprecation-guide/ and, for alpha APIs and custom
resources, the release notes that the entry names. An API that is deprecated and still served by
some supported release has no entry: its day is not fixed.
"""

from dataclasses import dataclass

from prodready_infra.model.resource import kubernetes_kind


@dataclass(frozen=True, slots=True)
class ApiRemoval:
    """That ``removed_in`` of ``product`` and all later releases refuse an API.

    ``replacement`` is the apiVersion to use instead, or empty when nothing took its place.
    """

    api_version: str
    kind: str
    product: str
    removed_in: tuple[int, int]
    replacement: str = ""

    @property
    def release(self) -> str:
        """The first release without it: ``Kubernetes 1.22``."""
        return f"{self.product} {'.'.join(map(str, self.removed_in))}"


_FLOWCONTROL = "FlowSchema PriorityLevelConfiguration"
_RBAC = "ClusterRole ClusterRoleBinding Role RoleBinding"
_REVIEWS = "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview"
_CERT_MANAGER = "Certificate CertificateRequest ClusterIssuer Issuer"

# Product, first release without it, apiVersion, what replaces it, kinds.
_TABLE = (
    ("Kubernetes", (1, 32), "flowcontrol.apiserver.k8s.io/v1beta3",
     "flowcontrol.apiserver.k8s.io/v1", _FLOWCONTROL),
    ("Kubernetes", (1, 29), "flowcontrol.apiserver.k8s.io/v1beta2",
     "flowcontrol.apiserver.k8s.io/v1", _FLOWCONTROL),
    ("Kubernetes", (1, 27), "storage.k8s.io/v1beta1", "storage.k8s.io/v1", "CSIStorageCapacity"),
    ("Kubernetes", (1, 26), "flowcontrol.apiserver.k8s.io/v1beta1",
     "flowcontrol.apiserver.k8s.io/v1", _FLOWCONTROL),
    ("Kubernetes", (1, 26), "autoscaling/v2beta2", "autoscaling/v2", "HorizontalPodAutoscaler"),
    ("Kubernetes", (1, 25), "autoscaling/v2beta1", "autoscaling/v2", "HorizontalPodAutoscaler"),
    ("Kubernetes", (1, 25), "batch/v1beta1", "batch/v1", "CronJob"),
    ("Kubernetes", (1, 25), "discovery.k8s.io/v1beta1", "discovery.k8s.io/v1", "EndpointSlice"),
    ("Kubernetes", (1, 25), "events.k8s.io/v1beta1", "events.k8s.io/v1", "Event"),
    ("Kubernetes", (1, 25), "policy/v1beta1", "policy/v1", "PodDisruptionBudget"),
    ("Kubernetes", (1, 25), "policy/v1beta1", "", "PodSecurityPolicy"),
    ("Kubernetes", (1, 25), "node.k8s.io/v1beta1", "node.k8s.io/v1", "RuntimeClass"),
    ("Kubernetes", (1, 22), "admissionregistration.k8s.io/v1beta1",
     "admissionregistration.k8s.io/v1",
     "MutatingWebhookConfiguration ValidatingWebhookConfiguration"),
    ("Kubernetes", (1, 22), "apiextensions.k8s.io/v1beta1", "apiextensions.k8s.io/v1",
     "CustomResourceDefinition"),
    ("Kubernetes", (1, 22), "apiregistration.k8s.io/v1beta1", "apiregistration.k8s.io/v1",
     "APIService"),
    ("Kubernetes", (1, 22), "authentication.k8s.io/v1beta1", "authentication.k8s.io/v1",
     "TokenReview"),
    ("Kubernetes", (1, 22), "authorization.k8s.io/v1beta1", "authorization.k8s.io/v1",
     f"{_REVIEWS} SubjectAccessReview"),
    ("Kubernetes", (1, 22), "certificates.k8s.io/v1beta1", "certificates.k8s.io/v1",
     "CertificateSigningRequest"),
    ("Kubernetes", (1, 22), "coordination.k8s.io/v1beta1", "coordination.k8s.io/v1", "Lease"),
    ("Kubernetes", (1, 22), "extensions/v1beta1", "networking.k8s.io/v1", "Ingress"),
    ("Kubernetes", (1, 22), "networking.k8s.io/v1beta1", "networking.k8s.io/v1",
     "Ingress IngressClass"),
    ("Kubernetes", (1, 22), "rbac.authorization.k8s.io/v1beta1", "rbac.authorization.k8s.io/v1",
     _RBAC),
    ("Kubernetes", (1, 22), "scheduling.k8s.io/v1beta1", "scheduling.k8s.io/v1", "PriorityClass"),
    ("Kubernetes", (1, 22), "storage.k8s.io/v1beta1", "storage.k8s.io/v1",
     "CSIDriver CSINode StorageClass VolumeAttachment"),
    ("Kubernetes", (1, 16), "extensions/v1beta1", "networking.k8s.io/v1", "NetworkPolicy"),
    ("Kubernetes", (1, 16), "extensions/v1beta1", "apps/v1", "DaemonSet Deployment ReplicaSet"),
    ("Kubernetes", (1, 16), "extensions/v1beta1", "", "PodSecurityPolicy"),
    ("Kubernetes", (1, 16), "apps/v1beta2", "apps/v1",
     "DaemonSet Deployment ReplicaSet StatefulSet"),
    ("Kubernetes", (1, 16), "apps/v1beta1", "apps/v1", "Deployment ReplicaSet StatefulSet"),
    # The changelogs of 1.23, 1.21 and 1.20: alpha, and yet in many an old repository.
    ("Kubernetes", (1, 23), "rbac.authorization.k8s.io/v1alpha1", "rbac.authorization.k8s.io/v1",
     _RBAC),
    ("Kubernetes", (1, 23), "scheduling.k8s.io/v1alpha1", "scheduling.k8s.io/v1", "PriorityClass"),
    ("Kubernetes", (1, 21), "batch/v2alpha1", "batch/v1", "CronJob"),
    ("Kubernetes", (1, 20), "settings.k8s.io/v1alpha1", "", "PodPreset"),
    # https://cert-manager.io/docs/releases/upgrading/upgrading-1.5-1.6/
    ("cert-manager", (1, 6), "cert-manager.io/v1alpha2", "cert-manager.io/v1", _CERT_MANAGER),
    ("cert-manager", (1, 6), "cert-manager.io/v1alpha3", "cert-manager.io/v1", _CERT_MANAGER),
    ("cert-manager", (1, 6), "cert-manager.io/v1beta1", "cert-manager.io/v1", _CERT_MANAGER),
    # https://cert-manager.io/docs/releases/upgrading/upgrading-0.10-0.11/
    ("cert-manager", (0, 11), "certmanager.k8s.io/v1alpha1", "cert-manager.io/v1", _CERT_MANAGER),
    # https://keda.sh/docs/2.0/migration/
    ("KEDA", (2, 0), "keda.k8s.io/v1alpha1", "keda.sh/v1alpha1",
     "ScaledObject TriggerAuthentication"),
)  # fmt: skip

_REMOVALS = {
    (api_version, kind): ApiRemoval(api_version, kind, product, removed_in, replacement)
    for product, removed_in, api_version, replacement, kinds in _TABLE
    for kind in kinds.split()
}

# As rules name them: some API of these was removed, so that the question may be asked.
REMOVED_API_KINDS = frozenset(kubernetes_kind(*key) for key in _REMOVALS) | {
    kubernetes_kind(removal.replacement, removal.kind)
    for removal in _REMOVALS.values()
    if removal.replacement
}


def api_removal(api_version: str, kind: str) -> ApiRemoval | None:
    """When ``kind`` of ``api_version`` was removed; ``None`` when it is served."""
    return _REMOVALS.get((api_version, kind))
