"""
Trying a bucket out over the API.
"""

import json
from collections.abc import Sequence

from twisted.internet.defer import Deferred, succeed
from twisted.web.iweb import IResponse

from owncastd.admin.config import BASE
from owncastd.admin.storage import MAX_TRIALS, StorageAPI
from owncastd.settings import catalogue
from owncastd.settings.values import S3Storage
from tests.web.support import ADMIN

from .support import ConfigTestCase

COMPLETE = {
    "endpoint": "https://s3.example",
    "accessKey": "a",
    "secret": "hush",
    "bucket": "video",
    "region": "eu-1",
}


class TrialTests(ConfigTestCase):
    """
    The operation alone; the trial itself is scripted.
    """

    def setUp(self) -> None:
        """
        Nothing was tried.
        """
        self.tried: list[S3Storage] = []
        #: What comes out at once, if so.
        self.problem: tuple[str | None] | None = None
        self.results: list[Deferred[str | None]] = []
        super().setUp()

    def rooms(self) -> Sequence[object]:
        """
        The operation as well.
        """
        return (*super().rooms(), StorageAPI(self.settings, self.try_out))

    def try_out(self, s3: S3Storage) -> Deferred[str | None]:
        """
        Note what is tried; the result comes later.
        """
        self.tried.append(s3)
        if self.problem is not None:
            return succeed(self.problem[0])
        self.results.append(Deferred())
        return self.results[-1]

    def trial(self, document: object) -> Deferred[IResponse]:
        """
        Ask for a trial, which goes on.
        """
        body = json.dumps(document).encode()
        _, asked = self.send(BASE + "s3/test", "POST", ADMIN, body)
        return asked

    def test_tried(self) -> None:
        """
        What is sent is tried, switched on or not, and not stored.
        """
        asked = self.trial({"value": COMPLETE})
        self.assertNoResult(asked)
        self.assertEqual([(s3.bucket, s3.secret) for s3 in self.tried], [("video", "hush")])
        self.results[0].callback(None)
        self.assertEqual(self.settings.get(catalogue.S3_STORAGE), S3Storage())

    def test_what_is_set(self) -> None:
        """
        Without a value, what is set is tried.
        """
        self.change("s3", {**COMPLETE, "enabled": True})
        self.finish(None)
        document = json.loads(self.post("s3/test", {}).body)
        self.assertIs(document["success"], True)
        self.assertEqual(self.tried[0].bucket, "video")

    def test_words(self) -> None:
        """
        The administrator reads what is wrong.
        """
        self.finish("Nothing can be stored: there is no such bucket.")
        answer = self.post("s3/test", {"value": COMPLETE})
        self.assertIn("no such bucket", self.refused(answer))

    def test_incomplete(self) -> None:
        """
        What cannot work is not tried.
        """
        for change in ({"bucket": ""}, {"endpoint": "ftp://s3.example"}, {"secret": ""}):
            self.refused(self.post("s3/test", {"value": {**COMPLETE, **change}}))
        self.refused(self.post("s3/test", {}))
        self.assertEqual(self.tried, [])

    def test_bounded(self) -> None:
        """
        Only so many trials go on at once; when one is over, another may begin.
        """
        for _ in range(MAX_TRIALS):
            self.trial({"value": COMPLETE})
        self.refused(self.post("s3/test", {"value": COMPLETE}), 503)
        for result in self.results:
            result.callback(None)
        self.finish(None)
        self.assertEqual(self.post("s3/test", {"value": COMPLETE}).code, 200)

    def finish(self, problem: str | None) -> None:
        """
        Further trials are over at once.
        """
        self.problem = (problem,)
