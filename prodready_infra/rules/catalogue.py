"""Loads policy files: the shipped ones and a user's, in exactly the same way."""

import hashlib
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from prodready_infra.errors import PolicyError
from prodready_infra.findings import Category
from prodready_infra.paths import shipped
from prodready_infra.rules.rule import Rule

_ID = re.compile(r"[A-Z]{3}\d{3}")
_MODULE_PREFIX = "prodready_policies"


class Catalogue:
    """The rules of one run, by id, by slug and by the names other tools give them."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: tuple[Rule, ...] = tuple(sorted(rules, key=lambda rule: rule.id))
        self._by_name: dict[str, Rule] = {}
        for rule in self.rules:
            for name in (rule.id, rule.slug):
                other = self._by_name.setdefault(name, rule)
                if other is not rule:
                    raise PolicyError(f"'{name}' is taken by {other.file}", str(rule.file))

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    def get(self, name: str) -> Rule | None:
        """The rule of that id or slug, in any case."""
        return self._by_name.get(name) or self._by_name.get(
            name.upper(), self._by_name.get(name.lower())
        )

    def aliased(self, alias: str) -> list[Rule]:
        """The rules that answer to another tool's name, such as ``checkov:CKV_K8S_9``."""
        wanted = alias.lower()
        return [rule for rule in self.rules if wanted in map(str.lower, rule.aliases)]


def load(folders: Iterable[Path] = ()) -> Catalogue:
    """The shipped rules and those of ``folders``.

    Raises :class:`PolicyError`, located, when a file cannot be loaded or two rules clash.
    """
    files = [file for folder in (shipped("policies"), *folders) for file in _policy_files(folder)]
    return Catalogue(_load_file(file) for file in files)


def digest(folders: Iterable[Path] = ()) -> str:
    """Changes with the text of any rule, page or table, without loading one."""
    state = hashlib.blake2b(digest_size=8)
    for folder in (shipped("policies"), *folders):
        for file in _policy_files(folder):
            for part in (file, file.with_suffix(".md")):
                state.update(part.name.encode())
                state.update(part.read_bytes() if part.is_file() else b"")
        table = folder / "profiles.toml"
        state.update(table.read_bytes() if table.is_file() else b"")
    return state.hexdigest()


def _policy_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise PolicyError("no such folder of policies", str(folder))
    names = [category.folder for category in Category]
    return sorted(
        file for name in names if (folder / name).is_dir() for file in (folder / name).glob("*.py")
    )


def _load_file(file: Path) -> Rule:
    name = f"{_MODULE_PREFIX}.{abs(hash(file.parent))}.{file.stem}"
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise PolicyError("cannot be loaded", str(file))
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except PolicyError:
        raise
    except SyntaxError as error:
        raise PolicyError(error.msg, str(file), error.lineno or 0, error.offset or 0) from None
    except Exception as error:  # noqa: BLE001 - a user's module may raise anything
        raise PolicyError(
            f"{type(error).__name__}: {error}", str(file), line_in(file, error)
        ) from None
    rules = [value for value in vars(module).values() if isinstance(value, Rule)]
    if len(rules) != 1:
        raise PolicyError(f"declares {len(rules)} rules instead of one", str(file))
    _verify(rules[0], file)
    return rules[0]


def line_in(file: Path, error: BaseException) -> int:
    """The line of ``file`` that the error's traceback last passed through; 0 for none."""
    line, frame = 0, error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == str(file):
            line = frame.tb_lineno
        frame = frame.tb_next
    return line


def _verify(rule: Rule, file: Path) -> None:
    if rule.slug != file.stem.replace("_", "-"):
        raise PolicyError(f"the file must be named after its rule, {rule.slug}", str(file))
    prefixes = [category.prefix for category in Category if category.folder == file.parent.name]
    if not _ID.fullmatch(str(rule.id)) or rule.id[:3] not in prefixes:
        raise PolicyError(
            f"the id must be {prefixes[0]} and three digits, not {rule.id}", str(file)
        )
    if not rule.page.is_file():
        raise PolicyError(f"its page {rule.page.name} is missing", str(file))
