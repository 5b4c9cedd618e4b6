"""How secrets look: the names that carry them, and the published formats of tokens.

Whether a name carries a secret is decided by its words (split on case, ``_``, ``-``; the last
segment of a dotted name), never by substrings: ``MAX_TOKENS`` counts, ``PASSWORD_FILE`` points.
A ``dsn`` is no secret name, because many hold none; the password inside one is found by its form.
``connection_string`` is one, but a literal counts only when it contains a password or a key.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from math import log2
from typing import NamedTuple


class SecretKind(StrEnum):
    """What gave a secret away."""

    TOKEN = "token"  # the value has a vendor's published format
    CREDENTIAL = "credential"  # the name says secret and the value is a literal
    PRIVATE_KEY = "private-key"
    URL_PASSWORD = "url-password"
    WEAK = "weak"  # a literal that everybody guesses, such as the product's default password
    PLACEHOLDER = "placeholder"  # a sample, or an order to replace it


@dataclass(frozen=True, slots=True)
class Secret:
    """That a secret stands at ``[start, end)`` of a value or line; never the secret itself."""

    kind: SecretKind
    label: str
    length: int
    start: int
    end: int


class Name(NamedTuple):
    """What a name says: ``noun`` is the human word, ``certain`` whether the name suffices."""

    noun: str
    certain: bool


def words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PASSWORDS = words_of("password passwd pwd passphrase passwort requirepass masterauth psk")
_NOUNS = dict.fromkeys(_PASSWORDS, "password") | {
    "secret": "secret",
    "token": "token",
    "credential": "credential",
    "credentials": "credential",
    "creds": "credential",
    "apikey": "API key",
}
# Words written without a separator, as in PGPASSWORD or clientsecret.
_ENDINGS = (
    ("password", "password"), ("passwd", "password"), ("passphrase", "password"),
    ("secret", "secret"), ("token", "token"), ("apikey", "API key"), ("accesskey", "access key"),
    ("secretkey", "secret key"), ("privatekey", "private key"), ("signingkey", "signing key"),
    ("encryptionkey", "encryption key"), ("connectionstring", "connection string"),
)  # fmt: skip
_KEY_KINDS = words_of(
    "api access private secret encryption encrypt signing sign master account shared hmac jwt "
    "license licence cookie crypt cipher decryption admin webhook"
)
_NOT_BEFORE_PASS = words_of("proxy first second one two single multi low high per by fast")
# These make a secret of nothing by themselves; a random-looking value does.
_WEAK_KEY_KINDS = words_of(
    "app application deploy service storage session integration ingest ingestion write routing "
    "auth authentication client server ssh"
)
_WEAK = words_of("tokens salt pat pass auth jwt bearer pin htpasswd dsn apikeys")
_IGNORED_TAIL = words_of(
    "value default base base64 b64 plain plaintext literal prod production dev development staging "
    "test old new current previous primary secondary raw data v1 v2 here"
)
_NOT_ANYWHERE = words_of(
    "public pub max min num number count enable enabled disable disabled allow allowed require "
    "required requires use uses using has is existing empty random generate generated autogenerate "
    "auto create rotate reset skip without no not should can automount mount forgot "
    "nopasswd nopassword next page continuation"
)
_NOT_AFTER = words_of(
    "file files filename path paths dir directory name names named ref refs reference references "
    "url urls uri uris endpoint endpoints host hostname port ttl exp lifetime duration timeout age "
    "seconds minutes hours days size length len limit limits policy policies version versions arn "
    "arns id ids identifier rotation rotate rotator manager algorithm algo alg issuer audience aud "
    "type types kind mode method format encoding hash checksum digest field fields key keys label "
    "labels prefix suffix header headers param params parameter parameters store stores storage "
    "provider providers class engine backend namespace template templates server service services "
    "domain address user username users group groups role roles scope scopes action check checks "
    "validation validator validators generator hasher hashers reset change prompt hint text "
    "description desc "
    "title message placeholder error errors strength complexity special upper lower digits chars "
    "characters authentication auth login created updated date time at interval bucket region "
    "source sources location selector annotations annotation map mappings mounts volume volumes "
    "items item optional cache projection review reviews request requests exchange binding grant "
    "hook init job operator controller reloader replicator csi driver sync syncer env var vars "
    "variable variables config configuration configmap settings spec status list set api py sh "
    "yaml yml json txt md tf go js ts pem crt tpl conf cfg usage claim claims property projected "
    "automation agent query lambda function vault account recovery window days identity retry "
    "management plugin policy object objects only support supported"
)
# "passwordSecret" and "tlsSecret" name a Kubernetes object.
_NAMES_AN_OBJECT = words_of(
    "password passwd credential credentials key config cert certificate certs tls ca ssl pull "
    "registry from ssh env external sealed opaque volume secrets ingress image kubernetes k8s "
    "cluster extra additional backend s3 storage minio"
)
_WORD = r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+"


@lru_cache(maxsize=8192)
def read_name(key: str) -> Name | None:
    """What ``key`` says about its value; None when it says nothing of a secret."""
    segments = [part for part in re.split(r"[/.\s]", key.strip("\"'- ")) if part]
    while len(segments) > 1 and segments[-1].lower() in _IGNORED_TAIL:
        segments.pop()
    words = [word.lower() for word in re.findall(_WORD, segments[-1])] if segments else []
    while len(words) > 1 and (words[-1] in _IGNORED_TAIL or words[-1].isdigit()):
        words.pop()
    if not _NOT_ANYWHERE.isdisjoint(words):
        return None
    for index in range(len(words) - 1, -1, -1):
        if words[index] == "secret" and words[index - 1] in _NAMES_AN_OBJECT and index:
            return None
        if words[index - 2 : index + 1] == ["initial", "cluster", "token"]:
            return None  # etcd's is a name that keeps clusters apart
        if name := _noun_at(words, index):
            tail = words[index + 1 :]
            if any(word in _NOT_AFTER or word.startswith("expir") for word in tail):
                return None
            # PASSWORD_ADMIN is a password; what SECRET_FOO_BAR is, its value has to say.
            sure = name.certain and (not tail or name.noun == "password")
            return Name(name.noun, sure)
    return None


def is_secret_name(key: str) -> bool:
    """Whether a literal below ``key`` is a secret whatever it looks like."""
    name = read_name(key)
    return name is not None and name.certain


def _noun_at(words: list[str], index: int) -> Name | None:
    word = words[index]
    before = words[index - 1] if index else ""
    if noun := _NOUNS.get(word):
        return Name(noun, certain=True)
    if word in ("key", "string", "strings", "cookie", "pass") and before:
        if word == "pass" and before not in _NOT_BEFORE_PASS:
            return Name("password", certain=True)
        if (word == "key" and before in _KEY_KINDS) or (before, word) in _PAIRS:
            return Name(
                "API key" if before == "api" else f"{before} {word.rstrip('s')}", certain=True
            )
        if word == "key" and before in _WEAK_KEY_KINDS:
            return Name(f"{before} key", certain=False)
    if word in _WEAK:
        return Name("token" if word == "tokens" else word, certain=False)
    for ending, noun in _ENDINGS:
        if word.endswith(ending):
            return Name(noun, certain=True)
    return None


_PAIRS = {("connection", "string"), ("connection", "strings"), ("erlang", "cookie")}


def entropy(text: str) -> float:
    """Shannon entropy in bits for each character."""
    size = len(text)
    return -sum(n / size * log2(n / size) for n in Counter(text).values()) if text else 0.0


def looks_random(text: str, least: int = 20) -> bool:
    """Whether ``text`` is one long word that mixes digits and letters without a pattern."""
    if len(text) < least or not re.fullmatch(r"[\w+/=~.!@#%^&*-]+", text, re.ASCII):
        return False
    mixed = any(c.isdigit() for c in text) and any(c.isalpha() for c in text)
    return mixed and entropy(text) >= (3.0 if re.fullmatch(r"[\da-fA-F]+", text) else 3.6)


# Needles (any of which must occur before the pattern is compiled and tried), label, pattern.
# A pattern has no nested or adjacent open repetition, so its time is linear in the text.
_FORMATS: tuple[tuple[str, str, str], ...] = (
    ("AKIA ASIA", "AWS access key id", r"A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("ghp_ gho_ ghu_ ghs_ ghr_", "GitHub token", r"gh[pousr]_[A-Za-z0-9]{36,255}"),
    ("github_pat_", "GitHub fine-grained token", r"github_pat_\w{40,255}"),
    ("glpat- gldt- glrt- glptt- glft-", "GitLab token", r"gl(?:pat|dt|rt|ptt|ft)-[\w.-]{20,}"),
    ("xoxa- xoxb- xoxp- xoxo- xoxr- xoxs- xoxe", "Slack token", r"xox[abeoprs][.-][\w.-]{20,}"),
    ("xapp-", "Slack app token", r"xapp-\d-[\w-]{30,}"),
    ("hooks.slack.com/", "Slack webhook URL",
     r"hooks\.slack\.com/(?:services|workflows|triggers)/\w{6,}/\w{6,}/\w{16,}"),
    ("sk_live_ rk_live_", "Stripe live key", r"[sr]k_live_[A-Za-z0-9]{16,}"),
    ("sk_test_ rk_test_", "Stripe test key", r"[sr]k_test_[A-Za-z0-9]{16,}"),
    ("whsec_", "webhook signing secret", r"whsec_[A-Za-z0-9+/=]{24,}"),
    ("AIza", "Google API key", r"AIza[\w-]{35}(?![\w-])"),
    ("GOCSPX-", "Google OAuth client secret", r"GOCSPX-[\w-]{24,}"),
    ("ya29.", "Google OAuth access token", r"ya29\.[\w-]{30,}"),
    ("AccountKey=", "Azure storage account key", r"AccountKey=[A-Za-z0-9+/]{60,90}={0,2}"),
    ("SharedAccessKey=", "Azure shared access key", r"SharedAccessKey=[A-Za-z0-9+/]{40,90}={0,2}"),
    ("Q~", "Azure client secret", r"[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])"),
    ("SG.", "SendGrid API key", r"SG\.[\w-]{16,32}\.[\w-]{32,64}"),
    ("npm_", "npm token", r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])"),
    ("pypi-", "PyPI token", r"pypi-[\w-]{50,}"),
    ("SK", "Twilio API key", r"SK[0-9a-f]{32}(?![A-Za-z0-9])"),
    ("eyJ", "JSON web token", r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{16,}"),
    ("dop_v1_ doo_v1_ dor_v1_", "DigitalOcean token", r"do[opr]_v1_[0-9a-f]{64}"),
    ("dapi", "Databricks token", r"dapi[0-9a-f]{32}(?![A-Za-z0-9])"),
    ("hvs. hvb. hvr.", "Vault token", r"hv[sbr]\.[\w-]{24,}"),
    (".atlasv1.", "Terraform Cloud token", r"[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{50,}"),
    ("shpat_ shpca_ shppa_ shpss_", "Shopify token", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    ("key-", "Mailgun API key", r"key-[0-9a-f]{32}(?![A-Za-z0-9])"),
    (":AA", "Telegram bot token", r"\d{8,10}:AA[\w-]{33}(?![\w-])"),
    ("/api/webhooks/", "Discord webhook URL",
     r"discord(?:app)?\.com/api/webhooks/\d{16,20}/[\w-]{50,}"),
    ("sk-ant-", "Anthropic API key", r"sk-ant-[\w-]{32,}"),
    ("sk-proj- sk-svcacct- sk-admin-", "OpenAI API key", r"sk-(?:proj|svcacct|admin)-[\w-]{40,}"),
    ("sk-", "API key (sk-)", r"sk-[A-Za-z0-9]{48}(?![A-Za-z0-9])"),
    ("hf_", "Hugging Face token", r"hf_[A-Za-z0-9]{34}(?![A-Za-z0-9])"),
    ("lin_api_", "Linear API key", r"lin_api_[A-Za-z0-9]{40}"),
    ("AGE-SECRET-KEY-1", "age secret key", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    ("PuTTY-User-Key-File-", "PuTTY private key", r"PuTTY-User-Key-File-\d"),
    ("NRAK-", "New Relic API key", r"NRAK-[A-Z0-9]{27}"),
    ("NRAL", "New Relic license key", r"[0-9a-f]{36}NRAL(?![A-Za-z0-9])"),
    ("glsa_", "Grafana service account token", r"glsa_[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}"),
    ("glc_", "Grafana Cloud token", r"glc_[A-Za-z0-9+/=]{32,}"),
    ("dp.", "Doppler token", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,}"),
    ("pul-", "Pulumi token", r"pul-[0-9a-f]{40}(?![A-Za-z0-9])"),
    ("PMAK-", "Postman API key", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    ("dckr_pat_ dckr_oat_", "Docker Hub token", r"dckr_[po]at_[\w-]{27,}"),
    ("rubygems_", "RubyGems API key", r"rubygems_[0-9a-f]{48}"),
    ("sntrys_ sntryu_", "Sentry token", r"sntry[su]_[\w+/=]{40,}"),
    ("pscale_", "PlanetScale credential", r"pscale_(?:tkn|pw|oauth)_[\w.=-]{32,}"),
    ("sbp_", "Supabase token", r"sbp_[0-9a-f]{40}(?![A-Za-z0-9])"),
    ("tskey-", "Tailscale key", r"tskey-[a-z]{2,12}-\w{8,}-\w{16,}"),
    ("ATATT3", "Atlassian API token", r"ATATT3[\w=-]{100,}"),
    ("AKCp", "Artifactory API key", r"AKCp[A-Za-z0-9]{60,}"),
    ("sq0", "Square credential", r"sq0(?:atp|csp)-[\w-]{22,}"),
    ("-us", "Mailchimp API key", r"[0-9a-f]{32}-us\d{1,2}(?![A-Za-z0-9])"),
    ("figd_", "Figma token", r"figd_[\w-]{36,}"),
    ("gsk_", "Groq API key", r"gsk_[A-Za-z0-9]{48,}"),
    ("LTAI", "Alibaba Cloud access key id", r"LTAI[A-Za-z0-9]{16,26}(?![A-Za-z0-9])"),
    ("ops_eyJ", "1Password service account token", r"ops_eyJ[\w-]{60,}"),
    ("CCIPAT_", "CircleCI token", r"CCIPAT_[A-Za-z0-9]{18,}_[0-9a-f]{40}"),
    ("K10", "k3s cluster token", r"K10[0-9a-f]{64}::"),
    ("Bearer ", "bearer token", r"Bearer (?=[\w~+/=-]{0,80}\d)[\w.~+/=-]{20,}"),
)  # fmt: skip
_NEEDLES = tuple(needle for row in _FORMATS for needle in row[0].split())
_PEM = r"-----BEGIN (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY(?: BLOCK)?-----"
_PEM_BODY = r"[A-Za-z0-9+/]{20}"
# Sample tokens: vendors write EXAMPLE into theirs, authors fill with one repeated character.
# The last three are the published Azurite account key and the heads of jwt.io's sample.
_SAMPLE = (
    r"(?i:example|your|changeme|replace|placeholder|dummy|redacted|fake|sample)|(.)\1{7}|[xX]{5}"
    r"|0123456789|Eby8vdM02xNO|eyJzdWIiOiIxMjM0NTY3ODkwIiwi"
)


@cache
def pattern(source: str, flags: int = 0) -> re.Pattern[str]:
    """``source`` compiled at its first use, so that importing this module stays cheap."""
    return re.compile(source, flags)


def find_tokens(text: str) -> Iterator[Secret]:
    """Private keys and tokens of a published format, wherever they stand in ``text``."""
    if "PRIVATE KEY" in text:
        for match in pattern(_PEM).finditer(text):
            body = text[match.end() : match.end() + 240]
            farthest = min(match.end() + 20_000, len(text))
            end = text.find("-----END", match.end(), farthest)
            stop = farthest if end < 0 else end
            if pattern(_PEM_BODY).search(body[: max(stop - match.end(), 0)]):
                yield found(SecretKind.PRIVATE_KEY, "private key", match.start(), stop)
    if len(text) < 20 or not any(map(text.__contains__, _NEEDLES)):
        return
    for needles, label, source in _FORMATS:
        if any(map(text.__contains__, needles.split())):
            for match in pattern(r"(?<![A-Za-z0-9])(?:" + source + ")", re.ASCII).finditer(text):
                if pattern(_SAMPLE).search(match.group()):
                    yield found(SecretKind.PLACEHOLDER, f"sample {label}", *match.span())
                else:
                    puts_key = label == "PuTTY private key"
                    kind = SecretKind.PRIVATE_KEY if puts_key else SecretKind.TOKEN
                    yield found(kind, label, *match.span())


def found(kind: SecretKind, label: str, start: int, end: int) -> Secret:
    return Secret(kind, label, end - start, start, end)
