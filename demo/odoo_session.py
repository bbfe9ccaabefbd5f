"""A person's session in Odoo's web client, for what the demo does as one: reading and changing a price."""

from __future__ import annotations

from typing import Any

import requests


class OdooSession:
    """Logs in as a browser does; every call runs as that user."""

    def __init__(self, url: str, database: str, login: str, password: str) -> None:
        self._url = url
        self._http = requests.Session()
        self._http.trust_env = False
        self._rpc("/web/session/authenticate", {"db": database, "login": login, "password": password})

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._rpc(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": list(args), "kwargs": kwargs},
        )

    def _rpc(self, path: str, params: dict[str, Any]) -> Any:
        response = self._http.post(
            self._url + path, json={"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}, timeout=30
        )
        response.raise_for_status()
        answer = response.json()
        if "error" in answer:
            raise RuntimeError(answer["error"]["data"]["message"])
        return answer.get("result")  # a method that returns nothing is answered without one
