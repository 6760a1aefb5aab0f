"""
A plain HTTP client for tests: one connection, kept open, no library of ours on this side.
"""

import http.client
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from attrs import define, field, frozen

NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


@frozen
class Answer:
    """
    A whole HTTP answer.

    @ivar headers: names in lower case.
    """

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """
        The body as text.
        """
        return self.body.decode()

    def json(self) -> Any:
        """
        The body as JSON.
        """
        return json.loads(self.body)


@define(eq=False)
class WebClient:
    """
    Asks one server on loopback, over one connection.

    @ivar timeout: for each step of an answer, in seconds; longer than a blocked playlist waits.
    """

    port: int
    timeout: float = 20.0
    _connection: http.client.HTTPConnection | None = field(default=None, init=False)

    def get(self, path: str, headers: Mapping[str, str] = NO_HEADERS) -> Answer:
        """
        GET a path. A connection that the server has closed meanwhile is opened again once.

        @raise OSError: the server does not answer.
        """
        try:
            return self._get(path, headers)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            self.close()
            return self._get(path, headers)

    def _get(self, path: str, headers: Mapping[str, str]) -> Answer:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=self.timeout
            )
        try:
            self._connection.request("GET", path, headers=dict(headers))
            response = self._connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, body)

    def close(self) -> None:
        """
        Close the connection; the next request opens another.
        """
        if self._connection is not None:
            self._connection.close()
            self._connection = None
