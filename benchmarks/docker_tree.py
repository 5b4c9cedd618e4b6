"""Dockerfiles as teams write them: many languages, careful and careless, old syntax and new."""

from collections.abc import Callable
from pathlib import Path
from random import Random

from benchmarks.kubernetes_tree import SEED


def dockerfiles(folder: Path, files: int) -> None:
    rng = Random(f"{SEED}: dockerfiles")
    for number in range(files):
        path = folder / f"team-{number % 20:02d}" / f"service-{number:04d}" / "Dockerfile"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_dockerfile(rng, number), encoding="utf-8")


def _dockerfile(rng: Random, number: int) -> str:
    body = rng.choice(LANGUAGES)(rng)
    head = ["# syntax=docker/dockerfile:1"] if rng.random() < 0.5 else []
    head += [f"# Builds service {number}.", f"ARG REVISION=r{rng.randint(1, 999)}"]
    return "\n".join([*head, *body, *_ending(rng)]) + "\n"


def _ending(rng: Random) -> list[str]:
    lines = [
        f"EXPOSE {rng.choice((80, 8080, 9000))}",
        f'LABEL org.example.tier="{rng.randint(0, 2)}"',
    ]
    if rng.random() < 0.4:
        check = f"curl --fail http://localhost:{rng.choice((8080, 9000))}/live || exit 1"
        lines.append(f"HEALTHCHECK --interval=30s --timeout=3s \\\n  CMD {check}")
    if rng.random() < 0.5:
        lines.append(f"USER {rng.choice(('app', '10001:10001', 'nobody', 'root'))}")
    if rng.random() < 0.1:
        lines.append("ONBUILD COPY . /app")
    command = rng.choice(("/app/run", "serve", "/usr/local/bin/service"))
    return [
        *lines,
        f'CMD ["{command}", "--listen=:8080"]' if rng.random() < 0.7 else f"CMD {command}",
    ]


def _apt(rng: Random) -> str:
    """One RUN with continuations and, as is common, a comment between them."""
    packages = rng.sample(("ca-certificates", "curl", "git", "libpq5", "tini", "tzdata"), 4)
    lines = ["RUN apt-get update \\", "    && apt-get install -y --no-install-recommends \\"]
    lines += [f"      {package} \\" for package in packages]
    lines += ["    # keep the layer small", "    && rm -rf /var/lib/apt/lists/*"]
    return "\n".join(lines)


def _heredoc(rng: Random) -> str:
    """With a blank line behind it: without, hadolint gives up the file and looks too fast."""
    script = ["set -eu", f"mkdir -p /app/data{rng.randint(0, 9)}", "chown -R 10001 /app"]
    return "\n".join(["RUN <<EOF", *script, "EOF", ""])


def _configuration(rng: Random) -> str:
    lines = [f"workers = {rng.randint(1, 16)}", f"timeout = {rng.randint(1, 90)}"]
    return "\n".join(["COPY <<-'CONF' /etc/app.conf", *(f"\t{line}" for line in lines), "CONF", ""])


def _python(rng: Random) -> list[str]:
    version = rng.choice(("3.11-slim", "3.12-slim-bookworm", "3", "latest"))
    return [
        f"FROM python:{version} AS build",
        "ENV PYTHONUNBUFFERED=1 \\\n    PIP_NO_CACHE_DIR=1",
        "WORKDIR /src",
        _apt(rng),
        "COPY requirements.txt ./",
        "RUN --mount=type=cache,target=/root/.cache pip install -r requirements.txt",
        "COPY . .",
        f"FROM python:{version}",
        "WORKDIR /app",
        "COPY --from=build /src /app",
        _heredoc(rng),
    ]


def _node(rng: Random) -> list[str]:
    version = rng.choice((18, 20, 22))
    install = rng.choice(("npm ci", "npm install", "yarn install --frozen-lockfile"))
    return [
        f"FROM node:{version}-alpine AS deps",
        "WORKDIR /app",
        "COPY package.json package-lock.json ./",
        f"RUN {install} \\\n  && npm cache clean --force",
        "FROM deps AS build",
        "COPY . .",
        "RUN npm run build",
        f"FROM node:{version}-alpine",
        "ENV NODE_ENV=production",
        "WORKDIR /app",
        "COPY --from=deps /app/node_modules ./node_modules",
        "COPY --from=build --chown=node:node /app/dist ./dist",
    ]


def _go(rng: Random) -> list[str]:
    return [
        f"ARG GO=1.{rng.randint(20, 23)}",
        "FROM --platform=$BUILDPLATFORM golang:${GO} AS build",
        "ARG TARGETOS TARGETARCH",
        "WORKDIR /src",
        "COPY go.mod go.sum ./",
        "RUN --mount=type=cache,target=/go/pkg/mod \\\n    go mod download",
        "COPY . .",
        "RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} \\",
        '    go build -trimpath -ldflags="-s -w" -o /out/service ./cmd/service',
        "FROM gcr.io/distroless/static:nonroot",
        "COPY --from=build /out/service /usr/local/bin/service",
        _configuration(rng),
    ]


def _java(rng: Random) -> list[str]:
    return [
        f"FROM maven:3.9-eclipse-temurin-{rng.choice((17, 21))} AS build",
        "WORKDIR /build",
        "ADD pom.xml .",
        "RUN mvn -q dependency:go-offline",
        "ADD src ./src",
        "RUN mvn -q package -DskipTests",
        f"FROM eclipse-temurin:{rng.choice((17, 21))}-jre",
        _apt(rng),
        'ENV JAVA_OPTS="-XX:MaxRAMPercentage=75 -XX:+ExitOnOutOfMemoryError"',
        "COPY --from=build /build/target/app.jar /app/app.jar",
    ]


def _rust(rng: Random) -> list[str]:
    return [
        f"FROM rust:1.{rng.randint(74, 82)} AS build",
        "WORKDIR /src",
        "COPY . .",
        "RUN cargo build --release --locked",
        "FROM debian:bookworm-slim",
        _apt(rng),
        "COPY --from=build /src/target/release/service /app/run",
        "STOPSIGNAL SIGTERM",
    ]


def _legacy(rng: Random) -> list[str]:
    """What nobody has touched for years."""
    return [
        f"FROM ubuntu:{rng.choice(('18.04', '20.04', 'latest'))}",
        "MAINTAINER platform@example.com",
        "RUN apt-get update",
        "RUN apt-get install -y nginx supervisor",
        "RUN cd /opt && wget https://downloads.example.com/tool.tgz && tar xzf tool.tgz",
        "ADD . /srv",
        "WORKDIR srv",
        "RUN chmod -R 777 /srv",
        "VOLUME /srv/data",
    ]


def _web(rng: Random) -> list[str]:
    return [
        f"FROM nginx:1.{rng.randint(24, 27)}-alpine",
        "RUN apk add --no-cache curl",
        _configuration(rng),
        "COPY site/ /usr/share/nginx/html/",
        _heredoc(rng),
    ]


LANGUAGES: tuple[Callable[[Random], list[str]], ...] = (
    _python,
    _node,
    _go,
    _java,
    _rust,
    _legacy,
    _web,
)
