"""A tag in a registry keeps naming the image that was tested under it."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    NotApplicable,
    Problem,
    Resource,
    rule,
    setting,
)

_ECR = "aws_ecr_repository"


@rule(
    id="SAF127",
    title="tags of a registry can be moved to another image",
    group="disputed",
    kinds=[_ECR, "google_artifact_registry_repository"],
    references=[
        "https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html",
        "https://cloud.google.com/artifact-registry/docs/docker/troubleshoot",
    ],
    aliases=["checkov:CKV_AWS_51", "trivy:AWS-0031"],
)
def registry_tag_mutable(registry: Resource) -> Iterator[Problem]:
    if registry.kind == _ECR:
        mutability = setting(registry, "image_tag_mutability")
        # With an exclusion somebody has said which tags stay: MUTABLE_WITH_EXCLUSION.
        if mutability.text().upper() == "MUTABLE":
            state = "MUTABLE" if registry.get("image_tag_mutability").present else "not set"
            yield Problem(mutability, f"image_tag_mutability is {state}: a push can replace a tag")
        return
    if registry.get("format").text().upper() != "DOCKER":
        raise NotApplicable("it holds no images")
    if registry.get("mode").text("STANDARD_REPOSITORY").upper() != "STANDARD_REPOSITORY":
        raise NotApplicable("it passes on the images of other registries")
    immutable = registry.get("docker_config", 0, "immutable_tags")
    if not immutable.flag():
        state = "false" if immutable.present else "not set"
        yield Problem(immutable, f"immutable_tags is {state}: a push can replace a tag")
