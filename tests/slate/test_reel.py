"""
Clips and silence as messages.
"""

from twisted.trial.unittest import SynchronousTestCase

from owncastd.media.aac import parse_aac_configuration
from owncastd.media.messages import MediaMessage, MessageKind
from owncastd.media.metadata import read_on_metadata
from owncastd.slate.reel import Reel, announcement
from tests.media.samples import asc

from .studio import a_clip

AUDIO, VIDEO, METADATA = MessageKind.AUDIO, MessageKind.VIDEO, MessageKind.METADATA
STEREO = parse_aac_configuration(asc())


class AnnouncementTests(SynchronousTestCase):
    """
    L{announcement}.
    """

    def test_tracks(self) -> None:
        """
        It is what a player would read.
        """
        for rate, audio, expected in [
            (30.0, True, {"videocodecid": 7.0, "framerate": 30.0, "audiocodecid": 10.0}),
            (25.0, False, {"videocodecid": 7.0, "framerate": 25.0}),
            (None, True, {"audiocodecid": 10.0}),
        ]:
            self.assertEqual(read_on_metadata(announcement(frame_rate=rate, audio=audio)), expected)


class ReelTests(SynchronousTestCase):
    """
    L{Reel}.
    """

    def of_kind(self, messages: list[MediaMessage], kind: MessageKind) -> list[MediaMessage]:
        """
        Those of one track.
        """
        return [message for message in messages if message.kind is kind]

    def test_in_order(self) -> None:
        """
        Configurations first, then both tracks by their times, which neither drift nor repeat,
        whatever the steps.
        """
        for step_ms in (7, 33, 500, 10_000):
            reel = Reel(a_clip(), STEREO, 5000)
            messages = [
                message
                for end_ms in range(5000 + step_ms, 15_001 + step_ms, step_ms)
                for message in reel.until(min(end_ms, 15_000))
            ]
            self.assertEqual([m.kind for m in messages[:3]], [METADATA, VIDEO, AUDIO])
            times = [message.timestamp_ms for message in messages]
            self.assertEqual(times, sorted(times))
            pictures = self.of_kind(messages, VIDEO)[1:]
            self.assertEqual(
                [m.timestamp_ms for m in pictures],
                [5000 + round(n * 1000 / 30) for n in range(300)],
            )
            self.assertEqual(pictures[60].body, pictures[0].body)
            sounds = self.of_kind(messages, AUDIO)[1:]
            self.assertEqual(
                [m.timestamp_ms for m in sounds],
                [5000 + round(n * 1024 / 48) for n in range(469)],
            )

    def test_nothing_due(self) -> None:
        """
        Before the first picture nothing is said.
        """
        reel = Reel(a_clip(), STEREO, 5000)
        self.assertEqual(list(reel.until(5000)), [])

    def test_nothing_to_show(self) -> None:
        """
        Without pictures and without audio nothing ever comes.
        """
        strange = parse_aac_configuration(asc(channels=12))
        for audio in (None, strange):
            self.assertEqual(list(Reel(None, audio, 0).until(10_000)), [])
