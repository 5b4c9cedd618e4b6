"""A rule's page as people read it: its own sections, framed by what the rule declares."""

from prodready_infra.readiness.severity import severity_table
from prodready_infra.rules.page import Page
from prodready_infra.rules.rule import SUBJECTS, Rule


def markdown(rule: Rule) -> str:
    """The page in Markdown, with a table of facts and, at the end, options and references."""
    sections = Page(rule.page).sections
    parts = [f"# {rule.title[0].upper()}{rule.title[1:]}", _facts(rule)]
    parts += [f"## {name}\n\n{text.strip()}" for name, text in sections.items()]
    if rule.options:
        parts.append(f"## Options\n\n{_options(rule)}")
    if rule.references:
        links = "\n".join(f"- <{reference}>" for reference in rule.references)
        parts.append(f"## References\n\n{links}")
    return "\n\n".join(parts) + "\n"


def _facts(rule: Rule) -> str:
    row = severity_table().row(rule)
    tiers = " · ".join(row["tiers"]) if row else "warning"
    rows = [
        ("Id", f"{rule.id} `{rule.slug}`"),
        ("Category", rule.category.value),
        ("Severity at tier 0 · 1 · 2", tiers),
        ("Judges", _subject(rule)),
        ("Also known as", ", ".join(f"`{alias}`" for alias in rule.aliases) or "nothing else"),
        ("Since", rule.since),
    ]
    lines = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return f"| | |\n|---|---|\n{lines}"


def _subject(rule: Rule) -> str:
    kinds = ", ".join(f"`{kind}`" for kind in sorted(rule.kinds))
    subject = f"each {SUBJECTS[rule.subject]}"
    return f"{subject} of {kinds}" if kinds else subject


def _options(rule: Rule) -> str:
    lines = "\n".join(f"| `{name}` | `{default!r}` |" for name, default in rule.options.items())
    return (
        f"| option | default |\n|---|---|\n{lines}\n\n"
        f"```toml\n# prodready.toml\n[rules.{rule.slug}]\n"
        + "".join(f"{name} = {_toml(value)}\n" for name, value in rule.options.items())
        + "```"
    )


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
