"""Settings of this server: the section ``[chatwootai]`` of odoo.conf, each key overridden by ``CHATWOOTAI_<KEY>``."""

import os
from configparser import ConfigParser
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from odoo.tools import config

from .tenancy.keyring import Keyring


@dataclass(frozen=True)
class Settings:
    mongodb_url: str
    qdrant_url: str
    qdrant_api_key: str
    redis_url: str
    secret_key: tuple[str, ...]
    public_url: str
    data_dir: Path
    log_format: str
    log_per_tenant: bool
    calls_at_once: int  # in one process; 0 is as many as it has cores
    stop_seconds: float  # that jobs have to end when the server is stopped

    @property
    def log_dir(self) -> Path:
        return self.data_dir / "logs"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    section = _section()

    def value(key: str) -> str:
        return os.environ.get(f"CHATWOOTAI_{key.upper()}", section.get(key, "")).strip()

    return Settings(
        mongodb_url=value("mongodb_url"),
        qdrant_url=value("qdrant_url"),
        qdrant_api_key=value("qdrant_api_key"),
        redis_url=value("redis_url"),
        secret_key=tuple(part.strip() for part in value("secret_key").split(",") if part.strip()),
        public_url=value("public_url").rstrip("/") or f"http://localhost:{config['http_port']}",
        data_dir=Path(value("data_dir") or Path(config["data_dir"]) / "chatwootai"),
        log_format=value("log_format") or "text",
        log_per_tenant=value("log_per_tenant").lower() in ("1", "true", "yes", "on"),
        calls_at_once=int(value("calls_at_once") or 0),
        stop_seconds=float(value("stop_seconds") or 20),
    )


@lru_cache(maxsize=1)
def get_keyring() -> Keyring:
    return Keyring(get_settings().secret_key)


def _section() -> dict[str, str]:
    parser = ConfigParser(interpolation=None)
    path = config["config"]
    if path:
        parser.read(path)
    return dict(parser["chatwootai"]) if parser.has_section("chatwootai") else {}
