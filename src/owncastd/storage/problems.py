"""
What is wrong with a bucket, in words for the operator.
"""

import re
from typing import Final

from owncastd.net.bodies import AnswerTooLong
from owncastd.net.failures import Trouble, innermost, trouble_of

#: S3 API reference, "Error responses", "List of error codes"; other services use the same names.
_BY_CODE: Final = {
    "AccessControlListNotSupported": "the bucket takes no ACLs: leave the ACL empty",
    "AccessDenied": "access is denied: this access key may not do that in this bucket",
    "AllAccessDisabled": "the service has disabled all access to this bucket",
    "AuthorizationHeaderMalformed": "the region is wrong",
    "IllegalLocationConstraintException": "the region is wrong",
    "InvalidAccessKeyId": "the service does not know this access key",
    "InvalidArgument": "the service does not accept a value: is the ACL one that it knows?",
    "InvalidBucketName": "this cannot be the name of a bucket",
    "InvalidRegionName": "the region is wrong",
    "NoSuchBucket": "there is no such bucket",
    "NotImplemented": "the service does not support this, perhaps the ACL: try to leave it empty",
    "PermanentRedirect": "the bucket is in another region: its endpoint is another one",
    "QuotaExceeded": "the storage is full: its quota is used up",
    "RequestTimeTooSkewed": "the clocks differ too much: check the clock of this machine",
    "ServiceUnavailable": "the service is busy",
    "SignatureDoesNotMatch": "the secret does not belong to this access key",
    "SlowDown": "the service asks for fewer requests",
    "XAmzContentSHA256Mismatch": "the data was changed on its way to the service",
}
_BY_STATUS: Final = {
    301: "the service points elsewhere: is this the endpoint of the bucket's region?",
    307: "the service points elsewhere: is this the endpoint of the bucket's region?",
    401: "the service does not accept these credentials",
    403: "access is denied: check access key, secret and the rights of the key",
    404: "there is no such bucket, or the endpoint is wrong",
    405: "this is no S3-compatible service, or bucket names belong into the path here",
    413: "the service refuses objects of this size",
    429: "the service asks for fewer requests",
    503: "the service is busy",
    507: "the storage is full",
}
_BY_TROUBLE: Final = {
    Trouble.NO_ADDRESS: "the host of the endpoint has no address: is its name right?",
    Trouble.NOTHING_LISTENS: "nothing listens at the endpoint's host and port",
    Trouble.TOO_SLOW: "the service does not answer in time",
    Trouble.NOT_SECURE: (
        "no secure connection could be made: is the certificate valid, is it https at all?"
    ),
    Trouble.NO_CONNECTION: "no connection to the endpoint could be made",
    Trouble.CLOSED: "the service closed the connection without an answer",
}
_CODE: Final = re.compile(rb"<Code>\s*([A-Za-z0-9]{1,64})\s*</Code>")


class BucketError(Exception):
    """
    The service did not do what it was asked. The text says why, without any secret.

    @ivar status: of the answer, or 0 if there was none.
    @ivar code: the service's own name for the error, if it told one.
    """

    def __init__(self, words: str, status: int = 0, code: str = "") -> None:
        super().__init__(words)
        self.status = status
        self.code = code


def error_of_answer(status: int, body: bytes) -> BucketError:
    """
    What an answer other than success means.

    @param body: the error document, or whatever else came.
    """
    match = _CODE.search(body)
    code = match[1].decode() if match else ""
    words = _BY_CODE.get(code) or _BY_STATUS.get(status)
    if words is None:
        words = "the service has a fault of its own" if status >= 500 else "the service refuses"
    told = f"{status} {code}".strip()
    return BucketError(f"{words} ({told})", status, code)


def error_of_exception(error: BaseException) -> BucketError:
    """
    What a request without an answer means.
    """
    error = innermost(error)
    if isinstance(error, AnswerTooLong):
        return BucketError("the answer of the service is far too long")
    words = _BY_TROUBLE.get(trouble_of(error))
    return BucketError(words or f"the request failed ({type(error).__name__})")
