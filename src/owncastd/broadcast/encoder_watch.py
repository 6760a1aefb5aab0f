"""
How well an encoder sends: measured from what comes, for a few instructions per message.
"""

from collections import deque
from statistics import median
from typing import Final, NamedTuple

from attrs import define, field, frozen

from owncastd.media.aac import parse_aac_configuration
from owncastd.media.errors import MediaError
from owncastd.media.flv import AAC_HEADER_SIZE, AUDIO_CODEC_AAC, VIDEO_CODEC_AVC
from owncastd.media.messages import MediaMessage, MessageKind

from .flow import Flow

#: What is measured is summed up this often, in seconds ...
WINDOW_SECONDS: Final = 5.0
#: ... and told of this many such windows.
WINDOWS: Final = 12
#: A message this much later than the most punctual ones counts as late, in milliseconds.
LATE_MS: Final = 500
#: A step of the timestamps beyond this is no gap but another clock, in milliseconds.
CLOCK_JUMP_MS: Final = 3000
#: A step of this many usual ones has room for a frame that did not come.
GAP: Final = 1.75
#: Key-frame intervals that are remembered.
KEY_FRAMES: Final = 8
#: More frames than this in one window are not looked at one by one.
MAX_STEPS: Final = 2048

_VIDEO: Final = MessageKind.VIDEO
_AUDIO: Final = MessageKind.AUDIO


@frozen
class EncoderFigures:
    """
    What was measured over the last minute of one encoder's connection.

    What is not known yet is C{None}.

    @ivar key_frame_seconds: the longest way from one key frame to the next, the last one included
        if it is longer already.
    @ivar bitrate_kbps: of all that was sent in the newest window; then the extremes of all windows.
    @ivar frame_rate: frames that came, per second of the encoder's clock.
    @ivar dropped_frames: how many frames the gaps between timestamps have room for.
    @ivar late_messages: how many came more than C{LATE_MS} later than the most punctual ones.
    @ivar delay_ms: of the latest of them all.
    @ivar drift_ms: by how much the sound has moved against the picture since the encoder came;
        below zero there is too little sound.
    @ivar speed: seconds of media that came in one second.
    """

    key_frame_seconds: float | None = None
    bitrate_kbps: int | None = None
    lowest_bitrate_kbps: int | None = None
    highest_bitrate_kbps: int | None = None
    frame_rate: float | None = None
    dropped_frames: int = 0
    late_messages: int = 0
    delay_ms: int = 0
    drift_ms: int | None = None
    speed: float | None = None


class _Window(NamedTuple):
    """
    A few seconds, summed up.

    @ivar media_ms: how far the encoder's clock went.
    @ivar least_lag_ms: of the most punctual message: our clock minus its timestamp.
    @ivar offset_ms: how far the sound was ahead of the picture at the end.
    """

    began: float
    ended: float
    media_ms: int
    bits: int
    frames: int
    dropped: int
    late: int
    least_lag_ms: float
    most_lag_ms: float
    offset_ms: float | None


@define(eq=False)
class EncoderWatch:
    """
    Sees each message of one encoder at a time and sums up.

    @ivar flow: while we keep the encoder from sending, nothing is its fault.
    """

    _flow: Flow
    _windows: deque[_Window] = field(init=False, factory=lambda: deque(maxlen=WINDOWS))
    _key_intervals: deque[int] = field(init=False, factory=lambda: deque(maxlen=KEY_FRAMES))
    _key_ms: int | None = field(init=False, default=None)
    #: The newest timestamps; C{None} until there is one.
    _video_ms: int | None = field(init=False, default=None)
    _audio_ms: int | None = field(init=False, default=None)
    #: Where the sound is by its own count of samples, and how much one message adds.
    _sound_ms: float = field(init=False, default=0.0)
    _sound_step_ms: float = field(init=False, default=0.0)
    _first_offset_ms: float | None = field(init=False, default=None)
    #: The most punctual arrival that is remembered.
    _least_lag_ms: float | None = field(init=False, default=None)
    # The window that is open.
    _began: float = field(init=False, default=0.0)
    _ends: float = field(init=False, default=0.0)
    _began_ms: int = field(init=False, default=0)
    _bytes: int = field(init=False, default=0)
    _steps: list[int] = field(init=False, factory=list)
    _late: int = field(init=False, default=0)
    _lag_low: float = field(init=False, default=0.0)
    _lag_high: float = field(init=False, default=0.0)

    def begin(self) -> None:
        """
        Another encoder sends: nothing of before says anything of it.
        """
        self._sound_step_ms = 0.0
        self._forget()

    def note(self, message: MediaMessage, now: float) -> None:
        """
        See one message of audio or video.

        @param now: when it came, in seconds of our clock.
        """
        timestamp, body = message.timestamp_ms, message.body
        if not body:
            return
        if message.kind is _VIDEO:
            first = body[0]
            if first & 0x80:
                if not first & 0x0F:
                    return
            elif first & 0x0F == VIDEO_CODEC_AVC and body[1:2] != b"\x01":
                return
            last = self._video_ms
            if last is not None:
                step = timestamp - last
                if not -CLOCK_JUMP_MS <= step <= CLOCK_JUMP_MS:
                    self._forget()
                elif len(self._steps) < MAX_STEPS:
                    self._steps.append(step)
            self._video_ms = timestamp
            if first >> 4 & 7 == 1:
                self._key_frame(timestamp)
        elif message.kind is _AUDIO:
            if body[0] >> 4 == AUDIO_CODEC_AAC and body[1:2] != b"\x01":
                self._configure_sound(body[AAC_HEADER_SIZE:])
                return
            last = self._audio_ms
            if last is None:
                self._sound_ms = timestamp
            elif not -CLOCK_JUMP_MS <= timestamp - last <= CLOCK_JUMP_MS:
                self._forget()
                self._sound_ms = timestamp
            self._audio_ms = timestamp
            self._sound_ms += self._sound_step_ms
        else:
            return
        lag = 1000 * now - timestamp
        if now >= self._ends:
            self._turn(now, timestamp, lag)
        elif lag < self._lag_low:
            self._lag_low = lag
        elif lag > self._lag_high:
            self._lag_high = lag
        self._bytes += len(body)
        least = self._least_lag_ms
        if least is None or lag < least:
            self._least_lag_ms = lag
        elif lag > least + LATE_MS:
            self._late += 1

    def figures(self) -> EncoderFigures | None:
        """
        What is known; C{None} before the first window is complete.
        """
        windows = self._windows
        if not windows:
            return None
        rates = [each.bits // each.media_ms for each in windows if each.media_ms > 0]
        media_ms = sum(each.media_ms for each in windows)
        frames = sum(each.frames for each in windows)
        least = min(each.least_lag_ms for each in windows)
        return EncoderFigures(
            key_frame_seconds=self._key_frame_seconds(),
            bitrate_kbps=rates[-1] if rates else None,
            lowest_bitrate_kbps=min(rates, default=None),
            highest_bitrate_kbps=max(rates, default=None),
            frame_rate=1000 * frames / media_ms if frames and media_ms > 0 else None,
            dropped_frames=sum(each.dropped for each in windows),
            late_messages=sum(each.late for each in windows),
            delay_ms=round(max(each.most_lag_ms for each in windows) - least),
            drift_ms=self._drift_ms(),
            speed=media_ms / (1000 * sum(each.ended - each.began for each in windows)),
        )

    def _forget(self) -> None:
        """
        The encoder is on another clock, so that nothing of before can be compared with.
        """
        self._windows.clear()
        self._key_intervals.clear()
        self._key_ms = self._video_ms = self._audio_ms = None
        self._first_offset_ms = self._least_lag_ms = None
        self._ends = 0.0
        self._steps = []

    def _key_frame(self, timestamp: int) -> None:
        if self._key_ms is not None and timestamp > self._key_ms:
            self._key_intervals.append(timestamp - self._key_ms)
        self._key_ms = timestamp

    def _configure_sound(self, config: bytes) -> None:
        """
        Learn how long one message of sound lasts.
        """
        try:
            aac = parse_aac_configuration(config)
        except MediaError:
            self._sound_step_ms = 0.0
            return
        self._sound_step_ms = 1000 * aac.samples_per_frame / aac.sample_rate

    def _turn(self, now: float, timestamp: int, lag: float) -> None:
        """
        Close the window that is open, if there is one, and open the next.
        """
        if self._ends:
            if self._flow.resumed_at > self._began:
                # The encoder was kept waiting: this window says nothing of it.
                self._windows.clear()
                self._least_lag_ms = None
            else:
                self._windows.append(self._summed_up(now, timestamp))
                self._least_lag_ms = min(each.least_lag_ms for each in self._windows)
        self._began, self._ends = now, now + WINDOW_SECONDS
        self._began_ms = timestamp
        self._lag_low = self._lag_high = lag
        self._bytes = self._late = 0
        self._steps = []

    def _summed_up(self, now: float, timestamp: int) -> _Window:
        offset = self._offset_ms()
        if self._first_offset_ms is None:
            self._first_offset_ms = offset
        return _Window(
            self._began,
            now,
            timestamp - self._began_ms,
            8 * self._bytes,
            len(self._steps),
            _dropped(self._steps),
            self._late,
            self._lag_low,
            self._lag_high,
            offset,
        )

    def _offset_ms(self) -> float | None:
        """
        How far the sound is ahead of the picture right now.
        """
        if self._video_ms is None or self._audio_ms is None or not self._sound_step_ms:
            return None
        return self._sound_ms - self._video_ms

    def _drift_ms(self) -> int | None:
        """
        The median of the last offsets, which the interleaving moves about, against the first.
        """
        offsets = [each.offset_ms for each in self._windows if each.offset_ms is not None]
        if not offsets or self._first_offset_ms is None:
            return None
        return round(median(offsets[-3:]) - self._first_offset_ms)

    def _key_frame_seconds(self) -> float | None:
        longest = max(self._key_intervals, default=0)
        if self._key_ms is not None and self._video_ms is not None:
            longest = max(longest, self._video_ms - self._key_ms)
        return longest / 1000 if longest > 0 else None


def _dropped(steps: list[int]) -> int:
    """
    How many frames did not come, by the gaps that they left among steps that are usually alike.
    """
    usual = median(steps) if steps else 0
    if usual <= 0:
        return 0
    return sum(round(step / usual) - 1 for step in steps if step >= GAP * usual)
