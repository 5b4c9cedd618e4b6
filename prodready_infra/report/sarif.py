"""SARIF 2.1.0, within what GitHub code scanning takes.

https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

import json
from typing import Any
from urllib.parse import quote

from prodready_infra.report.contract import Entry, Place, Report, RuleInfo

_LEVELS = {"blocker": "error", "warning": "warning", "info": "note"}
# GitHub stores 25,000 results of a run and refuses an upload with more.
MAX_RESULTS = 25_000


def render(report: Report) -> str:
    rules = {rule.slug: index for index, rule in enumerate(report.ruleset.rules)}
    entries = [e for e in report.verdicts if e.outcome == "fail" and e.locations]
    entries.sort(key=lambda entry: (entry.priority, bool(entry.suppressed_by)))
    driver = {
        "name": report.tool.name,
        "version": report.tool.version,
        "semanticVersion": report.tool.version,
        "informationUri": "https://github.com/prodready-infra/prodready-infra",
        "rules": [_rule(rule, report) for rule in report.ruleset.rules],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "prodready/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(entry, rules) for entry in entries[:MAX_RESULTS]],
        "invocations": [_invocation(report)],
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: RuleInfo, report: Report) -> dict[str, Any]:
    severities = [e.severity for e in report.verdicts if e.rule == rule.slug]
    gravest = next((s for s in _LEVELS if s in severities), "warning")
    links = "\n".join(f"- <{reference}>" for reference in rule.references)
    return {
        "id": rule.id,
        "name": rule.slug,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why[:1000]},
        "help": {
            "text": f"{rule.why}\n\nHow to fix: {rule.fix}",
            "markdown": f"{rule.why}\n\n**How to fix.** {rule.fix}\n\n{links}",
        },
        **({"helpUri": rule.references[0]} if rule.references else {}),
        "defaultConfiguration": {"level": _LEVELS[gravest]},
        "properties": {
            "tags": ["production-readiness", rule.category],
            "precision": "high",
            "problem.severity": {"note": "recommendation"}.get(_LEVELS[gravest], _LEVELS[gravest]),
        },
    }


def _result(entry: Entry, rules: dict[str, int]) -> dict[str, Any]:
    first, *others = entry.locations
    related = [*others, *(place for place in entry.provenance if place.path)]
    result: dict[str, Any] = {
        "ruleId": entry.id,
        "ruleIndex": rules[entry.rule],
        "level": _LEVELS[entry.severity],
        "message": {"text": entry.message},
        "locations": [
            {
                "physicalLocation": _physical(first),
                "logicalLocations": [
                    {"fullyQualifiedName": entry.resource.address, "kind": "resource"}
                ],
            }
        ],
        # Ours, and the key GitHub reads: both stay when lines above the finding change.
        "partialFingerprints": {
            "prodready/v1": entry.fingerprint,
            "primaryLocationLineHash": entry.fingerprint,
        },
    }
    if related:
        result["relatedLocations"] = [
            {"id": n, "physicalLocation": _physical(place), "message": {"text": place.label}}
            for n, place in enumerate(related, start=1)
        ]
    if entry.suppressed_by is not None:
        result["suppressions"] = [{"kind": "inSource", "justification": entry.suppressed_by.reason}]
    return result


def _uri(path: str) -> str:
    return quote(path, errors="surrogateescape")


def _physical(place: Place) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": _uri(place.path)},
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        },
    }


def _invocation(report: Report) -> dict[str, Any]:
    return {
        "executionSuccessful": not report.inputs.problems,
        "toolExecutionNotifications": [
            {
                "level": "error",
                "message": {"text": problem.message},
                "locations": [
                    {
                        "physicalLocation": {
                            "artifactLocation": {"uri": _uri(problem.path)},
                            "region": {"startLine": max(problem.line, 1)},
                        }
                    }
                ],
            }
            for problem in report.inputs.problems
        ],
    }
