"""
Trying a bucket out, before a broadcast depends on it.
"""

import secrets
from typing import Final

from twisted.web.http_headers import Headers

from .bucket import Bucket
from .problems import BucketError

_SAMPLE: Final = b"A test of the storage settings; it may be deleted."
_TEXT: Final = "text/plain"
_NAME_BYTES: Final = 8


async def problem_of(bucket: Bucket, public_url: str, page_origin: str) -> str | None:
    """
    Store, list, fetch as a viewer and delete an object.

    @param public_url: what the names of objects are put behind for viewers, or empty where they
        are sent to the bucket itself.
    @param page_origin: origin of a page whose player fetches segments.
    @return: what does not work, in a sentence, or C{None}.
    """
    name = f"connection-test-{secrets.token_hex(_NAME_BYTES)}"
    key = bucket.access.key(name)
    try:
        await bucket.put(key, _SAMPLE, _TEXT)
    except BucketError as error:
        return f"Nothing can be stored: {error}."
    problem = await _listing_problem(bucket, key)
    if problem is None:
        url = f"{public_url}/hls/{name}" if public_url else bucket.url(key)
        problem = await _reading_problem(bucket, url, page_origin)
    try:
        await bucket.delete(key)
    except BucketError as error:
        problem = problem or f"Objects can be stored, but not deleted again: {error}."
    return problem


async def _listing_problem(bucket: Bucket, key: str) -> str | None:
    try:
        found = await bucket.keys(key)
    except BucketError as error:
        return f"Objects can be stored, but not listed, which cleaning up needs: {error}."
    return None if key in found else "What was stored does not appear in the bucket's listing."


async def _reading_problem(bucket: Bucket, url: str, page_origin: str) -> str | None:
    try:
        answer = await bucket.read_as_viewer(url, page_origin)
    except BucketError as error:
        return f"Viewers would fetch segments from {url}, but {error}."
    if answer.status != 200 or answer.body != _SAMPLE:
        return (
            f"Objects can be stored, but viewers cannot fetch them: {url} answers {answer.status}."
            " Let anybody read them, by the ACL or by the bucket's policy."
        )
    if not _readable_by(answer.headers, page_origin):
        return (
            "Viewers can fetch segments, but players in web pages may not read them: the bucket's"
            " CORS rules must allow GET from any origin."
        )
    return None


def _readable_by(headers: Headers, origin: str) -> bool:
    allowed = headers.getRawHeaders("access-control-allow-origin", [])
    return any(value.strip() in ("*", origin) for value in allowed)
