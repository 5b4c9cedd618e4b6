"""The canonical format: the contract itself. Schema: ``schemas/report.schema.json``."""

import json
from typing import Any

from prodready_infra.report.contract import Report, to_data


def render(report: Report) -> str:
    """A line for each part of the report, and for each verdict: quick to write and to compare.

    Indentation would keep the standard library from using its fast encoder.
    """
    data = to_data(report)
    parts = [f'  "{name}": {_part(name, value)}' for name, value in data.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _part(name: str, value: Any) -> str:
    if name != "verdicts" or not value:
        return json.dumps(value, ensure_ascii=False)
    return "[\n" + ",\n".join(f"    {json.dumps(v, ensure_ascii=False)}" for v in value) + "\n  ]"
