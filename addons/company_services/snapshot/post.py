"""Post a snapshot to the configuration webhook. The one place of this addon that talks to the network."""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import requests
from requests.auth import AuthBase

from .verdict import Action, Reason, Verdict, is_web_address, verdict_of_answer, verdict_of_error

TIMEOUT = (3.05, 10)  # seconds to connect, seconds without a byte
ANSWER_SECONDS = 20  # a receiver that drips its answer would keep the read timeout from ever firing
ANSWER_BYTES = 64 * 1024


class _Bearer(AuthBase):
    """The token as an auth object: with a bare header, requests would put a netrc entry of that host in its place."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def post_snapshot(url: str, token: str, document: Mapping[str, Any]) -> Verdict:
    """Post the document once and say what came of it. Never raises for the network, never logs the token."""
    if not url or not token:
        return Verdict(Action.FAIL, Reason.NOT_CONFIGURED)
    if not is_web_address(url) or not (token.isascii() and token.isprintable() and " " not in token):
        return Verdict(Action.FAIL, Reason.BAD_ADDRESS)
    try:
        with requests.post(
            url,
            data=json.dumps(document, ensure_ascii=False, allow_nan=False).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            auth=_Bearer(token),
            timeout=TIMEOUT,
            allow_redirects=False,
            stream=True,
        ) as response:
            verdict = verdict_of_answer(response.status_code, _body(response))
    except requests.exceptions.RequestException as error:
        return verdict_of_error(error)
    return replace(verdict, detail=verdict.detail.replace(token, "…"))


def _body(response: requests.Response) -> bytes:
    body = b""
    give_up = time.monotonic() + ANSWER_SECONDS
    for piece in response.iter_content(4096):
        body += piece
        if len(body) > ANSWER_BYTES or time.monotonic() > give_up:
            break
    return body[:ANSWER_BYTES]
