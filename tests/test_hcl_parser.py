import base64
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodready_infra.sources.terraform.parse import parse
from prodready_infra.sources.terraform.syntax import (
    Attr,
    Binary,
    Block,
    Body,
    Call,
    Conditional,
    Expression,
    File,
    For,
    Index,
    Invalid,
    Literal,
    Object,
    Root,
    Splat,
    Template,
    TemplateIf,
    Tuple,
    Unary,
)
from tests.terraform_programs import Program, with_each_terraform


def read(text: str) -> File:
    return parse(text.encode(), "main.tf")


def expression(text: str) -> Expression:
    file = read(f"x = {text}\n")
    assert file.problems == []
    return file.body.attributes["x"].value


def shown(node: Expression) -> str:
    """The tree in one line, with parentheses around everything that has operands."""
    match node:
        case Literal(value=value):
            return json.dumps(value)
        case Root(name=name):
            return name
        case Attr(operand=operand, name=name):
            return f"{shown(operand)}.{name}"
        case Index(operand=operand, key=key):
            return f"{shown(operand)}[{shown(key)}]"
        case Splat(operand=operand, body=body, full=full):
            return f"{'each' if full else 'legacy'}({shown(operand)} -> {shown(body)})"
        case Call(name=name, arguments=arguments, expand=expand):
            return f"{name}({' '.join(map(shown, arguments))}{'...' if expand else ''})"
        case Unary(operator=operator, operand=operand):
            return f"({operator}{shown(operand)})"
        case Binary(operator=operator, left=left, right=right):
            return f"({shown(left)} {operator} {shown(right)})"
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return f"({shown(condition)} ? {shown(then)} : {shown(otherwise)})"
        case Tuple(items=items):
            return f"[{' '.join(map(shown, items))}]"
        case Object(items=pairs):
            return "{" + " ".join(f"{shown(key)}={shown(value)}" for key, value in pairs) + "}"
        case Template(parts=parts):
            return f"T<{' '.join(map(shown, parts))}>"
        case TemplateIf(condition=condition, then=then, otherwise=otherwise):
            return f"if({shown(condition)}, {shown(then)}, {shown(otherwise)})"
        case For():
            kind = "join" if node.joined else "for"
            result = f"{shown(node.key)} => " if node.key else ""
            result += shown(node.value) + ("..." if node.grouped else "")
            result += f" if {shown(node.condition)}" if node.condition else ""
            names = f"{node.key_name},{node.value_name}".removeprefix(",")
            return f"{kind}({names} in {shown(node.collection)}: {result})"
        case Invalid():
            return "invalid"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a.b.c", "a.b.c"),
        ('a["b"][0].c', 'a["b"][0].c'),
        ("a.0.b", "a[0].b"),
        ("a /* why */ . /* not */ b", "a.b"),
        ("a[*].b[0].c", "each(a -> *.b[0].c)"),
        ("a[*].b[*].c", "each(a -> each(*.b -> *.c))"),
        ("a[*]", "each(a -> *)"),
        ("a.*.b.0.c[0].d", "legacy(a -> *.b[0].c)[0].d"),
        ("a.*.b[*].c", "each(legacy(a -> *.b) -> *.c)"),
        ("(a).b", "a.b"),
        ("f()", "f()"),
        ("f(a, 1, b...)", "f(a 1 b...)"),
        ("f(a,)[0]", "f(a)[0]"),
        ("provider::aws::arn_parse(a).region", "provider::aws::arn_parse(a).region"),
        ("1 + 2 * 3 - 4", "((1 + (2 * 3)) - 4)"),
        ("a || b && !c == d", "(a || (b && ((!c) == d)))"),
        ("a < b == c >= d", "((a < b) == (c >= d))"),
        ("(1 + 2) * -a.b", "((1 + 2) * (-a.b))"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("a ? b : c && d ? e : f ? g : h", "(a ? b : ((c && d) ? e : (f ? g : h)))"),
        ("(a ? b : c) ? d ? e : f : g", "((a ? b : c) ? (d ? e : f) : g)"),
        ("a == b || c ? d : e.f", "(((a == b) || c) ? d : e.f)"),
        ("(\n  a\n  ? b\n  : c\n)", "(a ? b : c)"),
        ("[1, 2.5, 1e3, 1.5E-1, true, null,]", "[1 2.5 1000.0 0.15 true null]"),
        ("[ # one\n  1, // two\n  2 /* three\n */\n]", "[1 2]"),
        ('{ a = 1, "b" : 2\n (c) = 3\n 4 = 5 }', '{"a"=1 "b"=2 c=3 4=5}'),
        ("{ null = 1, for_ = 2, a-b = 3 }", '{"null"=1 "for_"=2 "a-b"=3}'),
        ("{\n  a = b\n  (c) = d\n}", '{"a"=b c=d}'),
        ('{ "a${b}" = c }', '{T<"a" b>=c}'),
        ("[for a in b : c]", "for(a in b: c)"),
        ("[for a, b in c : d if e]", "for(a,b in c: d if e)"),
        ("{for a, b in c : d => e... if f}", "for(a,b in c: d => e... if f)"),
        ('"${a}"', "a"),
        ('"${ a ? "x" : "${b}y" }"', '(a ? "x" : T<b "y">)'),
        ('"a ${~ b ~} c ${d}"', 'T<"a" b "c " d>'),
        ('" ${~ a}"', "T<a>"),
        ("<<E\n${a}\nE\n", 'T<a "\\n">'),
        ('"${a}$${b}%%{c}"', 'T<a "${b}%{c}">'),
        ('"%{ if a }x%{ else }${b}%{ endif }"', 'T<if(a, "x", T<b>)>'),
        ('"%{ if a }x%{ endif }"', 'T<if(a, "x", "")>'),
        ('"%{ for a, b in c }${a} %{ endfor }"', 'T<join(a,b in c: T<a " ">)>'),
        ("<<-E\n    a\n      ${b}\n    c\n  E\n", 'T<"a\\n  " b "\\nc\\n">'),
        ("<<-E\r\n  a\r\n    b\r\n  E\r\n", '"a\\r\\n  b\\r\\n"'),
    ],
)
def test_expressions(text: str, tree: str) -> None:
    assert shown(expression(text)) == tree


def test_blocks_and_arguments_with_their_places() -> None:
    text = (
        "\ufeff# first\r\n"
        'resource "aws_vpc" main {\r\n'
        '  cidr = "10.0.0.0/8" // why\r\n'
        "  inner { on = true }\r\n"
        "  empty {}\r\n"
        "}\r\n"
        "if = var.for\r\n"
    )
    file = read(text)
    raw = text.encode()
    assert file.problems == []
    assert list(file.body.attributes) == ["if"]
    (block,) = file.body.blocks
    assert (block.type, block.labels) == ("resource", ("aws_vpc", "main"))
    assert raw[block.start : block.header_end] == b'resource "aws_vpc" main'
    assert raw[block.start : block.end].endswith(b"empty {}\r\n}")
    assert [inner.type for inner in block.body.blocks] == ["inner", "empty"]
    assert shown(block.body.blocks[0].body.attributes["on"].value) == "true"
    cidr = block.body.attributes["cidr"]
    assert raw[cidr.start : cidr.end] == b'cidr = "10.0.0.0/8"'
    assert raw[cidr.value.start : cidr.value.end] == b'"10.0.0.0/8"'


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("x = a.b[0].c", ["a.b[0].c", "a.b[0]", "a.b", "a"]),
        ("x = (a).b", ["(a).b", "a"]),
        ("x = a[*].b", ["a[*].b", "a"]),
    ],
)
def test_every_step_of_a_traversal_knows_its_text(text: str, spans: list[str]) -> None:
    node = read(text).body.attributes["x"].value
    found = [text[node.start : node.end]]
    while isinstance(node, Attr | Index | Splat):
        node = node.operand
        found.append(text[node.start : node.end])
    assert found == spans


@pytest.mark.parametrize(
    ("text", "message", "spot"),
    [
        ("a = 1\na = 2\n", "attribute 'a' is set twice", "a"),
        ("a = \nb = 1\n", "missing expression", "\n"),
        ('a = "${}"\n', "missing expression", "${}"),
        ('a = "\\q"\n', "unknown escape in a string", "\\"),
        ('a = "\\ud83d"\n', "unknown escape in a string", "\\ud83d"),
        ('a = "b\n', "expected a closing quote", "\n"),
        ('a = "b\nc"\n', "line break inside a quoted string", '"b\nc"'),
        ("a = [1, 2\n", "expected a closing bracket", ""),
        ("a = {\n  b = [\n", "this bracket is never closed", "["),
        ("a {\n  b = 1\n", "expected a closing brace", ""),
        ("a = b c\n", "unexpected text", "c"),
        ("a = 1 b = 2\n", "expected a line break before this", "b = 2"),
        ("a = 1\n  + 2\n", "unexpected line break", "\n  "),
        ("a = { b = 1 c = 2 }\n", "expected a comma or a line break before this", "c = 2"),
        ("a { b {} }\n", "a block in one line holds no other block", "b {}"),
        ("a {\n  b = 1 }\n", "expected a line break before the closing brace", "}"),
        ("a { b = 1\n}\n", "expected a line break after the opening brace", " "),
        ("a\n{\n}\n", "expected an opening brace in the same line", "a\n{"),
        ('a "${b}" {\n}\n', "interpolation in a label", '"${b}"'),
        ("a = b::c\n", "'::' outside the name of a function", "b::c"),
        ("a = b.0.1\n", "two legacy indexes in a row", ".1"),
        ("a = 0x10\n", "unexpected text", "0x10"),
        ("a = <<E x\nb\nE\n", "text behind the name that opens a heredoc", "<<E x\n"),
        ("{ a = 1 }\n", "expected a block or an argument", "{ a = 1 }"),
        ("a = 1\0\n", "unexpected text", "\0"),
    ],
)
def test_what_is_no_hcl_is_named_with_its_place(text: str, message: str, spot: str) -> None:
    raw = text.encode()
    problems = parse(raw, "x").problems
    assert (message, spot) in [
        (problem.message, raw[problem.start : problem.end].decode()) for problem in problems
    ]


def test_of_two_equal_arguments_the_first_counts() -> None:
    assert shown(read("a = 1\na = 2\n").body.attributes["a"].value) == "1"


@pytest.mark.parametrize(
    "damage",
    [
        "  ami = \n",
        '  ami = "unclosed\n',
        "  tags = {\n    a = 1\n",
        "  nested {\n",
        "  list = [1, 2\n",
        "  ami = var.\n",
        "  a b c\n",
        '  ami = "${var.x"\n',
        "  ) ] }\n",
        "  text = <<E\n  never closed\n",
    ],
)
def test_an_error_spares_the_blocks_around_it(damage: str) -> None:
    text = (
        'resource "a" "before" {\n  x = 1\n}\n'
        f'resource "a" "broken" {{\n  kept = 1\n{damage}}}\n'
        'resource "a" "after" {\n  x = 2\n}\n'
    )
    file = read(text)
    assert file.problems
    blocks = {block.labels[1]: block for block in file.body.blocks if block.labels}
    assert shown(blocks["before"].body.attributes["x"].value) == "1"
    if "<<" not in damage:
        assert shown(blocks["after"].body.attributes["x"].value) == "2"


def test_a_value_with_an_error_inside_is_invalid_as_a_whole() -> None:
    file = read("a = { b = 1, c = ], d = 2 }\ne = 3\n")
    assert isinstance(file.body.attributes["a"].value, Invalid)
    assert shown(file.body.attributes["e"].value) == "3"


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("[", "]"),
        ("(", ")"),
        ("{a=", "}"),
        ("f(", ")"),
        ("a[", "]"),
        ("[for a in ", ": 1]"),
        ("-", ""),
        ("1+", ""),
        ("a ? b : ", ""),
        ("a ? ", " : b"),
        ("[1][*][", "]"),
    ],
)
def test_nesting_is_read_up_to_a_limit(opening: str, closing: str) -> None:
    assert read(f"x = {opening * 60}1{closing * 60}\n").problems == []
    for levels in (5_000, 100_000):
        file = read(f"x = {opening * levels}1{closing * levels}\n")
        assert {problem.message for problem in file.problems} == {"nested deeper than 200 levels"}


@pytest.mark.parametrize("piece", ["a {\n", '"${', "%{ if a }", "a = [", ".a", "[*]", "<<A\n${"])
def test_endless_nesting_ends(piece: str) -> None:
    assert read(f"x = a{piece * 5_000}\n").problems
    assert read(f'x = "{piece * 5_000}\n').problems


def test_text_that_is_not_utf8() -> None:
    file = parse(b"a = 1\nb = \xff\n", "x")
    assert file.body == Body({}, [])
    (problem,) = file.problems
    assert problem.message == "the text is not valid UTF-8"
    assert (problem.start, problem.end) == (10, 11)


def rows(line: str, size: int = 100_000) -> str:
    return line * (size // len(line))


@pytest.mark.parametrize(
    "text",
    [
        rows("web,8,2024-01-01,eu west\n"),
        rows('"web","8","2024-01-01","eu"\n'),
        rows('{"name": "web", "ports": [8, 9], "open": true}\n'),
        "[\n" + rows('  {\n    "name": "web"\n  },\n') + "  null\n]\n",
        rows('!function(t){var a={b:t};return a.b("c",()=>1)}(this);'),
        rows("VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZw==\n"),
        rows("VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZw"),
        rows("def f(x):\n    return [g(y) for y in x]\n\n\n"),
        rows('"abc"'),
        rows('"abc"\n'),
        "# A table\n\n/* of\n */ // words\n" + rows("abc\n"),
        # These begin like HCL, and are given up on the way.
        "a = " + rows('"abc" ', 500_000) + "\n",
        "a = [" + rows('"abc" ', 500_000) + "]\n",
    ],
)
def test_long_text_in_another_language_is_one_problem(text: str) -> None:
    file = read(text)
    assert file.body == Body({}, [])
    assert [problem.message for problem in file.problems] == ["the text is not Terraform"]


@pytest.mark.parametrize(
    "text",
    [
        "/*\n" + rows("a comment\n") + "*/ a = 1\n",
        rows("# a comment\n") + "a {\n}\n",
        "a = <<E\n" + rows("web,8,2024-01-01\n") + "E\n",
        'a "b" ' + rows('"c" ') + "{\n}\n",
        "é /* an accent */ = 1\n" + rows("# a comment\n"),
        "a = {\n" + rows('  "b" = [1, 2]\n') + "}\n",
    ],
    ids=lambda text: text[:6],
)
def test_long_text_is_read_if_it_begins_like_terraform(text: str) -> None:
    assert read(text).problems == []


def test_a_long_file_with_an_error_at_its_beginning_is_read() -> None:
    file = read("<<<<<<< HEAD\n" + rows('a "b" {\n  c = 1\n}\n'))
    assert file.problems
    assert {block.type for block in file.body.blocks} == {"a"}


def test_larger_files_than_any_are_not_parsed() -> None:
    file = read("a = 1\n" + "#" * 4 * 1024 * 1024)
    assert file.body == Body({}, [])
    (problem,) = file.problems
    assert problem.message == "is larger than Terraform files ever are (limit 4 MiB)"


def check(text: bytes) -> None:
    file = parse(text, "x")
    for problem in file.problems:
        assert 0 <= problem.start <= problem.end <= len(text)
        assert problem.message
    pending: list[Block] = list(file.body.blocks)
    while pending:
        block = pending.pop()
        assert 0 <= block.start <= block.header_end <= block.end <= len(text)
        pending += block.body.blocks


@given(st.binary(max_size=200))
def test_no_bytes_make_it_raise(text: bytes) -> None:
    check(text)


TOKENS = [
    "a",
    "b ",
    "1",
    "1e5",
    '"',
    '"c"',
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\n",
    "\r\n",
    ",",
    " = ",
    ".",
    "*",
    "[*]",
    ".*",
    ".0",
    "${",
    "%{",
    "~",
    "~}",
    "?",
    ":",
    "-",
    "!",
    "&&",
    "==",
    "=>",
    "...",
    "::",
    "\\",
    "<<E\n",
    "<<-E\n",
    "\nE\n",
    "#",
    "//",
    "/*",
    "*/",
    "for ",
    " in ",
    " if ",
    "else",
    "endif",
    "endfor",
    "true",
    "null",
    "$",
    "%",
    "$${",
    "é",
    "\x00",
    "\ufeff",
    "a {\n",
    'resource "a" "b" {\n',
    "\n}\n",
    "%{ if a }",
    "%{ endif }",
    "%{ for a in b }",
    "%{ endfor }",
]


@given(st.lists(st.sampled_from(TOKENS), max_size=40).map("".join))
def test_no_pieces_of_hcl_make_it_raise(text: str) -> None:
    check(text.encode())


# --- Against Terraform itself -------------------------------------------------------------------

STRINGS = [
    '"plain"',
    '"  blanks around  "',
    r'"\n\r\t\"\\"',
    r'"\u00e9 \U0001F600 é e' + "\u0301" + '"',
    '"$${x} %%{if} $$ % $ $$$${ $"',
    '"$$${x} %%%{if} $$$$${y}"',
    r'"\\$${x}"',
    '"a ${~ "b" ~} c"',
    '"a ${~ "b"} c"',
    '"  ${~ "b" ~}  $${x}"',
    '"${"x"}"',
    '"${true}"',
    '"  ${~ true}"',
    '"${"a"}$${b}"',
    '"a ${ 1\n+ 1 } b"',
    '"%{ if true }yes%{ else }no%{ endif }"',
    '"  %{~ if false ~} yes %{~ else ~} no %{ endif ~}  "',
    '"%{ if true }%{ if false }a%{ else }b%{ endif }%{ else }c%{ endif }"',
    "<<E\nhello\n  there\nE",
    "<<E\nE",
    "<<-E\n  E",
    "<<-E\n    hello\n      there\n    E",
    "<<-E\n    hello\n\n      there\n  E",
    "<<-E\n      \n    hello\n  \nE",
    "<<-E\n    a ${1}\n   ${2} b\n    E",
    "<<-E\n${1}\n    b\n    E",
    '<<E\n\\n \\" \\\\ $${x} "q" %%{if}\nE',
    "<<E\n${1 ~}\n   two\nE",
    "<<E\n  x\n  ${~ 1 ~}\n\n  two\nE",
    "<<-E\n    %{ if true ~}\n    one\n    %{ endif ~}\n    two\n    E",
    "<<-E\n    %{ if true }\n    one\n      %{ else }\n    %{ endif }\n    two\n    E",
    "<<-E\n\ttab\n\t  mixed\n\tE",
    "<<-E\n    $${a}\n      b\n  $${c}\nE",
    "<<-E\n    é\n      e\n   E",
    "<<-E\n   ${<<-I\n       x\n      y\n      I\n   }z\n   q\nE",
    '<<-E\n    a\n    ${"x"}\n   ${~"x"}\n    b\nE',
    '<<-E\n    a ${"x" ~}\n    b\n      c\nE',
    "<<-E\r\n    a\r\n      b\r\n    E",
    '{ a = 1, "b" = [2, 1e3, 1.5e-1], true = null, (1 == 1 ? "c" : "d") : "x${1}" }',
    '{\n  a = true\n  ("b") = false # c\n  // d\n  c = "",\n}',
    "1 + 2 * 3 - 4 - 5 == -2 * 1 && !false",
    "true ? 1 : true ? 2 : 3",
    "!true ? 1 : !(2 + 1 == 3) ? 2 : 3",
]


def value_of(node: Expression) -> object:
    match node:
        case Literal(value=value):
            return value
        case Template(parts=parts):
            return "".join(text_of(part) for part in parts)
        case TemplateIf(condition=condition, then=then, otherwise=otherwise):
            return text_of(then if value_of(condition) else otherwise)
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            return value_of(then if value_of(condition) else otherwise)
        case Tuple(items=items):
            return [value_of(item) for item in items]
        case Object(items=pairs):
            return {text_of(key): value_of(value) for key, value in pairs}
        case Unary(operator="!", operand=operand):
            return not value_of(operand)
        case Unary(operand=operand):
            return -number_of(operand)
        case Binary(operator="+", left=left, right=right):
            return number_of(left) + number_of(right)
        case Binary(operator="-", left=left, right=right):
            return number_of(left) - number_of(right)
        case Binary(operator="*", left=left, right=right):
            return number_of(left) * number_of(right)
        case Binary(operator="==", left=left, right=right):
            return value_of(left) == value_of(right)
        case Binary(operator="&&", left=left, right=right):
            return value_of(left) and value_of(right)
    raise AssertionError(node)


def number_of(node: Expression) -> float:
    value = value_of(node)
    assert isinstance(value, int | float)
    return value


def text_of(node: Expression) -> str:
    value = value_of(node)
    return value if isinstance(value, str) else json.dumps(value)


@with_each_terraform
def test_values_are_those_of_terraform(program: Program, tmp_path: Path) -> None:
    arguments = "".join(f"e{place} = {text}\n" for place, text in enumerate(STRINGS))
    source = f"locals {{\n{arguments}}}\n".encode()
    (tmp_path / "main.tf").write_bytes(source)
    names = ", ".join(f"local.e{place}" for place in range(len(STRINGS)))
    line = f"base64encode(jsonencode([{names}]))\n"
    answer = program.says(tmp_path, "console", text=line)
    wanted = json.loads(base64.b64decode(json.loads(answer)))
    file = parse(source, "main.tf")
    assert file.problems == []
    attributes = file.body.blocks[0].body.attributes.values()
    for text, attribute, value in zip(STRINGS, attributes, wanted, strict=True):
        assert (text, value_of(attribute.value)) == (text, value)


ACCEPTED = [
    "a = f(b...)\n",
    "a = [b,]\n",
    "a = {b:c}\n",
    "a = b ?[]:{}\n",
    "a = b ? c : d ? e : f\n",
    "a {b = [\n1]}\n",
    "a{/*\n*/}\n",
    "a = [<<E\nx\nE\n, 1]\n",
    "a = f(<<E\nx\nE\n)\n",
    "a = {\n\n}\n",
    "a = b.0.c.1\n",
    "a = b .c\n",
    "a = { (\nb\n) = (\n1 + \n1)}\n",
    "a = b[\n0\n]\n",
    "# only",
    "a = 007\n",
    "a b c {\n}\n",
    "for = in\n",
    "a-b = é\n",
    "a = {b = 1}.b\n",
    "a = b[*].*.c\n",
    "a = {a.b = 1}\n",
]

REFUSED = [
    "a = f(b...,)\n",
    "a = b\n ? c : d\n",
    "a = b.\nc\n",
    "a =\n b\n",
    "a = { b =\n1}\n",
    "a = [{ b = 1 +\n2}]\n",
    "a = f\n(b)\n",
    "a {b = 1, c = 2}\n",
    'a "b"\n"c" {\n}\n',
    "a {\n} b {\n}\n",
    "a = 1.\n",
    "a = b.*.*\n",
    "a = {,}\n",
    "a = f(,)\n",
    "a = {b}\n",
    'a = "%{ if b }x"\n',
    'a = "%{ else }x"\n',
    "a.b = 1\n",
    "1a = 1\n",
    "a\n",
    "a = 'x'\n",
    "a = (b)(c)\n",
    "a = <<E\nx\nE",
]


@with_each_terraform
@pytest.mark.parametrize("valid", [True, False], ids=["accepted", "refused"])
def test_accepts_what_terraform_accepts(program: Program, tmp_path: Path, *, valid: bool) -> None:
    for place, text in enumerate(ACCEPTED if valid else REFUSED):
        path = tmp_path / f"{place}.tf"
        path.write_bytes(text.encode())
        answer = program.run(tmp_path, "fmt", str(path))
        ours = parse(text.encode(), "x").problems == []
        assert (text, answer.returncode == 0, ours) == (text, valid, valid)


@pytest.mark.parametrize(
    "text",
    [
        "a = x && (\n  y ||\n  # why\n  z\n)\n",
        "a = (\n  x\n) && y\n",
        "a = !(\n  x\n)\n",
        "a = x ? (\n  y\n) : z\n",
        "a = [\n  x + (\n    1\n  )\n]\n",
    ],
)
def test_lines_may_end_between_the_parentheses_of_an_operand(text: str) -> None:
    assert parse(text.encode(), "a.tf").problems == []
