"""Whether a value is a secret that was written down, and whether a line may be shown.

Precision comes first: a value counts when its form is a published one (a token, a private key, a
password in a URL) or when the name that carries it says secret and the value is neither a
reference, a path, a name, an option nor prose.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from re import Match

from prodready_infra.model.secret_formats import (
    Secret,
    SecretKind,
    find_tokens,
    found,
    is_secret_name,
    looks_random,
    pattern,
    read_name,
)
from prodready_infra.model.secret_values import DEFAULT, is_reference, judge, passwords_in_urls

__all__ = [
    "Secret",
    "SecretKind",
    "classify",
    "is_reference",
    "is_secret_name",
    "line_holds_secret",
    "scan_text",
]

# Without one of these in it, a text names no secret; substrings are enough for "no".
_STEMS = (
    *("pass", "pwd", "secret", "token", "key", "cred", "psk", "cookie", "auth", "salt", "jwt"),
    "connectionstring",
)
_COMMAND_STEMS = ("://", "@tcp(", "@unix(", "mysql", "curl", "login")
_STEM = "(?i:" + "|".join(_STEMS) + ")"
_KEY = (
    r"(?<![\w.-])-{0,2}(?=[\w.-]{0,100}?(?:"
    + _STEM
    + r"))(?P<key>[A-Za-z_][\w.-]{0,100}(?:\[[\"']?[\w.-]{1,60}[\"']?\])?)"
)
_SIGN = r"\\?[\"']?\s{0,20}(?:=>|:=|=|:)(?!=|//)\s{0,20}"
_VALUE = (
    r"(?:\\\"(?P<escaped>[^\"\\]*)\\\"|\"(?P<double>(?:[^\"\\]|\\.)*)\"|'(?P<single>[^']*)'"
    r"|(?P<bare>[^\s\"'][^\s]*))"
)
_FLAG = (
    r"(?<![\w-])--?(?P<key>[A-Za-z][\w-]{0,60})(?:[ \t]{1,20}|[\"'],[ \t]{0,20}(?=[\"']))"
    r"(?![-|&;<>])" + _VALUE
)
_WORDED = r"^\s*(?P<key>requirepass|masterauth)\s{1,20}(?P<bare>[^\s\"']+)"
_ELEMENT = r"<(?P<key>[A-Za-z][\w.-]{0,60})>(?P<bare>[^<>\n]{1,300})</"
# What must occur, label, pattern whose first group is the password.
_COMMANDS = (
    (
        "chpasswd",
        "password",
        r"[\w.-]{1,40}:([^\s\"':|]{1,200})[\"']?\s{0,9}\|\s{0,9}(?:sudo )?chp",
    ),
    ("curl", "password", r"\s(?:-u|--user)[ =]?[\"']?[A-Za-z][^\s:\"']{0,80}:([^\s\"']{1,200})"),
    ("mysql", "password", r"\bmysql(?:dump|admin|show)?\s[^|;&]{0,200}?\s-p([^\s\"'-][^\s\"']*)"),
    ("sshpass", "password", r"\bsshpass\s{1,9}-p\s{0,9}[\"']?([^\s\"']+)"),
    ("login", "password", r"\blogin\s{1,9}\S{1,80}\s{1,9}password\s{1,9}(\S+)"),
)
_COMMENT = r"\s*(?:#|//\s|;|\*\s|<!--|--\s)"
_LEAD = (
    r"\s*(?:-\s+)?(?:(?:export|ENV|ARG|set|SET|const|let|var|readonly|local|declare)\s+)?\\?[\"']?"
)
_SUSPECT = (
    r"(?i)(?:pass|pwd|secret|token|key|cred|psk|cookie|auth|dsn|salt|jwt|bearer|pin|pat|connection|\bvalue"
    r"|\bdefault|\bdata\b|\bcontent)[\w.-]{0,80}\\?[\"']?\]?\s*(=>|:=|=|:|,|\s|$)\s*"
)
# Browsers get to see these: NEXT_PUBLIC_MAPS_KEY.
_PUBLIC = r"(?i)(?:^|[_.-])public(?:$|[_.-])"
_NO_SECRET = r"(?i)sha\d{1,3}[:-]|^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$|^[a-z\d.-]+/v\d\w*$"


def classify(key: str, value: str) -> Secret | None:
    """The first secret in ``value``, which stands below ``key`` (``""`` when it has no name)."""
    if len(value) < 3 or value.isspace():
        return None
    for secret in () if pattern(_PUBLIC).search(key) else find_tokens(value):
        return secret
    for secret in passwords_in_urls(value):
        return secret
    for match in pattern(DEFAULT).finditer(value) if "${" in value else ():
        if inner := classify(key, match[1].strip("\"'")):
            return _moved(inner, value.index(match[1].strip("\"'"), match.start(1)))
    name = read_name(key)
    if name and (judged := judge(name, key, value)):
        return judged
    if name is None or name.noun in ("connection string", "dsn"):
        return _inside(value)
    return None


def _worthwhile(text: str) -> bool:
    return any(map(text.__contains__, _COMMAND_STEMS)) or any(
        map(text.lower().__contains__, _STEMS)
    )


def _inside(value: str) -> Secret | None:
    """The first ``password=…``, ``--password …`` or the like in a value with a harmless name."""
    if not _worthwhile(value):
        return None
    offset = 0
    for line in value.splitlines(keepends=True):
        if not pattern(_COMMENT).match(line):
            for secret in _in_line(line, colons="\n" in value):
                return _moved(secret, offset)
        offset += len(line)
    return None


def _moved(secret: Secret, offset: int) -> Secret:
    return found(secret.kind, secret.label, secret.start + offset, secret.end + offset)


def scan_text(text: str) -> list[tuple[int, Secret]]:
    """The secrets in a text of many lines, such as a script or an embedded configuration file.

    Each comes with the index of its line, from 0, and a span in that line. Comment lines are
    searched for tokens only.
    """
    lines = text.split("\n")
    starts = [0, *accumulate(len(line) + 1 for line in lines)]
    hits: list[tuple[int, Secret]] = []
    for secret in find_tokens(text):
        index = bisect_right(starts, secret.start) - 1
        start = secret.start - starts[index]
        end = min(start + secret.length, len(lines[index]))
        hits.append((index, found(secret.kind, secret.label, start, end)))
    for index, line in enumerate(lines):
        if _worthwhile(line) and not pattern(_COMMENT).match(line):
            hits += [(index, secret) for secret in _in_line(line, colons=True)]
    hits.sort(key=lambda hit: (hit[0], hit[1].start))  # stable: a token precedes its own pair
    kept: list[tuple[int, Secret]] = []
    for index, secret in hits:
        if not kept or kept[-1][0] != index or kept[-1][1].end <= secret.start:
            kept.append((index, secret))
    return kept


def _in_line(line: str, *, colons: bool) -> Iterator[Secret]:
    """Secrets that a line's own syntax names; ``key: value`` counts only with ``colons``."""
    yield from passwords_in_urls(line)
    for needle, label, source in _COMMANDS:
        if needle in line:
            for match in pattern(source).finditer(line):
                if secret := classify(label, match[1]):
                    yield _moved(secret, match.start(1))
    if not any(map(line.lower().__contains__, _STEMS)):
        return
    for match in pattern(_KEY + _SIGN + _VALUE).finditer(line):
        yield from _in_pair(line, match, colons=colons)
    for match in pattern(_FLAG).finditer(line):
        yield from _in_flag(line, match)
    for source in (_WORDED, _ELEMENT):
        for match in pattern(source).finditer(line):
            if secret := classify(match["key"], match["bare"]):
                yield _moved(secret, match.start("bare"))


def _in_pair(line: str, match: Match[str], *, colons: bool) -> Iterator[Secret]:
    key = match["key"].strip("[]\"'").replace("[", ".").replace('"', "").replace("'", "")
    sign = line[match.end("key") : match.start(match.lastgroup or 0)]
    name = read_name(key)
    text, start = _literal(match)
    if name is None and match["bare"] is None and (inner := classify("", text)):
        yield _moved(inner, start)
    if name is None or (":" in sign and "=" not in sign and not colons):
        return
    if match["bare"] is not None:
        leads = bool(pattern(_LEAD).fullmatch(line, 0, match.start()))
        rest = line[start:].partition(" #")[0].strip() if leads else ""
        spaced = ":" in sign or " " in sign
        if text[-1] in "([{" or (":" in sign and pattern(r"\*\w").match(text)):
            return  # the beginning of an expression, or a YAML alias
        if leads and spaced and " " in rest.rstrip(";,"):
            return  # a sentence or an expression
        text = text.rstrip(";,") if leads else pattern(r"[^;,&)}\]\"'|\\]*").match(text)[0]  # type: ignore[index]
        # In code a bare word is a variable; in an INI or YAML file it is a literal.
        code = not leads or ("=" in sign and spaced)
        if code and text.replace("_", "").isalpha():
            weak = judge(name, key, text)
            if (
                weak is None
                or weak.kind not in (SecretKind.PLACEHOLDER, SecretKind.WEAK)
                or read_name(text)
            ):
                return
            if not (
                leads or key.isupper() or line[match.start() - 1] in "?&;\"'" or match[0][0] == "-"
            ):
                return
    if secret := classify(key, text):
        yield _moved(secret, start)


def _in_flag(line: str, match: Match[str]) -> Iterator[Secret]:
    text, start = _literal(match)
    if match["bare"] is not None:
        text = text.rstrip(";,)]}'\"\\")
        prose = not pattern(r"\s*(?:$|[-&|;\\\"')\]#])").match(line, start + len(text))
        if text.isalpha() and prose:
            return
    if is_secret_name(match["key"]) and (secret := classify(match["key"], text)):
        yield _moved(secret, start)


def _literal(match: Match[str]) -> tuple[str, int]:
    group = match.lastgroup or 0
    return match[group], match.start(group)


def line_holds_secret(line: str) -> bool:
    """Whether a source line must stay out of every report; in doubt, it must.

    True for more than :func:`classify` finds, since one line shows neither the name that a
    ``value:`` belongs to nor the text that a base64 line continues.
    """
    if "PRIVATE KEY" in line or any(True for _ in find_tokens(line)):
        return True
    if any(True for _ in _in_line(line, colons=True)):
        return True
    if (match := pattern(r"\s*ENV\s+(\S+)\s+(.+)").match(line)) and classify(*match.groups()):
        return True  # ENV KEY VALUE, where the value may begin with a separator
    if match := pattern(_SUSPECT).search(line):
        rest = line[match.end() :]
        sign = match.group(1)
        wholes = [rest.strip(), rest.strip(" ,;\"'")]
        if len(sign) == 2 and match.end() == match.end(1):
            wholes.append(sign[1] + rest)  # "KEY=>x" may be KEY with the value ">x"
        if any(classify("password", word) for word in (*wholes, *_words_of(rest))):
            return True
    return any(
        (looks_random(word) or pattern(r"[A-Za-z0-9+/]{40,}={0,2}").search(word))
        and not pattern(_NO_SECRET).search(word)
        for word in _words_of(line)
    )


def _words_of(text: str) -> Iterator[str]:
    for match in pattern(r"\"((?:[^\"\\]|\\.)*)\"|'([^']*)'|(\S+)").finditer(text):
        word = match[match.lastindex or 0]
        yield word
        stripped = word.strip("\"'`,;()[]{}<>\\")
        if stripped != word:
            yield stripped
        for part in word.replace(",", " ").replace("=", " ").split():
            if part != word:
                yield part.strip("\"'`,;()[]{}<>\\")
