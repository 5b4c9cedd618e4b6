"""Folders of code that shows or tests other code, and makes nothing that lasts."""

import re

_NAMES = frozenset(
    {"demo", "demos", "e2e", "example", "examples", "fixture", "fixtures"}
    | {"sample", "samples", "spec", "test", "testdata", "testing", "tests"}
)
_WORD = re.compile(r"[^/\\_.-]+")


def is_example(folder: str) -> bool:
    """Whether a folder, or one that it lies in, is named as one of examples or of tests."""
    return not _NAMES.isdisjoint(_WORD.findall(folder.lower()))
