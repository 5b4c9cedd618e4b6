"""One Dockerfile to a batch of build stages."""

from prodready_infra.sources.batch import Batch
from prodready_infra.sources.comments import suppression_comments
from prodready_infra.sources.docker.build import read_dockerfile


def read_dockerfile_batch(text: str, path: str) -> Batch:
    """The stages of one Dockerfile; an unknown instruction is a problem, and ends nothing."""
    result = read_dockerfile(text, path)
    return Batch(
        stages=list(result.stages),
        problems=list(result.problems),
        judged=[path] if result.stages else [],
        comments=suppression_comments(text, path),
    )
