"""HCL text in the layout of ``terraform fmt``, from names and ready expressions."""

from collections.abc import Iterable, Mapping


def block(head: str, attributes: Mapping[str, str], inner: Iterable[str] = ()) -> str:
    """A block: its attributes, aligned as the formatter wants them, then what stands in it."""
    parts = [part for part in (aligned(attributes), *inner) if part]
    if not parts:
        return f"{head} {{}}"
    return f"{head} {{\n{indented(f'{chr(10)}{chr(10)}'.join(parts))}\n}}"


def aligned(attributes: Mapping[str, str]) -> str:
    """One-line attributes with their signs in one column; longer ones apart, below them."""
    short = {name: value for name, value in attributes.items() if "\n" not in value}
    width = max(map(len, short), default=0)
    groups = ["\n".join(f"{name:<{width}} = {value}" for name, value in short.items())]
    groups += [f"{name} = {value}" for name, value in attributes.items() if "\n" in value]
    return "\n\n".join(group for group in groups if group)


def mapping(entries: Mapping[str, str]) -> str:
    return f"{{\n{indented(aligned(entries))}\n}}"


def indented(text: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in text.split("\n"))
