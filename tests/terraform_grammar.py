"""Makes expressions at random: nested, mostly well typed, of all that Terraform can compute.

Some name what ``fixtures/terraform/expressions/given.tf`` declares.
"""

import re
from random import Random

# What a form leaves open, by the kind that fits there: n a number, s a text, b a boolean, l a list
# or tuple, t a set, o an object, m a map, x anything. Capitals may name what the ``for`` around
# them binds; an apostrophe marks the rest of a form as inside of it.
_FORMS = {
    "n": r"""
        0
        1
        2
        7
        10
        -3
        2.5
        0.1
        1e3
        100000000000000000000
        ~n + ~n
        ~n - ~n
        ~n * ~n
        ~n / ~n
        ~n % ~n
        -~n
        (~n)
        ~b ? ~n : ~n
        abs(~n)
        ceil(~n)
        floor(~n)
        signum(~n)
        max(~n, ~n)
        min(~n, ~n, ~n)
        max(~l...)
        sum(~l)
        length(~l)
        length(~o)
        length(~t)
        length(~s)
        tonumber(~s)
        tonumber(~x)
        parseint(~s, 16)
        index(~l, ~x)
        ~l[~n]
        one(~l)
        try(~x, ~n)
        pow(~n, 2)
        timecmp("2020-01-01T00:00:00Z", "2020-01-01T00:00:01+01:00")
        {a = ~n}.a
    """,
    "s": r"""
        ""
        "a"
        "b"
        "ab"
        "A-b_c"
        "1"
        "10"
        "2.50"
        "true"
        "é"
        "x,y,,z"
        " pad \n"
        "a${~n}b"
        "${~s}"
        "${~x}"
        "${~s}-${~n}${~b}"
        "%{ if ~b }x%{ else }${~s}%{ endif }"
        "%{ for @k, @v in ~o }'${@k}=${~X};%{ endfor }"
        "%{ for @v in ~l ~} '${~X} %{~ endfor }"
        ~b ? ~s : ~s
        upper(~s)
        lower(~s)
        title(~s)
        trimspace(~s)
        chomp(~s)
        trim(~s, ~s)
        trimprefix(~s, ~s)
        trimsuffix(~s, ~s)
        strrev(~s)
        substr(~s, ~n, ~n)
        replace(~s, ~s, ~s)
        replace(~s, "/[a-z]/", ~s)
        replace(~s, "/(.)(.?)/", "$2$1")
        join(~s, ~l)
        join(",", ~t)
        format("%s", ~x)
        format("%v", ~x)
        format("%d", ~n)
        format("%5.1f|%q", ~n, ~s)
        format("%s-%s", ~s, ~n)
        indent(2, ~s)
        tostring(~n)
        tostring(~x)
        jsonencode(~x)
        yamlencode(~x)
        base64encode(~s)
        sha1(~s)
        md5(~s)
        urlencode(~s)
        coalesce(~s, ~s)
        coalesce(~x, ~s)
        coalesce(~l...)
        element(~l, ~n)
        lookup(~o, ~s, ~s)
        lookup(~m, ~s, ~s)
        regex("[a-z0-9]+", ~s)
        try(~x, ~s)
        basename(~s)
        dirname(~s)
        cidrsubnet("10.0.0.0/8", ~n, ~n)
        cidrhost("10.0.0.0/24", ~n)
        formatdate("YYYY-MM-DD", "2020-02-29T01:02:03Z")
        nonsensitive(sensitive(~s))
        (~s)
    """,
    "b": r"""
        true
        false
        ~n < ~n
        ~n >= ~n
        ~x == ~x
        ~x != ~x
        ~n == ~n
        ~s == ~s
        ~l == ~l
        ~t == ~t
        ~o == ~o
        ~b && ~b
        ~b || ~b
        !~b
        ~b ? ~b : ~b
        contains(~l, ~x)
        contains(~t, ~s)
        startswith(~s, ~s)
        endswith(~s, ~s)
        strcontains(~s, ~s)
        alltrue(~l)
        anytrue([~b, ~b])
        can(~x)
        can(~l[~n])
        tobool(~s)
        ~x == null
        try(~x, ~b)
        (~b)
    """,
    "l": r"""
        []
        [~x]
        [~s, ~s]
        [~n, ~n, ~n]
        [~x, ~x]
        [~o, ~o]
        [~l, ~l]
        [null, ~x]
        tolist(~l)
        tolist(~t)
        tolist([~s, ~n])
        ~b ? ~l : ~l
        ~b ? ~l : []
        concat(~l, ~l)
        flatten(~l)
        flatten([~l, ~l])
        distinct(~l)
        compact(~l)
        reverse(~l)
        sort(~l)
        slice(~l, ~n, ~n)
        chunklist(~l, ~n)
        keys(~o)
        values(~o)
        keys(~m)
        values(~m)
        range(~n)
        range(~n, ~n)
        split(",", ~s)
        regexall("[a-z]", ~s)
        formatlist("%s-%s", ~l, ~s)
        setproduct(~l, ~l)
        matchkeys(~l, ~l, ~l)
        coalescelist(~l, ~l)
        jsondecode(jsonencode(~l))
        yamldecode(yamlencode(~l))
        [for @v in ~l : '~X]
        [for @k, @v in ~l : '[~X, ~X]]
        [for @v in ~t : '~X]
        [for @k, @v in ~o : '"${@k}-${~X}"]
        [for @v in ~l : '~X if ~b]
        [for @v in ~l : '~X if @v != ~x]
        ~l[*]
        ~x[*]
        ~o[*].a
        [~o, ~o][*].a
        tolist([~o, ~o])[*].a
        [~o, ~o].*.a
        tolist(~l)[*]
        try(~x, ~l)
        (~l)
    """,
    "t": r"""
        toset([])
        toset(["b", "a"])
        toset([~s, ~s])
        toset([~n, ~n])
        toset(~l)
        toset([~o, ~o])
        setunion(~t, ~t)
        setintersection(~t, ~t)
        setsubtract(~t, ~t)
        setproduct(~t, ~l)
        ~b ? ~t : ~t
        ~b ? ~t : []
        toset(keys(~o))
    """,
    "o": r"""
        {}
        { a = ~x }
        { a = ~x, b = ~x }
        { a = ~n, b = ~s }
        { b = ~s, a = ~s }
        { (~s) = ~x }
        { "${~s}" = ~x }
        { a = { a = ~x, c = ~n } }
        ~b ? ~o : ~o
        ~b ? ~o : {}
        merge(~o, ~o)
        merge(~o, ~m)
        merge([~o, ~o]...)
        zipmap(~l, ~l)
        { for @k, @v in ~o : '@k => ~X }
        { for @v in ~l : '"${@v}" => ~X }
        { for @v in ~t : '@v => ~X }
        { for @v in ~l : '"${@v}" => ~X... }
        { for @k, @v in ~o : 'upper(@k) => ~X if ~b }
        jsondecode(jsonencode(~o))
        yamldecode(yamlencode(~o))
        ~m
        try(~x, ~o)
        (~o)
    """,
    "m": r"""
        tomap({})
        tomap({ a = ~s, b = ~s })
        tomap({ b = ~n, a = ~n })
        tomap({ a = ~x })
        tomap({ a = ~s, b = ~n })
        tomap(~o)
        ~b ? ~m : ~m
        ~b ? ~m : ~o
        ~b ? ~m : {}
        merge(~m, ~m)
        transpose({ a = ~l, b = ~l })
    """,
}
FORMS = {
    kind: [line.strip() for line in text.splitlines() if line.strip()]
    for kind, text in _FORMS.items()
}
# What is declared beside the expressions, but no null of a declared type: that it gives its type
# to what stands beside it in a list is not followed.
_GIVEN = {
    "n": ["var.number", "var.pair[1]", "local.object.a", "var.object.size"],
    "s": ["var.text", "local.env", "var.texts[0]", "var.tags.a", "var.refusing"],
    "b": ["var.flag", "var.none == null"],
    "l": ["var.texts", "var.any_list", "var.list_of_objects", "var.empty_list"],
    "t": ["var.names", "var.any_set", "var.set_of_objects"],
    "o": ["var.object", "var.anything", "local.object", "var.objects", "var.any_object"],
    "m": ["var.tags", "var.any_map", "var.empty_map", "local.merged", "var.nested"],
}
for _kind, _names in _GIVEN.items():
    FORMS[_kind] += 3 * _names
_TOKEN = re.compile(r"~([nsbltomxX])|@([kv])|(')(?=[~@\"$\[u])")
_KINDS = "nsblto"
# How often a hole gets something of another kind than fits.
_MISFIT = 0.04


class Expressions:
    """Expressions as text; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.names = 0

    def several(self, count: int) -> list[str]:
        return [self.any(self.random.randint(1, 4), ()) for _ in range(count)]

    def any(self, depth: int, bound: tuple[str, ...]) -> str:
        if self.random.random() < 0.05:
            return "null"
        return self.of(self.random.choice(_KINDS), depth, bound)

    def of(self, kind: str, depth: int, bound: tuple[str, ...]) -> str:
        if self.random.random() < _MISFIT:
            kind = self.random.choice(_KINDS)
        forms = FORMS[kind]
        if depth <= 0:
            forms = [form for form in forms if "~" not in form]
        return self._filled(self.random.choice(forms), depth - 1, bound)

    def _filled(self, form: str, depth: int, bound: tuple[str, ...]) -> str:
        written, place, inside = [], 0, bound
        own: dict[str, str] = {}
        if "@" in form:
            self.names += 1
            own = {letter: f"{letter}{self.names}" for letter in "kv" if f"@{letter}" in form}
        for match in _TOKEN.finditer(form):
            written.append(form[place : match.start()])
            place = match.end()
            hole, name, opens = match.groups()
            if opens:
                inside = (*bound, *own.values())
            elif name:
                written.append(own[name])
            elif hole == "X" and inside and self.random.random() < 0.6:
                written.append(self.random.choice(inside))
            elif hole in "xX":
                written.append(self.any(depth, inside))
            else:
                written.append(self.of(hole, depth, inside))
        return "".join([*written, form[place:]])
