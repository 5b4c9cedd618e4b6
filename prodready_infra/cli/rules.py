"""``rules``: the catalogue as a list."""

import json
from typing import TYPE_CHECKING, Any

import click

from prodready_infra.cli.options import selection_options, settings_from

if TYPE_CHECKING:
    from prodready_infra.cli.pipeline import Asked
    from prodready_infra.rules.rule import Rule


@click.command(short_help="List the rules.")
@selection_options
@click.option("--json", "as_json", is_flag=True, help="All that is known of each, as JSON.")
def rules(config: str | None, as_json: bool, **options: Any) -> None:
    """List the rules that a profile asks at a tier, with their severity."""
    from prodready_infra.cli.pipeline import asked

    chosen = asked(settings_from((), config, **options))
    if as_json:
        click.echo(json.dumps([_facts(rule, chosen) for rule in chosen.rules], indent=2))
        return
    width = max((len(rule.slug) for rule in chosen.rules), default=0)
    for rule in chosen.rules:
        severity = chosen.severity(rule)
        click.echo(f"{rule.id}  {rule.slug:<{width}}  {severity:<8} {rule.title}")


def _facts(rule: "Rule", chosen: "Asked") -> dict[str, Any]:
    from prodready_infra.rules.rule import SUBJECTS

    return {
        "id": rule.id,
        "slug": rule.slug,
        "title": rule.title,
        "category": rule.category.value,
        "group": rule.group,
        "severity": str(chosen.severity(rule)),
        "subject": SUBJECTS[rule.subject],
        "kinds": sorted(rule.kinds),
        "options": rule.options,
        "references": list(rule.references),
        "aliases": list(rule.aliases),
        "since": rule.since,
        "lifecycle": str(rule.lifecycle),
    }
