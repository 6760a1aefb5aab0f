"""
Requests and answers as lines, between a server and its courier: JSON, one object in each line.
"""

import json
from base64 import b64decode, b64encode
from typing import Any, Final

from attrs import asdict, frozen
from twisted.web.http_headers import Headers

from .bodies import HTTPAnswer
from .errors import BadURL, NoAnswer, OutgoingError, PeerNotAllowed, TooBusy, TooLong
from .failures import Trouble
from .outgoing import Bounds

#: Longest line, in bytes: a body of the largest answer and its headers, in base64.
MAX_LINE: Final = 4 * 1024 * 1024

_ERRORS: Final = {kind.__name__: kind for kind in (BadURL, PeerNotAllowed, TooBusy, TooLong)}


@frozen
class Letter:
    """
    A request.

    @ivar number: by which its answer is known.
    """

    number: int
    method: str
    url: str
    headers: dict[str, str]
    data: bytes | None
    bounds: Bounds

    def line(self) -> bytes:
        """
        It as a line, without its end.
        """
        data = None if self.data is None else b64encode(self.data).decode("ascii")
        return _line(
            {
                "number": self.number,
                "method": self.method,
                "url": self.url,
                "headers": self.headers,
                "data": data,
                "bounds": asdict(self.bounds),
            }
        )


def read_letter(document: dict[str, Any]) -> Letter:
    """
    The request of a line.
    """
    data = document["data"]
    return Letter(
        number=document["number"],
        method=document["method"],
        url=document["url"],
        headers=document["headers"],
        data=None if data is None else b64decode(data),
        bounds=Bounds(**document["bounds"]),
    )


def recall_line(number: int) -> bytes:
    """
    The line that gives a request up.
    """
    return _line({"recall": number})


def answer_line(number: int, answer: HTTPAnswer) -> bytes:
    """
    The line of an answer.
    """
    headers = [
        [name.decode("latin-1"), [value.decode("latin-1") for value in values]]
        for name, values in answer.headers.getAllRawHeaders()
    ]
    return _line(
        {
            "number": number,
            "status": answer.status,
            "headers": headers,
            "body": b64encode(answer.body).decode("ascii"),
        }
    )


def failure_line(number: int, error: BaseException) -> bytes:
    """
    The line of a request that got no answer.
    """
    document = {"number": number, "error": type(error).__name__, "words": str(error)}
    if isinstance(error, NoAnswer):
        document["trouble"] = error.trouble.name
    return _line(document)


def read_answer(document: dict[str, Any]) -> HTTPAnswer:
    """
    The answer of a line.

    @raise OutgoingError: there was none.
    """
    if "error" in document:
        words = str(document["words"])
        if document["error"] == NoAnswer.__name__:
            raise NoAnswer(words, Trouble[document["trouble"]])
        raise _ERRORS.get(document["error"], OutgoingError)(words)
    headers = Headers()
    for name, values in document["headers"]:
        headers.setRawHeaders(name.encode("latin-1"), [value.encode("latin-1") for value in values])
    return HTTPAnswer(document["status"], headers, b64decode(document["body"]))


def _line(document: dict[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode("ascii")
