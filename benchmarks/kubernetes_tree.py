"""Trees of Kubernetes manifests: one object, a repository, bundles of CRDs, many objects."""

from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from random import Random

from benchmarks.crds import custom_resource_definition
from benchmarks.kubernetes_objects import TEAMS, application
from benchmarks.yaml_text import Object, documents, text

SEED = "prodready-infra benchmarks"
ONE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "nginx:1.27.3", ports: [{containerPort: 8080}]}]
"""


def one(folder: Path) -> None:
    (folder / "deployment.yaml").write_text(ONE, encoding="utf-8")


def manifests(folder: Path, files: int) -> None:
    """A repository with a folder to an application. A third keep all of it in one file; the others
    have one for the workload with its service, and one for each further object.
    """
    rng = Random(f"{SEED}: manifests")
    for path, some in islice(_application_files(rng), files):
        _write(folder / path, documents(some))


def _application_files(rng: Random) -> Iterator[tuple[Path, list[Object]]]:
    for number in count():
        team = rng.choice(TEAMS)
        objects = list(application(rng, team, number))
        home = Path(team, f"app-{number:04d}")
        together = len(objects) if rng.random() < 0.35 else 4
        yield home / "app.yaml", objects[:together]
        for obj in objects[together:]:
            yield home / f"{obj['kind']}.yaml".lower(), [obj]


def crds(folder: Path, size: int, *, bundles: int = 4, ordinary: int = 60) -> None:
    """``size`` bytes, nearly all of them schemas, in a few long multi-document files.

    As operators ship them: definitions first, then the objects that run the operator.
    """
    rng = Random(f"{SEED}: crds")
    objects = _objects(rng)
    written = 0
    for number in range(bundles):
        parts: list[str] = []
        while written < size * (number + 1) // bundles:
            definition = custom_resource_definition(rng, f"bundle{number}", len(parts))
            parts.append(text(definition))
            written += len(parts[-1])
        parts += [text(obj) for obj in islice(objects, ordinary // bundles)]
        _write(folder / f"operator-{number}" / "bundle.yaml", "---\n".join(parts))


def objects(folder: Path, total: int, *, in_a_file: int = 10) -> None:
    """``total`` objects. The number of namespaces is fixed, so the objects in each grow with it:
    work that compares all objects of a namespace shows up as more than linear growth.
    """
    stream = islice(_objects(Random(f"{SEED}: objects")), total)
    for number in count():
        some = list(islice(stream, in_a_file))
        if not some:
            return
        _write(folder / f"part-{number // 100:03d}" / f"{number:05d}.yaml", documents(some))


def _objects(rng: Random) -> Iterator[Object]:
    for number in count():
        yield from application(rng, rng.choice(TEAMS), number)


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
