"""Starts a rule: the pair of files and a fixture, with the next free id.

python docs/new_rule.py data_safety backups-unencrypted
"""

import re
import sys
from pathlib import Path

from prodready_infra.findings import Category
from prodready_infra.rules.catalogue import load

ROOT = Path(__file__).resolve().parent.parent

RULE = '''"""One sentence: what must hold, and for whom."""

from collections.abc import Iterator

from prodready_infra.sdk import LONG_RUNNING, Problem, Workload, rule


@rule(
    id="{id}",
    title="what is wrong, as a clause",
    group="resilience",
    kinds=LONG_RUNNING,
    references=["https://kubernetes.io/docs/concepts/workloads/"],
)
def {name}(workload: Workload) -> Iterator[Problem]:
    if workload.grace_period == 0:
        yield Problem(workload.pod.get("terminationGracePeriodSeconds"), "what is wrong here")
'''

PAGE = """# What is wrong

## What it checks

Who is asked what, who is exempt, and what counts as an answer.

## Why it matters

The incident that this prevents, in two or three sentences.

## Bad

```yaml
apiVersion: v1
kind: Pod
metadata: {{name: example}}
spec:
  terminationGracePeriodSeconds: 0  # finding
  containers:
    - {{name: app, image: "registry.example.com/app:1.0"}}
```

## Good

```yaml
apiVersion: v1
kind: Pod
metadata: {{name: example}}
spec:
  terminationGracePeriodSeconds: 30
  containers:
    - {{name: app, image: "registry.example.com/app:1.0"}}
```

## How to fix

What to write instead, in one or two sentences.
"""

FIXTURE = """apiVersion: v1
kind: Pod
metadata: {name: templated}
spec:
  terminationGracePeriodSeconds: "{{ grace }}"
  containers:
    - {name: app, image: "registry.example.com/app:1.0"}
"""


def main(category: str, slug: str) -> None:
    chosen = next((c for c in Category if category in (c.folder, c.prefix, c.value)), None)
    if chosen is None:
        sys.exit(f"no category '{category}': {', '.join(c.folder for c in Category)}")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug):
        sys.exit(f"'{slug}' is no slug: lower-case words joined by hyphens")
    taken = [int(rule.id[3:]) for rule in load() if rule.category is chosen]
    id_ = f"{chosen.prefix}{max(taken, default=0) + 1:03}"
    name = slug.replace("-", "_")
    folder, fixtures = ROOT / "policies" / chosen.folder, ROOT / "fixtures/rules" / slug
    files = {
        folder / f"{name}.py": RULE.format(id=id_, name=name),
        folder / f"{name}.md": PAGE.format(),
        fixtures / "edge_cases.yaml": FIXTURE,
        fixtures / "edge_cases.expected.yaml": "verdicts: []\n",
    }
    if any(file.exists() for file in files):
        sys.exit(f"{slug} exists already")
    for file, content in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, "utf-8")
        print(file.relative_to(ROOT))  # noqa: T201
    print(f"{id_}: edit these, then run: make accept && make docs")  # noqa: T201


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: make rule CATEGORY=data_safety SLUG=what-is-wrong")
    main(sys.argv[1], sys.argv[2])
