"""The canonical format: the contract itself. Schema: ``schemas/report.schema.json``."""

import json

from prodready_infra.report.contract import Report, to_data


def render(report: Report) -> str:
    return json.dumps(to_data(report), indent=2, ensure_ascii=False) + "\n"
