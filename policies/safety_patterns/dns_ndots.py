"""With the ndots of Kubernetes a lookup of a host outside is many lookups."""

from collections.abc import Iterator

from prodready_infra.sdk import LONG_RUNNING, NotApplicable, Problem, Workload, rule


@rule(
    id="SAF054",
    title="pods try every outside host name under the cluster's domains first",
    group="disputed",
    kinds=LONG_RUNNING - {"serving.knative.dev/Service"},  # there dnsConfig is not for users
    references=[
        "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-dns-config",
    ],
    aliases=["kube-linter:dnsconfig-options"],
)
def dns_ndots(workload: Workload, *, maximum: int = 2) -> Iterator[Problem]:
    pod = workload.pod
    # ClusterFirst is the default, and on the host's network it means the node's own file.
    # https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy
    policy = pod.get("dnsPolicy").text("ClusterFirst")
    if policy in ("Default", "None"):
        raise NotApplicable(f"dnsPolicy {policy} does not take the cluster's search domains")
    if policy == "ClusterFirst" and pod.get("hostNetwork").flag():
        raise NotApplicable("on the host's network it takes the names that its node does")
    options = pod.get("dnsConfig", "options")
    for option in options.items():
        if option.get("name").text() == "ndots" and option.get("value").present:
            value = option.get("value")
            if value.number() > maximum:
                yield Problem(
                    value,
                    f"ndots is {value.text()}: names with fewer dots are tried under each search"
                    " domain first",
                )
            return
    yield Problem(
        options,
        "ndots is 5, the default: a name such as api.example.com takes four lookups or more",
    )
