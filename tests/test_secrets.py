import json
import random
import string
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from prodready_infra.model.secret_formats import find_tokens
from prodready_infra.model.secrets import (
    Secret,
    SecretKind,
    classify,
    is_reference,
    is_secret_name,
    line_holds_secret,
    scan_text,
)

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "fixtures/secrets/cases.jsonl")
    .read_text("utf-8")
    .splitlines()
]
SECRETS = [case for case in CASES if case["kind"]]
LOOK_ALIKES = [case for case in CASES if not case["kind"]]
LINE_FORMS = (
    "{k}: {v}",
    '{k} = "{v}"',
    "{k}={v}",
    "ENV {k} {v}",
    '  "{k}": "{v}",',
    "- {k}={v}",
    "{k}: '{v}'",
    '{{"name": "{k}", "value": "{v}"}}',
    "  value: {v}",
    '  default = "{v}"',
    "# {k}: {v}",
)

UPPER = string.ascii_uppercase + string.digits
ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


def made_up(alphabet: str, size: int) -> str:
    """Reproducible nonsense, put together at run time so that no scanner trips over this file."""
    draw = random.Random(f"{alphabet}{size}")
    return "".join(draw.choice(alphabet) for _ in range(size))


TOKENS = {
    "AWS access key id": "AK" + "IA" + made_up(UPPER, 16),
    "GitHub token": "gh" + "p_" + made_up(ALNUM, 36),
    "GitHub fine-grained token": "github" + "_pat_" + made_up(ALNUM, 82),
    "GitLab token": "gl" + "pat-" + made_up(ALNUM, 20),
    "Slack token": "xo" + "xb-" + made_up("0123456789", 12) + "-" + made_up(ALNUM, 24),
    "Slack app token": "xa" + "pp-1-" + made_up(UPPER, 11) + "-" + made_up(ALNUM, 40),
    "Slack webhook URL": "https://hooks."
    "slack.com/services/T"
    + made_up(UPPER, 8)
    + "/B"
    + made_up(UPPER, 8)
    + "/"
    + made_up(ALNUM, 24),
    "Stripe live key": "sk_" + "live_" + made_up(ALNUM, 24),
    "Stripe test key": "sk_" + "test_" + made_up(ALNUM, 24),
    "webhook signing secret": "wh" + "sec_" + made_up(ALNUM, 32),
    "Google API key": "AI" + "za" + made_up(ALNUM, 35),
    "Google OAuth client secret": "GOC" + "SPX-" + made_up(ALNUM, 28),
    "Google OAuth access token": "ya" + "29." + made_up(ALNUM, 60),
    "Azure storage account key": "Account" + "Key=" + made_up(ALNUM, 86) + "==",
    "Azure shared access key": "SharedAccess" + "Key=" + made_up(ALNUM, 43) + "=",
    "Azure client secret": "abc" + "8Q" + "~" + made_up(ALNUM, 34),
    "SendGrid API key": "S" + "G." + made_up(ALNUM, 22) + "." + made_up(ALNUM, 43),
    "npm token": "np" + "m_" + made_up(ALNUM, 36),
    "PyPI token": "py" + "pi-" + made_up(ALNUM, 80),
    "Twilio API key": "S" + "K" + made_up(HEX, 32),
    "JSON web token": "ey"
    "J" + made_up(ALNUM, 20) + ".ey" + "J" + made_up(ALNUM, 40) + "." + made_up(ALNUM, 43),
    "DigitalOcean token": "dop" + "_v1_" + made_up(HEX, 64),
    "Databricks token": "da" + "pi" + made_up(HEX, 32),
    "Vault token": "hv" + "s." + made_up(ALNUM, 24),
    "Terraform Cloud token": made_up(ALNUM, 14) + ".atlas" + "v1." + made_up(ALNUM, 60),
    "Shopify token": "sh" + "pat_" + made_up(HEX, 32),
    "Mailgun API key": "ke" + "y-" + made_up(HEX, 32),
    "Telegram bot token": "123987465" + ":A" + "A" + made_up(ALNUM, 33),
    "Discord webhook URL": "https://discord.com"
    "/api/webhooks/"
    "918273645546372819"
    "/" + made_up(ALNUM, 68),
    "Anthropic API key": "sk-" + "ant-" + made_up(ALNUM, 60),
    "OpenAI API key": "sk-" + "proj-" + made_up(ALNUM, 60),
    "API key (sk-)": "s" + "k-" + made_up(ALNUM, 48),
    "Hugging Face token": "h" + "f_" + made_up(ALNUM, 34),
    "Linear API key": "lin" + "_api_" + made_up(ALNUM, 40),
    "age secret key": "AGE-" + "SECRET-KEY-1" + made_up(UPPER, 58),
    "New Relic API key": "NR" + "AK-" + made_up(UPPER, 27),
    "New Relic license key": made_up(HEX, 36) + "NR" + "AL",
    "Grafana service account token": "gl" + "sa_" + made_up(ALNUM, 32) + "_" + made_up(HEX, 8),
    "Grafana Cloud token": "gl" + "c_" + made_up(ALNUM, 48),
    "Doppler token": "d" + "p.st." + made_up(ALNUM, 43),
    "Pulumi token": "pu" + "l-" + made_up(HEX, 40),
    "Postman API key": "PM" + "AK-" + made_up(HEX, 24) + "-" + made_up(HEX, 34),
    "Docker Hub token": "dckr" + "_pat_" + made_up(ALNUM, 27),
    "RubyGems API key": "ruby" + "gems_" + made_up(HEX, 48),
    "Sentry token": "sn" + "trys_" + made_up(ALNUM, 60),
    "PlanetScale credential": "psc" + "ale_tkn_" + made_up(ALNUM, 43),
    "Supabase token": "sb" + "p_" + made_up(HEX, 40),
    "Tailscale key": "ts" + "key-auth-" + made_up(ALNUM, 12) + "-" + made_up(ALNUM, 32),
    "Atlassian API token": "ATA" + "TT3" + made_up(ALNUM, 180),
    "Artifactory API key": "AK" + "Cp" + made_up(ALNUM, 69),
    "Square credential": "sq" + "0csp-" + made_up(ALNUM, 43),
    "Mailchimp API key": made_up(HEX, 32) + "-u" + "s17",
    "Figma token": "fig" + "d_" + made_up(ALNUM, 40),
    "Groq API key": "gs" + "k_" + made_up(ALNUM, 52),
    "Alibaba Cloud access key id": "LT" + "AI" + made_up(ALNUM, 20),
    "1Password service account token": "op" + "s_eyJ" + made_up(ALNUM, 80),
    "CircleCI token": "CCI" + "PAT_" + made_up(ALNUM, 22) + "_" + made_up(HEX, 40),
    "k3s cluster token": "K" + "10" + made_up(HEX, 64) + "::server:x",
    "bearer token": "Bearer " + "7" + made_up(ALNUM, 32),
}
PEM = (
    "-----BEGIN RSA " + "PRIVATE KEY-----\n"
    f"{made_up(ALNUM, 64)}\n{made_up(ALNUM, 63)}/\n"
    "-----END RSA " + "PRIVATE KEY-----"
)


def words(text: str) -> list[str]:
    return text.split()


def kind_of(secret: Secret | None) -> str | None:
    return str(secret.kind) if secret else None


def test_labelled_set_is_large_and_balanced() -> None:
    assert len(SECRETS) >= 75
    assert len(LOOK_ALIKES) >= len(CASES) / 2


@pytest.mark.parametrize("case", LOOK_ALIKES, ids=lambda case: f"{case['key']}={case['value']}")
def test_look_alike_is_no_secret(case: dict[str, str]) -> None:
    assert classify(case["key"], case["value"]) is None


@pytest.mark.parametrize("case", SECRETS, ids=lambda case: f"{case['key']}={case['value']}")
def test_secret_is_found_with_its_kind(case: dict[str, str]) -> None:
    secret = classify(case["key"], case["value"])
    assert kind_of(secret) == case["kind"]
    assert secret is not None
    assert 0 <= secret.start < secret.end <= len(case["value"])
    assert secret.length == secret.end - secret.start
    assert case["value"] not in repr(secret) or case["value"] in secret.label


@pytest.mark.parametrize("case", SECRETS, ids=lambda case: f"{case['key']}={case['value']}")
def test_line_of_a_secret_is_not_shown(case: dict[str, str]) -> None:
    for form in LINE_FORMS:
        assert line_holds_secret(form.format(k=case["key"], v=case["value"])), form


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.sampled_from(["password", "API_KEY", "clientSecret", "token", "auth", "SALT", "args", ""]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40),
)
@example("password", "${A:-b c d7e}")
@example("", "--password 'hunter of 7'")
def test_line_check_never_misses_what_classify_finds(key: str, value: str) -> None:
    if classify(key, value):
        for form in LINE_FORMS:
            # JSON and quoted YAML write quotes and backslashes in another way
            if '"' not in value and "'" not in value and "\\" not in value:
                assert line_holds_secret(form.format(k=key or "x", v=value)), form


@pytest.mark.parametrize(("label", "token"), TOKENS.items())
def test_token_format(label: str, token: str) -> None:
    secret = classify("harmless", f"run --with={token} now")
    assert secret is not None
    assert (secret.kind, secret.label) == (SecretKind.TOKEN, label)
    assert len({s.label for s in find_tokens(token)}) == 1
    assert line_holds_secret(f"  - {token}")
    assert [index for index, _ in scan_text(f"a\nb\n# {token}\n")] == [2]


@pytest.mark.parametrize(
    "sample",
    [
        "AK" + "IAIOSFODNN7EXAMPLE",
        "gh" + "p_" + "x" * 36,
        "https://hooks." + "slack.com/services/T00000000/B00000000/" + "X" * 24,
        "Account" + "Key=" + "Eby8vdM02xNO" + made_up(ALNUM, 74) + "==",
    ],
)
def test_sample_token_is_a_placeholder(sample: str) -> None:
    assert kind_of(classify("", sample)) == "placeholder"


def test_private_key_is_found_by_its_body() -> None:
    assert kind_of(classify("tls.key", PEM)) == "private-key"
    assert scan_text(f"a: |\n{PEM}")[0][0] == 1
    assert all(line_holds_secret(line) for line in PEM.splitlines())
    header = PEM.splitlines()[0]
    assert classify("script", f'grep -q "{header}" $1') is None
    assert classify("tls.crt", PEM.replace("RSA " + "PRIVATE KEY", "CERTIFICATE")) is None


@pytest.mark.parametrize(
    "key",
    words(
        "POSTGRES_PASSWORD aws_secret_access_key CLIENT_SECRET JWT_SECRET ENCRYPTION_KEY "
        "SECRET_KEY_BASE PGPASSWORD apiKey DB_PASS spring.datasource.password clientSecret "
        "connection_string AUTH_TOKEN privateKey db_password_2 ACCESS_TOKEN_SECRET OAuthToken "
        "PASSWORD_ADMIN license_key passphrase requirepass access_key"
    ),
)
def test_name_of_a_secret(key: str) -> None:
    assert is_secret_name(key)


@pytest.mark.parametrize(
    "key",
    words(
        "PASSWORD_FILE SECRET_NAME TOKEN_TTL MAX_TOKENS PUBLIC_KEY KEY_ID secretKeyRef "
        "existingSecret "
        "secretName key AUTH_MODE ALLOW_EMPTY_PASSWORD TOKEN_ENDPOINT password_validation.py "
        "ssh_key_name tokenExpiry AWS_ACCESS_KEY_ID passwordSecret tlsSecret imagePullSecrets dsn "
        "compass bypass proxy_pass monkey tokenizer secretary encryption_key_type GPG_KEY"
    ),
)
def test_name_of_no_secret(key: str) -> None:
    assert not is_secret_name(key)


def test_empty_name_says_nothing() -> None:
    assert not is_secret_name("")
    assert classify("", "Tr0ub4dor&3x") is None


@pytest.mark.parametrize(
    "value",
    [
        "$(X)", "${X}", "${X:?err}", "${X:-}", "$X", "$$X", "{{ .Values.x }}", "<% x %>", "var.x",
        "local.x.y", "data.a.b.c", "module.m.x", "vault:kv/x", "ref+vault://x", "op://v/i/f",
        "arn:aws:x", "projects/p/secrets/s", "ENC[AES256]", "$ANSIBLE_VAULT;1.1", "/run/secrets/x",
        "./key", "env:X", "ssm:/x", "secretsmanager:x", "@Microsoft.KeyVault(x)", "keyvault/x",
        "Bearer ${TOKEN}", "${A}:${B}", 'file("x.pem")', "${X:-${Y}}", "%PASSWORD%",
    ],
)  # fmt: skip
def test_reference(value: str) -> None:
    assert is_reference(value)


@pytest.mark.parametrize(
    "value", ["${X:-literal}", "${X-literal}", "$2y$10$abc", "P@$word", "hunter2", "a/b+c==", "x y"]
)
def test_literal_is_no_reference(value: str) -> None:
    assert not is_reference(value)


def test_span_of_a_default_is_the_default() -> None:
    value = "${X:-W4lrusHat}"
    secret = classify("PASSWORD", value)
    assert secret is not None
    assert value[secret.start : secret.end] == "W4lrusHat"


def test_text_of_many_forms() -> None:
    lines = [
        "spring.datasource.password=w4lrusHat",  # 0
        "db:",
        '  password: "t3apotHat" # rotated',  # 2
        '{"user": "a", "apiKey": "fig7lantern8"}',  # 3
        "redis-server --requirepass w4lrusHat",  # 4
        "requirepass w4lrusHat",  # 5
        "url: postgres://walrus:t3apotHat@db/app",  # 6
        "password: must be at least eight characters",
        "token = get_token(user)",
        "# password: commented-0ut",
        'if token == "t3apotHat":',
        "app(password=password, token=token)",
        "use --token to log in",
        'export TOKEN="t3apotHat"',  # 13
        "<password>t3apotHat</password>",  # 14
        "//registry.test/:_authToken=t3apotHat",  # 15
        '["--requirepass", "w4lrusHat"]',  # 16
        "password: *alias",
        "machine a.test login walrus password t3apotHat",  # 18
        "postgres://walrus:t3apotHat@db postgres://walrus:t3apotHat@db",  # 19, twice
    ]
    hits = scan_text("\n".join(lines))
    assert [index for index, _ in hits] == [0, 2, 3, 4, 5, 6, 13, 14, 15, 16, 18, 19, 19]
    assert {lines[index][secret.start : secret.end] for index, secret in hits} == {
        "w4lrusHat",
        "t3apotHat",
        "fig7lantern8",
    }


@pytest.mark.parametrize(
    "line",
    [
        "FROM python:3.12-slim", "  replicas: 3", "    image: ghcr.io/a/b:1.2.3", "---", "",
        'resource "aws_s3_bucket" "logs" {', "  name: web", "EXPOSE 8080", "USER 10001",
        "    cpu: 100m", "  password = var.db_password", "  - containerPort: 8080",
        "image: a/b@sha256:" + made_up(HEX, 64), "apiVersion: rbac.authorization.k8s.io/v1",
        "  enable_logs = true",
    ],
)  # fmt: skip
def test_harmless_line_may_be_shown(line: str) -> None:
    assert not line_holds_secret(line)


@pytest.mark.parametrize(
    "part",
    [
        "a", "password=", "token: ", '"password":"', "http://a:", "a.", "eyJ", "$a", "${a:-",
        "a:b@", "--password ", "-----BEGIN PRIVATE " + "KEY-----",
        "mysql -", "password=f(", '\\"', "/a",
        "curl -u a", "password: x\n",
    ],
)  # fmt: skip
def test_repetitive_text_is_read_to_its_end(part: str) -> None:
    """A pattern that backtracks would not come back from these."""
    text = part * (40_000 // len(part))
    found = [classify("password", text), classify("x", text), *(s for _, s in scan_text(text))]
    assert all(secret.end <= len(text) for secret in found if secret is not None)
    assert line_holds_secret(text) in (True, False)
