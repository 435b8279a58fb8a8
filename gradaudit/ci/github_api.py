"""The few calls of GitHub's REST interface that a comment needs: bounded in time, size and number."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

TIMEOUT = 10.0
"""Seconds without a byte after which a call is given up."""
ATTEMPTS = 3
PAGES = 20
MAX_BYTES = 16 << 20
_NEXT = re.compile(r'<([^>]+)>[^,]*;\s*rel="?next"?')
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


class ApiError(Exception):
    """GitHub did not do what was asked; `status` is its answer's, 0 where there was none."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _NoRedirect(HTTPRedirectHandler):
    """A redirection would carry the token to wherever it points."""

    def redirect_request(self, *_: object) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Api:
    """GitHub, as one repository's token sees it."""

    url: str
    """Such as https://api.github.com; plain HTTP is refused but for this machine."""
    token: str
    timeout: float = TIMEOUT
    wait: Callable[[float], None] = time.sleep

    def retried(self, action: Callable[[], None]) -> None:
        """Do it again, after a while, where the trouble may pass. Raises ApiError."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return action()
            except ApiError as error:
                if attempt == ATTEMPTS or (error.status and error.status < 500 and error.status != 429):
                    raise
            self.wait(2.0**attempt)
        return None

    def pages(self, path: str) -> Iterator[Any]:
        """The elements of a list, page after page while they point on within the same server. Raises ApiError."""
        address: str | None = f"{self.url}{path}"
        for _ in range(PAGES):
            if address is None:
                return
            elements, link = self._call("GET", address)
            yield from elements if isinstance(elements, list) else ()
            found = _NEXT.search(link)
            address = found[1] if found and found[1].startswith(f"{self.url}/") else None

    def send(self, method: str, path: str, content: object) -> None:
        """POST or PATCH a JSON document. Raises ApiError."""
        self._call(method, f"{self.url}{path}", json.dumps(content).encode())

    def _call(self, method: str, address: str, body: bytes | None = None) -> tuple[Any, str]:
        """The answer's JSON and its Link header."""
        parts = urlsplit(address)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
            raise ApiError(400, f"{self.url} is no https address")
        request = Request(address, body, self._headers(), method=method)  # noqa: S310 - looked at above
        try:
            with build_opener(_NoRedirect).open(request, timeout=self.timeout) as answer:
                return json.loads(answer.read(MAX_BYTES) or b"null"), answer.headers.get("Link", "")
        except HTTPError as error:
            raise ApiError(error.code, f"{error.code} {error.reason}") from None
        except (OSError, HTTPException) as error:  # no connection, or none in time
            raise ApiError(0, str(getattr(error, "reason", error)) or type(error).__name__) from None
        except ValueError as error:
            raise ApiError(0, "the answer is no JSON") from error

    def _headers(self) -> dict[str, str]:
        return {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "User-Agent": "gradaudit",
            "X-GitHub-Api-Version": "2022-11-28",
        }
