"""Dockerfiles: text to instructions with places, instructions to stages, shell text, images."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodready_infra.errors import UnknownValue
from prodready_infra.model.base_images import default_shell, runs_as_root
from prodready_infra.model.image import Image, expand, parse_image, unquote
from prodready_infra.model.node import Node, Unknown, is_unknown
from prodready_infra.model.shell import pipelines, split_commands
from prodready_infra.model.stage import Instruction, Stage
from prodready_infra.sources.docker.build import DockerfileResult, read_dockerfile
from prodready_infra.sources.docker.parse import parse

EXAMPLES = Path(__file__).parent.parent / "fixtures" / "dockerfiles"


def read(text: str) -> DockerfileResult:
    return read_dockerfile(text, "Dockerfile")


def example(name: str) -> tuple[str, DockerfileResult]:
    text = (EXAMPLES / f"{name}.Dockerfile").read_bytes().decode()
    return text.removeprefix("\ufeff"), read_dockerfile(text, f"{name}.Dockerfile")


def only(text: str) -> Instruction:
    """The instruction that ``text`` holds, read as a part of a stage."""
    result = read(f"FROM scratch\n{text}\n")
    assert not result.problems
    (instruction,) = result.stages[0].instructions
    return instruction


def last(text: str) -> Stage:
    return read(text).stages[-1]


def place(node: Node) -> tuple[int, int, int, int]:
    found = node.origin.locate(node.path)
    return found.line, found.column, found.end_line, found.end_column


def shown(node: Node, text: str) -> str:
    """What an editor would mark, of a node that stands on one line."""
    line, column, end_line, end_column = place(node)
    assert line == end_line
    return text.split("\n")[line - 1][column - 1 : end_column - 1]


# --- instructions ---------------------------------------------------------------------------


def test_names_and_lines_of_the_examples() -> None:
    _, result = example("heredocs")
    assert not result.problems
    assert [(found.name, *place(found.node)[::2]) for found in result.instructions] == [
        ("FROM", 1, 1),
        ("RUN", 2, 6),
        ("USER", 7, 7),
        ("RUN", 8, 12),
        ("COPY", 13, 17),
        ("RUN", 18, 18),
        ("ONBUILD", 19, 21),
        ("CMD", 22, 22),
    ]


def test_every_word_pair_and_flag_is_where_it_says() -> None:
    text, result = example("multi-stage")
    for instruction in result.instructions:
        for word in instruction.words:
            quote = '"' if instruction.exec_form and word.text != "CMD" else ""
            assert shown(word.node, text) == f"{quote}{word.text}{quote}"
        for pair in instruction.pairs:
            assert shown(pair.node, text).startswith(pair.key)
        for name, _ in instruction.flags:
            assert shown(instruction.flag_nodes(name)[0], text).startswith(f"--{name}")


def test_a_command_in_a_long_run_is_marked_on_its_own_line() -> None:
    text, result = example("multi-stage")
    (run,) = result.stages[0].all("RUN")
    marked = {c.argv[0]: place(run.span(c.start, c.end)) for c in run.commands}
    assert marked == {"go": (16, 5, 17, 28), "tee": (17, 31, 17, 44)}
    assert [c.operator_before for c in run.commands] == ["", "&&", "|"]
    assert run.flag("mount") == "type=cache,target=/go/pkg/mod"
    assert [shown(node, text) for node in run.flag_nodes("mount")] == [
        "--mount=type=cache,target=/go/pkg/mod",
        "--mount=type=secret,id=netrc",
    ]


def test_a_heredoc_alone_is_the_script_and_points_at_its_lines() -> None:
    text, result = example("heredocs")
    run = result.instructions[1]
    assert run.text == "<<SETUP"
    assert run.command == "set -e\napt-get update\napt-get install -y curl\n"
    assert [shown(run.span(c.start, c.end), text) for c in run.commands] == [
        "set -e",
        "apt-get update",
        "apt-get install -y curl",
    ]


def test_several_heredocs_quotes_and_tabs() -> None:
    _, result = example("heredocs")
    run, copy = result.instructions[3:5]
    assert [(h.delimiter, h.body, h.expand) for h in run.heredocs] == [
        ("ONE", "USER root in the first\n", False),
        ("TWO", "FROM nowhere in the second\n", True),
    ]
    assert [c.argv for c in run.commands] == [("cat",), ("cat",)]
    assert [(h.delimiter, h.expand) for h in copy.heredocs] == [
        ("app.conf", True),
        ("other conf", False),
    ]
    assert result.instructions[5].heredocs == ()


def test_onbuild_has_an_inner_instruction() -> None:
    _, result = example("heredocs")
    onbuild = result.instructions[6]
    assert onbuild.flags == ()
    assert onbuild.trigger is not None
    assert onbuild.trigger.name == "RUN"
    assert onbuild.trigger.flag("network") == "none"
    assert onbuild.trigger.command == "echo later\n"
    assert place(onbuild.trigger.node)[:2] == (19, 9)
    assert onbuild.trigger.node.path == (6, "trigger")


def test_windows_escape_byte_order_mark_and_line_ends() -> None:
    text, result = example("windows")
    assert result.directives == {"escape": "`", "check": "skip=all"}
    assert [c.text for c in result.comments] == ["escape=`", "check=skip=all", "a comment"]
    assert [str(problem) for problem in result.problems] == [
        "windows.Dockerfile:10:1: unknown instruction WIBBLE"
    ]
    stage = result.stages[0]
    assert [found.name for found in stage.instructions] == (
        ["SHELL", "RUN", "COPY", "WIBBLE", "ENTRYPOINT"]
    )
    run = stage.instructions[1]
    assert run.command == "echo one   two"
    assert shown(run.words[2].node, text) == "two"
    assert stage.instructions[2].words[1].text == "C:\\app\\"
    assert stage.instructions[4].json_error
    assert stage.shell == "powershell"


@pytest.mark.parametrize(
    ("text", "argv", "json_error"),
    [
        ('CMD ["a", "b c"]', ("a", "b c"), False),
        ("CMD []", (), False),
        (
            r'CMD ["\u0041\ud83d\ude00", "\"", "\ud800"]',
            ("A\N{GRINNING FACE}", '"', "\ufffd"),
            False,
        ),
        ("CMD ['a', 'b']", None, True),
        ('CMD ["a",]', None, True),
        ('CMD ["a"] b', None, True),
        ('CMD ["a"', None, True),
        ("RUN [ -f x ] && y", None, True),
        ('RUN x ["a"]', None, False),
        ('healthcheck --retries=2 cmd ["a", "b"]', ("a", "b"), False),
    ],
)
def test_exec_form(text: str, argv: tuple[str, ...] | None, json_error: bool) -> None:  # noqa: FBT001
    instruction = only(text)
    assert instruction.exec_form == (argv is not None)
    assert instruction.argv == (argv or ())
    assert instruction.json_error == json_error


def test_a_span_of_an_exec_form() -> None:
    text = 'FROM a\nCMD ["sh", "-c", \\\n  "npm start"]\n'
    cmd = read(text).stages[0].all("CMD")[0]
    at = cmd.command.index("start")
    assert shown(cmd.span(at, at + 5), text) == "start"
    assert place(cmd.words[2].node) == (3, 3, 3, 14)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("ENV a=1 b=\"x y\" c=x\\ y d='$z'", [("a", "1"), ("b", "x y"), ("c", "x y"), ("d", "$z")]),
        ("ENV key all of  the rest", [("key", "all of  the rest")]),
        ("ARG a b=1 c=", [("a", None), ("b", "1"), ("c", "")]),
        ('LABEL "org.example"="x" other=y', [("org.example", "x"), ("other", "y")]),
        ("RUN a=1", []),
    ],
)
def test_pairs(text: str, pairs: list[tuple[str, str | None]]) -> None:
    assert [(pair.key, pair.value) for pair in only(text).pairs] == pairs


@pytest.mark.parametrize(
    ("text", "flags", "rest"),
    [
        ("COPY --link --from=x a b", [("link", "true"), ("from", "x")], "a b"),
        ('RUN --mount="type=bind,x y" --network=none z', [("mount", "type=bind,x y")], "z"),
        ("RUN -- --x", [], "--x"),
        ("run \\\n  --a=b \\\n  c", [("a", "b")], "c"),
    ],
)
def test_flags(text: str, flags: list[tuple[str, str]], rest: str) -> None:
    instruction = only(text)
    assert list(instruction.flags[: len(flags)]) == flags
    assert instruction.text == rest


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "Dockerfile:1: has no FROM instruction"),
        ("RUN x\nFROM a", "Dockerfile:1:1: RUN stands before the first FROM"),
        ("FROM a b", "Dockerfile:1:1: FROM takes an image, and perhaps AS with a name"),
        ("FROM a\n  ENV x", "Dockerfile:2:7: ENV needs a value"),
        ("FROM a\nENV a=b \\\n c", "Dockerfile:3:2: ENV takes name=value, and this has no ="),
        ("FROM a\nUSER", "Dockerfile:2:1: USER needs an argument"),
        ('FROM a\nCMD ["a", 1]', "Dockerfile:2:5: the exec form takes strings only"),
        ("FROM a\nRUN <<EOF\nx", "Dockerfile:2:1: this heredoc has no end"),
        ("FROM a\nONBUILD ONBUILD RUN x", "Dockerfile:2:9: ONBUILD cannot hold ONBUILD"),
        ("# escape=x\nFROM a", "Dockerfile:1:1: the escape character 'x' is neither ` nor \\"),
        ("FROM a\nPASSWORD=hunter2", "Dockerfile:2:1: unknown instruction"),
    ],
)
def test_problems_have_a_place_and_quote_no_secret(text: str, wanted: str) -> None:
    assert [str(problem) for problem in read(text).problems] == [wanted]


def test_directives_stand_at_the_head_only() -> None:
    assert parse("# a comment\n# escape=`\n", "").escape == "\\"
    assert parse("# unknown=1\n# escape=`\n", "").escape == "\\"
    assert parse("\n# escape=`\n", "").escape == "\\"
    assert parse("# SYNTAX = x\n# Escape = `\n", "").directives == {"syntax": "x", "escape": "`"}


FRAGMENTS = st.sampled_from(
    [
        "FROM a AS b\n",
        "FROM b\n",
        "RUN ",
        "ENV ",
        "ARG X",
        "CMD ",
        "ONBUILD ",
        "COPY ",
        "SHELL ",
        "HEALTHCHECK ",
        "<<EOF",
        "<<-'E'",
        "\n    ",
        "EOF\n",
        "\\\n",
        "#",
        '"',
        "'",
        "[",
        "]",
        ", ",
        '"a"',
        "--x=y ",
        "$X",
        "${X:-",
        "}",
        "`",
        "(",
        ")",
        "$(",
        "&&",
        "|",
        ";",
        "\r\n",
        "x=y ",
    ]
)


@given(st.text() | st.lists(FRAGMENTS, max_size=40).map("".join))
def test_any_text_has_an_answer(text: str) -> None:
    result = read_dockerfile(text, "f")
    lines = text.removeprefix("\ufeff").split("\n")
    for instruction in result.instructions:
        nodes = [instruction.node, *(word.node for word in instruction.words)]
        nodes += [pair.node for pair in instruction.pairs]
        nodes += [instruction.span(c.start, c.end) for c in instruction.commands]
        for node in nodes:
            line, column, end_line, end_column = place(node)
            assert (1, 1) <= (line, column) <= (end_line, end_column)
            assert end_line <= len(lines)
            assert end_column <= len(lines[end_line - 1]) + 2
    for stage in result.stages:
        assert isinstance(stage.environment(), dict)
        assert isinstance(stage.expand("$X${Y:-z}"), str | Unknown)
        assert isinstance(stage.shell, str | Unknown)


# --- stages ---------------------------------------------------------------------------------


def test_stages_of_the_example() -> None:
    _, result = example("multi-stage")
    build, test, base, final = result.stages
    assert [stage.address for stage in result.stages] == [
        "multi-stage.Dockerfile[build]",
        "multi-stage.Dockerfile[test]",
        "multi-stage.Dockerfile[runtime-base]",
        "multi-stage.Dockerfile[stage 3]",
    ]
    assert str(build.base) == "golang:1.24-bookworm"
    assert build.platform == "$BUILDPLATFORM"
    assert (build.base_text, build.shell) == ("golang:${GO_VERSION}-bookworm", "dash")
    assert test.parent is build
    assert final.parent is base
    assert [stage.final for stage in result.stages] == [False, False, False, True]
    assert isinstance(final.base, Image)
    assert final.base.tag == "nonroot"
    assert final.shell == "none"
    assert final.effective_user is None
    assert test.effective_user is not None
    assert final.effective("STOPSIGNAL") is base.instructions[-1]
    assert final.cmd is None  # ENTRYPOINT has discarded it
    assert final.entrypoint is not None
    assert final.entrypoint.argv == ("/app",)
    assert final.environment()["PORT"].value == "8080"
    assert build.expand("$LDFLAGS") == "-s -w -X main.version=dev"
    assert test.expand("${VERSION}") == "dev"


def test_cmd_and_entrypoint() -> None:
    text = "FROM a AS one\nCMD x\n"
    same = last(text + "ENTRYPOINT y")
    assert same.cmd is not None
    assert last(text + "FROM one\nENTRYPOINT y").cmd is None
    inherited = last(text + "FROM one\nUSER x").cmd
    assert inherited is not None
    assert inherited.command == "x"


def test_triggers_of_the_parent_run_in_the_child() -> None:
    text = "FROM a AS one\nONBUILD USER app\nONBUILD ENV V=1\nFROM one\nFROM one AS two\nUSER $V"
    parent, child, other = read(text).stages
    assert parent.effective_user is None
    assert child.effective_user is not None
    assert child.effective_user.text == "app"
    assert other.expand("$V") == "1"
    assert is_unknown(parent.expand("$V"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ARG T=1\nFROM a:$T", "a:1"),
        ("ARG T=1\nARG U=${T}.2\nFROM a:$U", "a:1.2"),
        ("ARG T\nFROM a:${T:-3}", "a:3"),
        ("ARG T=\nFROM a:${T:-3}", "a:3"),
        ("FROM a${T:+-x}:1", "a:1"),
        ('ARG T="1"\nFROM "a:$T"', "a:1"),
        ("ARG T=1-x\nFROM a:${T%-x}", "a:1"),
        ("ARG T\nFROM a:$T", "ARG T has no default"),
        ("FROM a:$T", "ARG T is not declared before the first FROM"),
        ("FROM a:$TARGETARCH", "TARGETARCH is set by the builder"),
        ("FROM a\nARG T=1\nFROM a:$T", "ARG T is not declared before the first FROM"),
        (
            "ARG T=1.2\nFROM a:${T%%.*}",
            "a substitution in it uses a pattern, which is not worked out",
        ),
        ("ARG T=\nFROM $T", "$T is empty"),
        ("FROM {{ base }}", "the image '{{' holds text that is filled in later"),
    ],
)
def test_base(text: str, wanted: str) -> None:
    base = last(text).base
    assert wanted == (base.reason if isinstance(base, Unknown) else str(base))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("FROM scratch\nENV a=1 b=$a\n", ""),  # the values from before the instruction
        ("FROM scratch\nENV a=1\nENV b=$a\n", "1"),
        ("FROM scratch\nARG a=1 b=$a\n", "1"),
        ("FROM scratch\nARG b=1\nENV b=2\n", "2"),
        ("FROM scratch\nENV b=2\nARG b=1\n", "2"),
        ("ARG b=7\nFROM scratch\nARG b\n", "7"),
        ("ARG b=7\nFROM scratch\n", ""),
        ("FROM scratch\nENV b='$a'\n", "$a"),
        ("FROM a\n", "b may be set by the base image"),
        ("FROM a\nARG b\n", "ARG b has no default"),
        ("FROM a AS x\nENV b=1\nFROM x\n", "1"),
        ("FROM scratch\nENV b=0123456789\n" + "ENV b=$b$b\n" * 50, "too long"),
    ],
)
def test_expansion(text: str, wanted: str) -> None:
    value = last(text).expand("$b")
    assert (wanted in value.reason) if isinstance(value, Unknown) else (wanted == value)


def test_expansion_looks_only_back() -> None:
    stage = last("FROM scratch\nENV a=1\nUSER $a\nENV a=2\n")
    assert stage.expand("$a", stage.instructions[1]) == "1"
    assert stage.expand("$a", stage.instructions[0]) == ""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("'a b' \"c\" d\\ e", "a b c d e"),
        (r'"a\"b\c"', r'a"b\c'),
        ("$X ${X} ${X:-a 'b'} \\$X", "$X ${X} ${X:-a 'b'} $X"),
        ("${X", "${X"),
    ],
)
def test_unquote(text: str, wanted: str) -> None:
    assert unquote(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("$A${A}$", "11$"),
        ("${N-x}${N:+x}${A:+y}${A?z}", "xy1"),
        ("${N:-${A:-$U}}", "1"),
        ("${A:-$U}", "1"),  # what is not used need not be known
        ("'$U'\"$A\"", "$U1"),
        ("${P#/a}${P%b}${P/a/x}${P//b/}", "/b/a//x/b/a/"),
    ],
)
def test_expand(text: str, wanted: str) -> None:
    def get(name: str, plain: bool) -> str | None:  # noqa: FBT001
        if name == "U":
            raise UnknownValue(f"U, plain: {plain}")
        return {"A": "1", "P": "/a/b"}.get(name)

    assert expand(text, get) == wanted


# --- images ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "full_name", "name", "tag", "digest"),
    [
        ("nginx", "docker.io/library/nginx", "nginx", "", ""),
        ("docker.io/nginx:1", "docker.io/library/nginx", "nginx", "1", ""),
        ("grafana/loki:3", "docker.io/grafana/loki", "grafana/loki", "3", ""),
        ("host:5000/img", "host:5000/img", "host:5000/img", "", ""),
        ("host:5000/a/b:t", "host:5000/a/b", "host:5000/a/b", "t", ""),
        ("localhost/x", "localhost/x", "localhost/x", "", ""),
        ("a:1@sha256:" + "0" * 64, "docker.io/library/a", "a", "1", "sha256:" + "0" * 64),
    ],
)
def test_image(text: str, full_name: str, name: str, tag: str, digest: str) -> None:
    image = parse_image(text)
    assert (image.full_name, image.name, image.tag, image.digest) == (full_name, name, tag, digest)


@pytest.mark.parametrize(
    "text", ["", "a b", "$X", "{{ x }}", "<image>", "a:", "a@", "A", "a//b", "-a", "a:b@c", "/a"]
)
def test_what_is_no_image(text: str) -> None:
    with pytest.raises(UnknownValue):
        parse_image(text)


@pytest.mark.parametrize(
    ("image", "shell", "root"),
    [
        ("alpine:3", "ash", True),
        ("node:20-alpine3.20", "ash", True),
        ("node:20", "dash", True),
        ("python:3.12-slim-bookworm", "dash", True),
        ("eclipse-temurin:21-ubi9-minimal", "bash", True),
        ("oraclelinux:8-slim", "bash", True),
        ("registry.access.redhat.com/ubi9/nodejs-20", "bash", False),
        ("mcr.microsoft.com/windows/servercore:ltsc2022", "cmd", None),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-nanoserver-1809", "cmd", None),
        ("mcr.microsoft.com/dotnet/aspnet:8.0-jammy-chiseled", "none", False),
        ("gcr.io/distroless/base-debian12", "none", True),
        ("gcr.io/distroless/base-debian12:nonroot", "none", False),
        ("cgr.dev/chainguard/node", None, False),
        ("cgr.dev/chainguard/wolfi-base", None, True),
        ("jenkins/jenkins:lts", None, False),
        ("grafana/promtail", None, None),
        ("example.com/node:20", None, None),
        ("scratch", "none", True),
    ],
)
def test_what_is_known_of_base_images(image: str, shell: str | None, root: bool | None) -> None:  # noqa: FBT001
    found = default_shell(parse_image(image)), runs_as_root(parse_image(image))
    assert tuple(None if isinstance(value, Unknown) else value for value in found) == (shell, root)


# --- shell text -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a b && c || d; e & f", ["a b", "c", "d", "e", "f"]),
        ("a | b |& c", ["a", "b", "c"]),
        ("a 'b && c' \"d | e\"", ["a 'b && c' \"d | e\""]),
        ("a # b && c\nd", ["a", "d"]),
        ("a#b", ["a#b"]),
        ("x=$(a | b) c", ["x=$(a | b) c", "a", "b"]),
        ('echo "$(a "b c")" `d`', ['echo "$(a "b c")" `d`', 'a "b c"', "d"]),
        ("bash <(curl x)", ["bash <(curl x)", "curl x"]),
        ("(cd a && b) | c", ["cd a", "b", "c"]),
        ("if ! a; then b; fi", ["a", "b"]),
        ("a 2>&1 >/x &>y", ["a 2>&1 >/x &>y"]),
        ("cat <<X\na && b\nX\nc", ["cat <<X", "c"]),
        ("a &&\n b", ["a", "b"]),
        ("a ${x:-b && c} $((1 + 2))", ["a ${x:-b && c} $((1 + 2))"]),
        ("$(", []),
        ("'", []),
    ],
)
def test_split_commands(text: str, wanted: list[str]) -> None:
    found = [text[c.start : c.end] for c in split_commands(text)]
    assert [part for part in found if part not in ("$(", "'")] == wanted


def test_parts_of_a_command() -> None:
    (command,) = split_commands("A=1 B='x y' /bin/curl -o \"a b\" $URL 2>/dev/null <in")
    assert command.name == "curl"
    assert command.argv == ("/bin/curl", "-o", "a b", "$URL")
    assert [word.text for word in command.assignments] == ["A=1", "B=x y"]
    assert [word.text for word in command.redirects] == ["2>/dev/null", "<in"]


def test_operators_depth_and_pipelines() -> None:
    commands = split_commands("curl x | sh && y $(a | b) || z")
    assert [(c.name, c.operator_before, c.operator_after, c.depth) for c in commands] == [
        ("curl", "", "|", 0),
        ("sh", "|", "&&", 0),
        ("y", "&&", "||", 0),
        ("a", "", "|", 1),
        ("b", "|", "", 1),
        ("z", "||", "", 0),
    ]
    assert [[c.name for c in group] for group in pipelines(commands)] == [
        ["curl", "sh"],
        ["y"],
        ["a", "b"],
        ["z"],
    ]


@given(st.text(alphabet="ab \n'\"`$(){}<>|&;#\\=12!") | st.text())
def test_any_shell_text_has_an_answer(text: str) -> None:
    for command in split_commands(text):
        assert 0 <= command.start <= command.end <= len(text)
        for word in (*command.words, *command.assignments, *command.redirects):
            assert command.start <= word.start <= word.end <= command.end
