"""
Details of the incoming stream.
"""

import struct
from collections.abc import Mapping
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import settings as fuzz
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.broadcast.metadata import MAX_NUMBER, MAX_TEXT, BroadcasterDetails, details_of
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.metadata import MetadataValue

from .test_session import START, BroadcastTestCase

NOW = datetime.fromtimestamp(START, UTC)


def details(metadata: Mapping[str, MetadataValue]) -> BroadcasterDetails:
    """
    Details of these properties.
    """
    return details_of(metadata, "192.0.2.1:5", NOW)


class DetailsTests(SynchronousTestCase):
    """
    L{details_of}.
    """

    def test_usual(self) -> None:
        """
        What an encoder usually sends.
        """
        self.assertEqual(
            details(
                {
                    "width": 1920.0,
                    "height": 1080.0,
                    "videodatarate": 2500.9,
                    "audiodatarate": 160.0,
                    "framerate": 59.94,
                    "videocodecid": 7.0,
                    "audiocodecid": 10.0,
                    "encoder": "an encoder (1.0)",
                    "stereo": True,
                }
            ),
            BroadcasterDetails(
                address="192.0.2.1:5",
                time=NOW,
                video_codec="H.264",
                audio_codec="AAC",
                encoder="an encoder (1.0)",
                width=1920,
                height=1080,
                video_bitrate_kbps=2500,
                audio_bitrate_kbps=160,
                framerate=59.94,
            ),
        )

    def test_codecs(self) -> None:
        """
        Ids have names, texts pass, what is missing says so.
        """
        for value, video, audio in (
            (12.0, "H.265", "Unknown"),
            (2.0, "Unknown", "MP3"),
            (11.0, "Unknown", "Speex"),
            ("avc1", "avc1", "avc1"),
            ("", "Unknown", "Unknown"),
            (float("nan"), "Unknown", "Unknown"),
            (True, "Unknown", "Unknown"),
            (None, "Unknown", "No audio"),
        ):
            given = {} if value is None else {"videocodecid": value, "audiocodecid": value}
            found = details(given)
            self.assertEqual((found.video_codec, found.audio_codec), (video, audio), value)

    @fuzz(max_examples=150, deadline=None)
    @given(
        st.dictionaries(
            st.sampled_from(
                ["width", "framerate", "videodatarate", "videocodecid", "audiocodecid", "encoder"]
            ),
            st.floats() | st.booleans() | st.text(max_size=300),
        )
    )
    def test_anything(self, metadata: dict[str, MetadataValue]) -> None:
        """
        Whatever an encoder says, numbers are sane and texts short and printable.
        """
        found = details(metadata)
        for number in (found.width, found.video_bitrate_kbps, found.framerate):
            self.assertTrue(0 <= number <= MAX_NUMBER)
        for text in (found.encoder, found.video_codec, found.audio_codec):
            self.assertTrue(len(text) <= MAX_TEXT and text.isprintable())


class BroadcasterTests(BroadcastTestCase):
    """
    The details of the broadcast that runs.
    """

    @staticmethod
    def metadata(width: float) -> MediaMessage:
        """
        A metadata message with one property.
        """
        body = b"\x02\0\x0aonMetaData\x03\0\x05width\0" + struct.pack(">d", width) + b"\0\0\x09"
        return MediaMessage(MessageKind.METADATA, 0, body)

    def test_kept(self) -> None:
        """
        Details are there from the first metadata on, survive what cannot be read and an
        interruption, and go with the broadcast.
        """
        self.assertIsNone(self.broadcast.broadcaster)
        publication = self.publish("a1")
        self.assertIsNone(self.broadcast.broadcaster)
        publication.write(self.metadata(1280.0))
        found = self.broadcast.broadcaster
        assert found is not None
        self.assertEqual((found.width, found.address, found.time), (1280, "a1", NOW))
        publication.write(MediaMessage(MessageKind.METADATA, 0, b"\x02\0\x0aonCuePoint"))
        publication.write(MediaMessage(MessageKind.METADATA, 0, b"\xff"))
        publication.lost("gone")
        self.assertIs(self.broadcast.broadcaster, found)
        self.publish("a2").write(self.metadata(640.0))
        again = self.broadcast.broadcaster
        assert again is not None
        self.assertEqual((again.width, again.address), (640, "a2"))
        self.play("a2.")
        self.assertIsNone(self.broadcast.broadcaster)
