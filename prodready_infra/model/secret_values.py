"""What a value says of itself: reference, path, name, option, sample or literal secret.

Entropy is asked only when the name that carries the value leaves doubt.
"""

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterator

from prodready_infra.model.secret_formats import (
    Name,
    Secret,
    SecretKind,
    found,
    looks_random,
    pattern,
    read_name,
    words_of,
)

# ${NAME:-literal} and its kin: the default is what runs when nobody sets NAME.
DEFAULT = r"\$\{\w{1,80}:?[-=]([^{}]*)\}"
_INTERPOLATION = r"\$\{|\$\(|\{\{|<%|#\{|\[\[|%\(\w|<path:"
_WHOLE_REFERENCE = (
    r"(?:(?:Bearer |Basic |token )?(?:\$\$?[A-Za-z_]\w*[:/@ .,-]?)+|\$\$?\d|%\w+%|@@?\w+@@?"
    r"|__\w+__|\{\w+\}|%[sdv](?:[:@/]%[sdv])*"
    r"|[A-Za-z_]\w{1,40}(?:\.\w+)*(?:\(.*\)|\[.*\])[,;]?"  # file("key.pem"), environ["KEY"]
    r"|!?(?:var|local|data|module|each|self|path|env|secrets?|inputs|params|values|vars|config)"
    r"(?:\.[\w\[\]\"'*-]+)+"
    r"|[a-z]\w*_\w+(?:\.[a-z][\w\[\]\"'*-]*)+"  # a Terraform attribute
    r"|[A-Za-z_][\w-]*(?:\.[A-Za-z_*][\w\[\]\"'*-]*){2,})"
)
_SCHEMES = (
    r"(?i:vault:|ref\+|op://|arn:|enc\[|enc\(|\$ansible_vault|env:|ssm:|secretsmanager:|asm:"
    r"|/?keyvault|@microsoft\.keyvault\(|sm://|awssm|gcpsm|gcp:|akv:|doppler:|secrets?://|secretref:"
    r"|file:|!vault|!ref|!sub|!getatt|\{cipher\}|resolve:|bao:|infisical:|k8s:|ksm:|aws-sm"
    r"|bws:|sops:|valuefrom:|projects/[^/\s]+/secrets/|-----begin (?:pgp|age|certificate|public))"
    r"|AQICAH|CiQA[\w+/=]{60}|Ag[A-D][A-Za-z0-9+/]{300}"  # ciphertext of KMS and Sealed Secrets
)
_PATH = r"(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\][\w@.,-]+)+[/\\]?|[\w.-]+(?:/[\w.-]+)+\.\w{2,5}"
_FILE = (
    r"(?i)[\w.-]+\.(?:pem|key|crt|cer|p12|pfx|jks|json|ya?ml|txt|env|conf|cfg|ini|toml|enc|gpg|age"
    r"|pub|py|sh|go|js|ts|rb|tf|tpl|properties|secret|token|passwd|htpasswd|log|md|html|com|org|io"
    r"|net|local|svc|internal)"
)
_HARMLESS = (
    r"(?i)(?:|true|false|yes|no|on|off|null|none|nil|n/a|~|undefined|required|optional|disabled?"
    r"|enabled?|auto|automatic|random|generated?|bearer|basic|header|always|never|plaintext|plain"
    r"|encrypted|file|env|prompt|hidden|str|string|strings|number|bool|boolean|any|int|object|map"
    r"|list|opaque|jwt|oauth2?|oidc|saml|ldap|hs\d{3}|rs\d{3}|es\d{3}|md5|sha-?\d{1,3}|bcrypt|argon2"
    r"|scram-sha-\d+|aws|gcp|azure|github|gitlab|write-only|read-only|in-memory|memory|\|[+-]?|>-?"
    r"|-?\d{1,11}(?:\.\d+)?|(?:second|minute|hour|day)s?|no[-_ ](?:token|key|secret|password)"
    r"|\d+(?:ns|us|ms|s|m|h|d|w|y|ki?|mi?|gi?|kb|mb|gb)|\[\]|\{\}|\(.*\)"
    r"|sha(?:1|256|512)[:-].*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
)
_PROSE = r"(?i)\b(?:the|an?|of|for|to|is|be|are|used|this|that|with|from|your|and|or|in|if|when)\b"
# An order to the reader, and what a name may contain as well ("secret: example-tls").
_ORDER = (
    r"(?i)change[-_ ]?(?:me|it|this)|replace|placeholder|fixme|to-?do\b|redacted|your|insert"
    r"|fill[-_ ]?in|xxx|[*•.?]{4}|^[*•.?#]{3,}$|^<[^<>]*>$|^\[[^\[\]]*\]$|^\{[\w -]*\}$|^(.)\1+$"
    r"|not[-_ ]?an?[-_ ]?(?:real|secure|secret)|goes[-_ ]here|set[-_ ]?me|^(?:0{8}-[0-]+)$"
)
_SAMPLE = (
    r"(?i)example|dummy|sample|fake|mock|insecure|12345|qwerty|asdf"
    r"|my[-_]?(?:secret|super|password|token|pass|key)"
)
# A value made of these words alone (digits and separators aside) protects nothing.
_FILLERS = words_of(
    "password passwd pass pwd passphrase secret secrets key token credential credentials api "
    "access auth my the a an super strong very safe secure db database root admin "
    "administrator user username test testing demo dev local default temp tmp foo bar baz "
    "postgres postgresql pg mysql mariadb redis mongo mongodb rabbitmq guest minio elastic "
    "wordpress grafana keycloak django flask rails jenkins sonar nexus vault welcome letmein "
    "hello world this is not in production prod for use only please must be changed change me "
    "it app application service server client jwt session cookie signing encryption private "
    "abc anaccesskey s3cr3t p@ssw0rd passw0rd p@ssword pa55word toor tiger scott pw docker "
    "kubernetes master airflow superset nextcloud ghost drupal joomla odoo sa value string "
    "monitor replication repl replica backup hunter random some any long should dont do use "
    "registry proxy webhook grpc http https bot mail smtp ldap kafka nats influxdb influx "
    "cassandra gitea artifactory confluence jira awx zabbix"
)
_URL = (
    r"(?<![\w])([A-Za-z][A-Za-z0-9+.-]{1,30})://"
    r"((?:\$\{[^{}\s]{1,80}\}|[^\s:/@\"'<>?#,]){0,128}):"
    r"((?:\$\{[^{}\s]{1,120}\}|[^\s/@\"'?#]){1,256})@(?!sha\d{3}:)[\w.\[$({%<]"
)
_MYSQL_DSN = r"(?<![\w/])[\w.-]{1,64}:([^\s:@/\"']{1,128})@(?:tcp|unix)\("


def is_reference(value: str) -> bool:
    """Whether ``value`` says where the secret is instead of being it.

    ``${X:-literal}`` is none, because the literal is used; ``${X:-}`` and ``${X:?error}`` are.
    """
    text = value.strip()
    for match in pattern(DEFAULT).finditer(text):
        if match[1].strip("\"' ") and not is_reference(match[1]):
            return False
    return bool(
        pattern(_INTERPOLATION).search(text)
        or pattern(_SCHEMES).match(text)
        or pattern(_WHOLE_REFERENCE).fullmatch(text)
        or _is_path(text)
    )


def _is_path(text: str) -> bool:
    if not pattern(_PATH).fullmatch(text):
        return bool(pattern(_FILE).fullmatch(text))
    # Base64 may look like a path; a path has no long segment of mixed letters and digits.
    return not any(looks_random(part, 24) for part in re.split(r"[/\\]", text))


def judge(name: Name, key: str, value: str) -> Secret | None:
    """The verdict on a literal below a name that says secret, by the literal's own form."""
    text = value.strip()
    start = value.index(text)
    if len(text) < 3 or "\n" in text or not any(map(str.isalnum, text)):
        # A row of stars is a masked secret, other punctuation is nothing.
        masked = name.certain and pattern(r"[*•?#]{3,}").fullmatch(text)
        return _placeholder(name, start, text) if masked else None
    if text[0] in "{[" or is_reference(text):
        return None
    if not name.certain and not _betrays_itself(name, text):
        return None
    if name.noun == "connection string":
        return None
    password = name.noun == "password"
    flat = re.sub(r"[\W_]", "", text).lower()
    default = flat == re.sub(r"[\W_]", "", key).lower() or _only_fillers(text)
    ordered = pattern(_ORDER).search(text)
    if not ordered and _names_something(name, key, text):
        return None
    if ordered or pattern(_SAMPLE).search(text):
        return _placeholder(name, start, text)
    if default or (password and text.isdigit() and len(text) > 3):
        return found(SecretKind.WEAK, f"weak {name.noun}", start, start + len(text))
    if _is_harmless(text):
        return None
    return found(SecretKind.CREDENTIAL, name.noun, start, start + len(text))


def _placeholder(name: Name, start: int, text: str) -> Secret:
    return found(SecretKind.PLACEHOLDER, f"placeholder {name.noun}", start, start + len(text))


def _betrays_itself(name: Name, text: str) -> bool:
    if name.noun == "auth":
        return _is_user_and_password(text)
    return (
        name.noun != "dsn"
        and looks_random(text.removeprefix("base64:"))
        and not _is_identifier_number(text)
    )


def _is_user_and_password(text: str) -> bool:
    """``user:password`` or ``neo4j/password``, bare or in base64 as Docker's configuration has."""
    if len(text) % 4 == 0 and len(text) >= 8 and pattern(r"[A-Za-z0-9+/]+={0,2}").fullmatch(text):
        try:
            text = a2b_base64(text.encode()).decode("ascii")
        except (Base64Error, UnicodeDecodeError):
            return False
        return text.isprintable() and ":" in text[1:-1]
    return bool(pattern(r"[A-Za-z][\w.-]*:[^\s:/]{4,}|neo4j/\S{4,}").fullmatch(text))


def _is_identifier_number(text: str) -> bool:
    """A UUID, or a digest's worth of hexadecimal digits."""
    return bool(
        pattern(r"(?i)[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\da-f]{32,}").fullmatch(text)
    )


def _is_harmless(text: str) -> bool:
    if pattern(_HARMLESS, re.ASCII).fullmatch(text) or pattern(r"\w[\w+.-]*://").match(text):
        return True
    words = text.split()
    return len(words) > 2 and bool(pattern(_PROSE).search(text) or text.endswith("."))


def _names_something(name: Name, key: str, text: str) -> bool:
    """An environment variable's name, or the name of a Kubernetes or cloud secret."""
    if pattern(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+").fullmatch(text) and read_name(text):
        return True
    if name.noun == "secret" and text != "secret" and key.lower().startswith(text.lower()):
        return True  # OPERATOR_SECRET=operator
    if name.noun == "password" or key.isupper():
        return False
    if key.rpartition(".")[2] in ("secretKey", "secret", "credentials", "credential"):
        # "secretKey: password" of an ExternalSecret, "secret: grafana-admin" of many charts.
        return bool(pattern(r"[A-Za-z]+(?:[-_./][A-Za-z0-9]+)*").fullmatch(text))
    if key.rpartition(".")[2] == "token" and pattern(r"[A-Za-z]+(?:[-_./][A-Za-z]+)+").fullmatch(
        text
    ):
        return True
    tail = r"[a-z0-9]+(?:[-./][a-z0-9]+)*-(?:secrets?|credentials?|creds|token|key|tls|auth|certs?)"
    return bool(pattern(tail).fullmatch(text)) and not text.startswith(
        ("my-", "your-", "fake-", "dummy-", "mock-")
    )


def _only_fillers(text: str) -> bool:
    """Whether ``text`` is put together from nothing but the words of default passwords."""
    lowered = text.lower().strip("!@#$%^&*.-_ ")
    if lowered in _FILLERS:
        return True
    letters = re.sub(r"[\W\d_]", "", lowered)
    if not letters or len(letters) > 60 or sum(map(str.isdigit, text)) > 4:
        return False
    ends = {0}  # positions that a sequence of filler words can reach
    for end in range(1, len(letters) + 1):
        if any(end - start <= 14 and letters[start:end] in _FILLERS for start in ends):
            ends.add(end)
    return len(letters) in ends


def passwords_in_urls(text: str) -> Iterator[Secret]:
    matches = [*pattern(_URL, re.ASCII).finditer(text)] if "://" in text else []
    for match in matches:
        yield from _url_password(match[3], match.start(3))
    if "@" in text:
        for match in pattern(_MYSQL_DSN).finditer(text):
            yield from _url_password(match[1], match.start(1))


def _url_password(word: str, start: int) -> Iterator[Secret]:
    if default := pattern(DEFAULT).fullmatch(word):
        start += default.start(1)
        word = default[1]
    if not word or is_reference(word) or pattern(r"\$\$?\w+|\{.*\}|%\w").fullmatch(word):
        return
    kind, label = SecretKind.URL_PASSWORD, "password in a URL"
    if pattern(_ORDER).search(word) or pattern(_SAMPLE).search(word):
        kind, label = SecretKind.PLACEHOLDER, "placeholder password in a URL"
    elif _only_fillers(word):
        kind, label = SecretKind.WEAK, "weak password in a URL"
    yield found(kind, label, start, start + len(word))
