"""A module that is fetched from elsewhere is the same tomorrow."""

import re
from collections.abc import Iterator

from prodready_infra.sdk import (
    Node,
    NotApplicable,
    Problem,
    Resource,
    is_example,
    rule,
)

# https://developer.hashicorp.com/terraform/language/modules/sources
_LOCAL = ("./", "../", "/")
_GIT = re.compile(r"git::|git@|github\.com/|bitbucket\.org/|https://[^?]+\.git(?:$|[/?])")
_REGISTRY = re.compile(r"(?:[\w-]+(?:\.[\w-]+)+(?::\d+)?/)?[\w-]+/[\w-]+/[\w-]+(?://.*)?")
_REF = re.compile(r"[?&]ref=([^&]*)")
_BRANCH = re.compile(r"refs/heads/.*|origin/.*|(?:main|master|develop|dev|trunk|latest|HEAD)")
_UPPER = re.compile(r"\s*(?:=|~>|<|<=)?\s*v?\d")


@rule(
    id="SEC047",
    title="module is fetched in whatever version is the newest",
    group="reproducibility",
    kinds=["module"],
    references=[
        "https://developer.hashicorp.com/terraform/language/modules/sources",
        "https://developer.hashicorp.com/terraform/language/expressions/version-constraints",
    ],
    aliases=["checkov:CKV_TF_2", "tflint:terraform_module_version"],
)
def module_version_pinned(module: Resource) -> Iterator[Problem]:
    if is_example(module.folder):
        raise NotApplicable("it is an example or a test of a module")
    source = module.get("source")
    text = source.text()
    if text.startswith(_LOCAL):
        raise NotApplicable("it stands in the same repository")
    if _GIT.match(text):
        ref = _REF.search(text)
        if ref is None:
            yield Problem(source, "source names no ref: it is whatever the default branch is")
        elif _BRANCH.fullmatch(ref[1]):
            yield Problem(source, f"source names the branch '{ref[1]}', which moves on")
    elif _REGISTRY.fullmatch(text):
        yield from _open_version(module.get("version"))
    else:
        raise NotApplicable("its source has no versions")


def _open_version(version: Node) -> Iterator[Problem]:
    # Modules are not in .terraform.lock.hcl: nothing else fixes what a constraint leaves open.
    if not version.text():
        yield Problem(version, "version is not set: it is whatever is published last")
    elif not any(_UPPER.match(part) for part in version.text().split(",")):
        yield Problem(version, f"version '{version.text()}' has no upper bound")
