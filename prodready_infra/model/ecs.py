"""Services of Amazon ECS."""

from prodready_infra.model.resource import Resource


def takes_requests(service: Resource) -> bool:
    """Whether a load balancer or Service Connect sends requests to an ECS service.

    Of Service Connect only what has a ``service`` block is called; the others are clients.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-concepts.html
    """
    balancers = service.get("load_balancer")
    if balancers.known and any(True for _ in balancers.items()):
        return True
    connect = service.get("service_connect_configuration", 0)
    if connect.get("enabled").flag() and any(True for _ in connect.get("service").items()):
        return True
    return any(True for _ in balancers.items())
