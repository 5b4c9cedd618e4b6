"""Finds the files to read: one walk, cheap decisions, nothing parsed."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from prodready_infra.errors import InputError, UsageError
from prodready_infra.sources.terraform.installed import (
    DATA_FOLDER,
    installed_modules,
    manifest_of,
)
from prodready_infra.sources.tracked import Tracked

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

IGNORE_FILES = (".gitignore", ".prodreadyignore")
_SKIPPED_FOLDERS = frozenset(
    {".git", ".hg", ".svn", ".terraform", ".terragrunt-cache", ".venv", "__pycache__"}
    | {"node_modules", ".prodready-cache", ".tox", ".mypy_cache", ".ruff_cache"}
)
_TERRAFORM = re.compile(r".*\.(?:tf|tofu)(?:\.json)?")
_VARIABLES = re.compile(r".*\.tfvars(?:\.json)?")
_DOCKERFILE = re.compile(
    r"(?:Dockerfile|Containerfile)(?:\.[\w.-]+)?|.+\.(?:[Dd]ockerfile|[Cc]ontainerfile)"
)
# "Dockerfile.md" is about a Dockerfile, "Dockerfile.dockerignore" belongs to one.
_NOT_DOCKERFILE = re.compile(
    r".*\.(?:md|txt|dockerignore|tmpl|tpl|j2|template|in|erb|mustache|bak|orig|swp|html|sh|py|go"
    r"|ya?ml|json|rst|adoc)"
)
_MANIFEST = re.compile(r".*\.(?:ya?ml|json)")
# What Terraform's ``templatefile`` fills in, when it is not named as what it becomes.
_TEMPLATE = re.compile(r".*\.(?:tftpl|tpl|tmpl)")
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_RENDERED = frozenset({"Chart.yaml", *_KUSTOMIZATIONS})
# Lock files and the like: large, and never a manifest.
_NEVER_MANIFEST = frozenset(
    {"package-lock.json", "package.json", "tsconfig.json", "composer.lock", "pnpm-lock.yaml"}
)


@dataclass(slots=True)
class Found:
    """The paths to read, by what reads them, each relative to the working directory if below it.

    ``context`` are the neighbours of Terraform files that were asked for one by one: a folder is
    one module, so they are read with it and not judged.
    ``folders`` are those asked for, and those of files asked for one by one.
    ``charts`` are folders with a ``Chart.yaml``, ``kustomizations`` the files of that name.
    """

    manifests: list[str] = field(default_factory=list)
    terraform: list[str] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)
    dockerfiles: list[str] = field(default_factory=list)
    charts: list[str] = field(default_factory=list)
    # Files of modules that terraform init fetched, and the lists of them.
    installed: list[str] = field(default_factory=list)
    # What only rendering reads: templates, and helpers and settings in the folders of charts and
    # kustomizations.
    ingredients: list[str] = field(default_factory=list)
    kustomizations: list[str] = field(default_factory=list)
    problems: list[InputError] = field(default_factory=list)
    context: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    stdin: bool = False

    def files(self) -> list[str]:
        """Every file that may be read, in a fixed order."""
        return [path for files in self.by_reader() for path in files]

    def by_reader(self) -> tuple[list[str], ...]:
        return (
            self.manifests,
            self.terraform,
            self.variables,
            self.installed,
            self.dockerfiles,
            self.kustomizations,
            self.ingredients,
        )


def classify(name: str) -> str:
    """What reads a file of that name: a field of :class:`Found`, or nothing."""
    if _TERRAFORM.fullmatch(name):
        return "terraform"
    if _VARIABLES.fullmatch(name):
        return "variables"
    if _DOCKERFILE.fullmatch(name) and not _NOT_DOCKERFILE.fullmatch(name):
        return "dockerfiles"
    if name in _KUSTOMIZATIONS:
        return "kustomizations"
    if _MANIFEST.fullmatch(name) and name not in _NEVER_MANIFEST:
        return "manifests"
    return ""


def find(paths: Iterable[str], exclude: Iterable[str] = ()) -> Found:
    """All files below ``paths`` worth reading; a path that is a file is taken as it is.

    Raises :class:`UsageError` when a path does not exist.
    """
    found = Found()
    patterns = list(exclude)
    excluded = _patterns(patterns) if patterns else None
    alone: list[str] = []
    for path in dict.fromkeys(map(_from_here, paths)):
        if not os.path.lexists(path):
            raise UsageError(f"no such file or folder: {path}")
        if Path(path).is_dir():
            found.folders.append(path)
            _Walk(path, excluded, found).run()
        else:
            found.folders.append(os.path.dirname(path))
            _add(found, classify(Path(path).name) or "manifests", path)
            alone.append(path)
    _add_neighbours(found, alone)
    for files in (*found.by_reader(), found.charts):  # the paths asked for may overlap
        files[:] = dict.fromkeys(files)
    return found


def _add_neighbours(found: Found, files: list[str]) -> None:
    folders = {os.path.dirname(path) for path in files if classify(Path(path).name) == "terraform"}
    asked = {*found.terraform, *found.variables}
    for folder in sorted(folders):
        for name in sorted(os.listdir(folder or ".")):
            path = Path(folder, name).as_posix()
            kind = classify(name)
            if kind in ("terraform", "variables") and path not in asked and Path(path).is_file():
                _add(found, kind, path)
                found.context.append(path)
        files = _installed(folder)
        found.installed += files
        found.context += files


def _from_here(path: str) -> str:
    """The path relative to the working directory when it lies below it, as reports want it."""
    normal = os.path.normpath(path)
    if not os.path.isabs(normal):
        return normal
    try:
        relative = os.path.relpath(normal)
    except ValueError:  # another drive of Windows
        return normal
    return normal if relative.startswith("..") else relative


def _add(found: Found, kind: str, path: str) -> None:
    getattr(found, kind).append(Path(path).as_posix())


def _patterns(lines: list[str]) -> "GitIgnoreSpec":
    from pathspec import GitIgnoreSpec  # costs a tenth of a small run: only where it is needed

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError as error:
        raise UsageError(f"is no pattern: {error}") from None


class _Ignored:
    """One ignore file: patterns relative to its folder."""

    def __init__(self, file: Path) -> None:
        self.folder = str(file.parent)
        self.of_git = file.name == ".gitignore"
        self.spec = _patterns(file.read_text("utf-8", "replace").splitlines())

    def covers(self, path: str, *, folder: bool) -> bool | None:
        """Ignored, taken back in by a later ``!`` pattern, or not spoken of."""
        relative = os.path.relpath(path, self.folder).replace(os.sep, "/")
        return self.spec.check_file(relative + "/" if folder else relative).include


class _Walk:
    def __init__(self, root: str, excluded: "GitIgnoreSpec | None", found: Found) -> None:
        self.root = root
        self.excluded = excluded
        self.found = found
        self.seen: set[tuple[int, int]] = set()
        self.tracked = Tracked(root)

    def run(self) -> None:
        outer = [ignored for folder in _outer_folders(self.root) for ignored in _ignores(folder)]
        self._folder(self.root, outer)

    def _folder(self, folder: str, ignored: list[_Ignored]) -> None:
        stack = [(folder, ignored, False)]
        while stack:
            here, rules, rendered = stack.pop()
            entries = self._entries(here)
            names = {entry.name for entry in entries}
            rules = [*rules, *(_ignores(here) if names.intersection(IGNORE_FILES) else ())]
            if "Chart.yaml" in names:
                self.found.charts.append(_shown(here))
            rendered = rendered or not names.isdisjoint(_RENDERED)
            below = []
            for entry in entries:
                if self._is_folder(entry):
                    if entry.name not in _SKIPPED_FOLDERS and not self._skipped(
                        entry, rules, folder=True
                    ):
                        below.append((entry.path, rules, rendered))
                else:
                    self._file(entry, rules, rendered=rendered)
                    continue
                if entry.name == DATA_FOLDER and not self._skipped(
                    entry, [rule for rule in rules if not rule.of_git], folder=True
                ):
                    self.found.installed += _installed(_shown(here))
            stack += reversed(below)

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            status = os.stat(folder)
            key = (status.st_dev, status.st_ino)
            if key in self.seen:  # a symbolic link led back here
                return []
            self.seen.add(key)
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            self.found.problems.append(InputError(f"cannot be read: {reason}", _shown(folder)))
            return []

    def _is_folder(self, entry: os.DirEntry[str]) -> bool:
        """Links to folders are followed only below the scanned root."""
        try:
            if not entry.is_symlink():
                return entry.is_dir()
            target, root = Path(entry.path).resolve(), Path(self.root).resolve()
            return entry.is_dir() and target.is_relative_to(root)
        except (OSError, RuntimeError):
            return False

    def _file(self, entry: os.DirEntry[str], rules: list[_Ignored], *, rendered: bool) -> None:
        rendered = rendered or bool(_TEMPLATE.fullmatch(entry.name))
        kind = classify(entry.name) or ("ingredients" if rendered else "")
        if not kind or self._skipped(entry, rules, folder=False):
            return
        try:
            regular = entry.is_file()
            outside = entry.is_symlink() and not _inside(entry.path, self.root)
        except (OSError, RuntimeError):
            regular = outside = False
        if regular and not outside:
            _add(self.found, kind, _shown(entry.path))
        elif entry.is_symlink() and not outside:
            self.found.problems.append(InputError("is a broken link", _shown(entry.path)))

    def _skipped(self, entry: os.DirEntry[str], rules: list[_Ignored], *, folder: bool) -> bool:
        if self.excluded is not None:
            relative = os.path.relpath(entry.path, self.root).replace(os.sep, "/")
            if self.excluded.match_file(relative + "/" if folder else relative):
                return True
        for ignored in reversed(rules):
            covers = ignored.covers(entry.path, folder=folder)
            if covers is not None:
                return covers and not (ignored.of_git and self.tracked.covers(entry.path))
        return False


def _installed(folder: str) -> list[str]:
    """The list of modules that were fetched for a root module, and the files of these."""
    manifest = manifest_of("" if folder == "." else folder)
    if not Path(manifest).is_file() or not _inside(manifest, folder or "."):
        return []
    files = [manifest]
    for place in sorted({module.folder for module in installed_modules(manifest).values()}):
        try:
            names = sorted(os.listdir(place))
        except OSError:
            continue  # the call of the module is told of
        paths = (f"{place}/{name}" for name in names if classify(name) == "terraform")
        files += [path for path in paths if os.path.isfile(path) and _inside(path, folder or ".")]
    return files


def _inside(path: str, root: str) -> bool:
    return Path(path).resolve().is_relative_to(Path(root).resolve())


def _ignores(folder: str) -> Iterator[_Ignored]:
    for name in IGNORE_FILES:
        file = Path(folder) / name
        if file.is_file():
            try:
                yield _Ignored(file)
            except (OSError, UsageError):
                continue  # what cannot be read ignores nothing


def _outer_folders(root: str) -> list[str]:
    """The folders from the repository's top down to above ``root``."""
    resolved = Path(root).resolve()
    for top in (resolved, *resolved.parents):
        if (top / ".git").exists():
            inner = [parent for parent in resolved.parents if parent.is_relative_to(top)]
            return [str(folder) for folder in reversed(inner)]
    return []


def _shown(path: str) -> str:
    return Path(path).as_posix()
