"""Stand-alone MCP servers for Odoo, each in a virtual environment of its own, against the same Odoo and data."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stack import paths
from stack.console import run_logged, say

from .clients import StdioClient
from .stand import ACCOUNT, LOGIN, PASSWORD


@dataclass(frozen=True)
class Sidecar:
    package: str
    version: str
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.package} {self.version}"

    @property
    def folder(self) -> Path:
        return paths.LOCAL / "bench" / f"{self.package}-{self.version}"

    def install(self) -> None:
        stamp = self.folder / "installed"
        if stamp.exists():
            return
        say(f"  installing {self.name} into {self.folder.relative_to(paths.ROOT)}")
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(self.folder)], check=True)
        run_logged(
            [self.folder / "bin" / "pip", "install", "-q", f"{self.package}=={self.version}"],
            f"bench-{self.package}",
            missing=f"could not install {self.name}",
        )
        stamp.touch()

    def start(self, url: str) -> StdioClient:
        """Connected to Odoo by XML-RPC as the bench user."""
        connection = {"ODOO_URL": url, "ODOO_DB": ACCOUNT, "ODOO_PASSWORD": PASSWORD}
        inherited = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        home = {"HOME": str(self.folder)}
        command = [str(self.folder / "bin" / self.package)]
        return StdioClient(command, inherited | home | connection | self.settings)

    @staticmethod
    def arguments(search: dict[str, Any]) -> dict[str, Any]:
        """Their tools take what ours takes."""
        return search


SIDECARS = (
    Sidecar("odoo-mcp", "1.3.0", {"ODOO_USERNAME": LOGIN, "ODOO_TRANSPORT": "xmlrpc"}),
    Sidecar("mcp-server-odoo", "0.9.0", {"ODOO_USER": LOGIN, "ODOO_YOLO": "read", "ODOO_RPC_TRANSPORT": "xmlrpc"}),
)
