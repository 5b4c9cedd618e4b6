"""Renders charts in a process of its own: one JSON request a line, one JSON answer a line.

``python -m prodready_infra.sources.kubernetes.render.helm_worker`` needs ``helm-python-sdk``,
which carries Helm's own library; a crash of it ends this process and no other.
"""

import json
import sys
from typing import Any


def merged(below: Any, above: Any) -> Any:
    """Values of a later file over those of an earlier one, as Helm merges them."""
    if type(below) is dict and type(above) is dict:
        return {**below, **{k: merged(below.get(k), v) for k, v in above.items()}}
    return above


def answer(request: dict[str, Any]) -> dict[str, Any]:
    from helm_python import Chart, HelmError, values_from_yaml

    try:
        values: Any = {}
        for text in request["values"]:
            values = merged(values, values_from_yaml(text))
        with Chart.load(request["chart"]) as chart:
            name, namespace = request["name"], request["namespace"]
            return {"rendered": chart.render(values, name=name, namespace=namespace)}
    except HelmError as error:
        return {"error": " ".join(str(error).split())}


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)  # noqa: T201 - the protocol


if __name__ == "__main__":
    main()
