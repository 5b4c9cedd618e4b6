"""CustomResourceDefinitions of the size and shape that operators generate."""

from random import Random

from benchmarks.yaml_text import Data, Object

PROSE = (
    "the value defines whether pods of this resource may be scheduled onto nodes which match all "
    "selectors in order when field is empty defaults to cluster setting more than one entry must "
    "not exceed limit for each container volume mount path relative to root policy that controls "
    "how changes are rolled out and what happens if object already exists"
)
NOUN_LIST = (
    "affinity selector template storage volume retention endpoint relabeling receiver route "
    "matcher secret issuer policy schedule backend listener probe resource toleration quota"
)
WORDS, NOUNS = PROSE.split(), NOUN_LIST.split()
FORMATS: tuple[Object, ...] = (
    {"type": "string"},
    {"type": "boolean"},
    {"type": "integer", "format": "int32"},
    {"type": "integer", "format": "int64", "minimum": 0},
    {"type": "string", "pattern": "^(0|([0-9]+(ms|s|m|h))+)$"},
    {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
    {"type": "object", "additionalProperties": {"type": "string"}},
)


def custom_resource_definition(rng: Random, group: str, number: int) -> Object:
    """One definition of some 50 to 400 kB: its size is all in the schema of ``spec``."""
    noun = rng.choice(NOUNS)
    kind = f"{noun.capitalize()}{number}"
    plural = f"{kind.lower()}s"
    versions = [_version(rng, "v1alpha1", 1), _version(rng, "v1", 3)]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{group}.example.com",
            "annotations": {"controller-gen.kubebuilder.io/version": "v0.16.5"},
        },
        "spec": {
            "group": f"{group}.example.com",
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural},
            "scope": "Namespaced",
            "versions": list(versions),
        },
    }


def _version(rng: Random, name: str, depth: int) -> Data:
    status: Object = {"type": "object", "properties": _properties(rng, 1)}
    spec: Object = {"type": "object", "properties": _properties(rng, depth)}
    top: Object = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
    schema: Object = {
        "description": _prose(rng, 30),
        "type": "object",
        "required": ["spec"],
        "properties": {**top, "metadata": {"type": "object"}, "spec": spec, "status": status},
    }
    return {
        "name": name,
        "served": True,
        "storage": name == "v1",
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": schema},
    }


def _properties(rng: Random, depth: int) -> Object:
    names = rng.sample(NOUNS, rng.randint(5, 8))
    return {f"{name}{rng.choice(('', 'Ref', 'Spec'))}": _property(rng, depth) for name in names}


def _property(rng: Random, depth: int) -> Data:
    described: Object = {"description": _prose(rng, rng.randint(6, 50))}
    if depth and rng.random() < 0.55:
        inner: Object = {"type": "object", "properties": _properties(rng, depth - 1)}
        if rng.random() < 0.4:
            return {**described, "type": "array", "items": inner}
        return {**described, **inner}
    return {**described, **rng.choice(FORMATS)}


def _prose(rng: Random, length: int) -> str:
    words = rng.choices(WORDS, k=length)
    lines = [" ".join(words[start : start + 12]) for start in range(0, length, 12)]
    return "\n".join(lines) + "."
