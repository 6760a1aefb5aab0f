"""
CMAF boxes: the header of a track set and the chunks that follow it.

ISO/IEC 14496-12 (boxes), 23000-19 (CMAF). What a codec needs is in its track's sample entry. FLV
carries samples just as ISO files store them, so a chunk is its payloads joined behind one C{moof}.
"""

import struct
from collections.abc import Sequence
from typing import Final, NamedTuple

from .tracks import AudioTrack, VideoTrack

#: Ticks per second of a video track: a multiple of 1000, so milliseconds are exact.
VIDEO_TIMESCALE: Final = 90_000
VIDEO_TRACK_ID: Final = 1
AUDIO_TRACK_ID: Final = 2
#: C{sample_depends_on} and C{sample_is_non_sync_sample} (14496-12 8.8.3.1).
SYNC_SAMPLE: Final = 0x02000000
NON_SYNC_SAMPLE: Final = 0x01010000

_Payload = bytes | memoryview
_UNITY_MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_LANGUAGE_UNDETERMINED: Final = 0x55C4
_MAX_FIXED_POINT_RATE: Final = 0xFFFF


class VideoSamples(NamedTuple):
    """
    The video of one chunk, in decode order.

    @ivar decode_time: of the first sample, in C{VIDEO_TIMESCALE} ticks.
    @ivar table: four numbers per sample, flat: duration, size in bytes, flags (C{SYNC_SAMPLE} or
        C{NON_SYNC_SAMPLE}), composition time offset modulo 2**32.
    @ivar payloads: each sample as files store it: for AVC, length-prefixed NAL units.
    """

    decode_time: int
    table: Sequence[int]
    payloads: Sequence[_Payload]


class AudioSamples(NamedTuple):
    """
    The audio of one chunk.

    @ivar decode_time: of the first sample, in ticks of the sample rate.
    @ivar duration: of each sample, in the same ticks.
    @ivar payloads: one frame each.
    """

    decode_time: int
    duration: int
    payloads: Sequence[_Payload]


def chunk(sequence_number: int, video: VideoSamples | None, audio: AudioSamples | None) -> bytes:
    """
    A CMAF chunk: one C{moof} with a C{traf} per track, and one C{mdat}.

    @param sequence_number: ascending from one chunk to the next, from 1 on.
    """
    video_count = len(video.payloads) if video else 0
    audio_count = len(audio.payloads) if audio else 0
    # A traf, its tfhd, tfdt and trun without samples; then what each sample adds.
    video_traf_size = 64 + 16 * video_count if video else 0
    audio_traf_size = 68 + 4 * audio_count if audio else 0
    moof_size = 24 + video_traf_size + audio_traf_size
    video_size = sum(video.table[1::4]) if video else 0
    sizes = list(map(len, audio.payloads)) if audio else []
    parts: list[_Payload] = [
        struct.pack(">I4sI4sII", moof_size, b"moof", 16, b"mfhd", 0, sequence_number & 0xFFFFFFFF)
    ]
    if video:
        parts.append(
            struct.pack(
                f">I4sI4sIII4sIQI4sIII{4 * video_count}I",
                *(video_traf_size, b"traf"),
                # default-base-is-moof
                *(16, b"tfhd", 0x020000, VIDEO_TRACK_ID),
                *(20, b"tfdt", 0x01000000, video.decode_time),
                # Version 1: composition offsets are signed; every field per sample.
                *(20 + 16 * video_count, b"trun", 0x01000F01, video_count, moof_size + 8),
                *video.table,
            )
        )
    if audio:
        parts.append(
            struct.pack(
                f">I4sI4sIIII4sIQI4sIII{audio_count}I",
                *(audio_traf_size, b"traf"),
                # default-base-is-moof, default-sample-duration-present
                *(20, b"tfhd", 0x020008, AUDIO_TRACK_ID, audio.duration),
                *(20, b"tfdt", 0x01000000, audio.decode_time),
                # Sizes alone per sample.
                *(20 + 4 * audio_count, b"trun", 0x00000201, audio_count),
                moof_size + 8 + video_size,
                *sizes,
            )
        )
    parts.append(struct.pack(">I4s", 8 + video_size + sum(sizes), b"mdat"))
    if video:
        parts += video.payloads
    if audio:
        parts += audio.payloads
    return b"".join(parts)


def header(video: VideoTrack | None, audio: AudioTrack | None) -> bytes:
    """
    A CMAF header (C{ftyp} and C{moov}), the init section of the tracks that are there.
    """
    tracks = []
    extensions = []
    if video is not None:
        tracks.append(_video_track(video))
        extensions.append(_track_extends(VIDEO_TRACK_ID, 0))
    if audio is not None:
        tracks.append(_audio_track(audio))
        extensions.append(_track_extends(AUDIO_TRACK_ID, SYNC_SAMPLE))
    movie_header = _full_box(
        b"mvhd",
        0,
        struct.pack(">4I", 0, 0, 1000, 0),
        struct.pack(">IH10x", 0x10000, 0x100),  # rate 1.0, volume 1.0
        _UNITY_MATRIX,
        bytes(24),
        struct.pack(">I", AUDIO_TRACK_ID + 1),  # next_track_ID
    )
    return _box(b"ftyp", b"iso6", bytes(4), b"iso6", b"cmfc", b"mp41") + _box(
        b"moov", movie_header, *tracks, _box(b"mvex", *extensions)
    )


def _box(kind: bytes, *contents: bytes) -> bytes:
    """
    A box (14496-12 4.2).
    """
    body = b"".join(contents)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full_box(kind: bytes, version_and_flags: int, *contents: bytes) -> bytes:
    """
    A box with version and flags (14496-12 4.2).
    """
    return _box(kind, struct.pack(">I", version_and_flags), *contents)


def _track_extends(track_id: int, sample_flags: int) -> bytes:
    """
    The defaults of a track's fragments (14496-12 8.8.3).
    """
    return _full_box(b"trex", 0, struct.pack(">5I", track_id, 1, 0, 0, sample_flags))


def _video_track(video: VideoTrack) -> bytes:
    """
    The C{trak} of a video track (14496-12 12.1.3).
    """
    width, height = video.width, video.height
    entry = _box(
        video.entry.kind,
        struct.pack(">6xH16xHH", 1, width, height),
        struct.pack(">IIIH", 0x480000, 0x480000, 0, 1),  # 72 dpi twice, one frame per sample
        struct.pack(">32xHh", 24, -1),
        _box(video.entry.configuration_kind, video.entry.configuration),
    )
    media_header = _full_box(b"vmhd", 1, bytes(8))
    return _track(
        VIDEO_TRACK_ID,
        VIDEO_TIMESCALE,
        struct.pack(">hhH2x", 0, 0, 0)
        + _UNITY_MATRIX
        + struct.pack(">II", width << 16, height << 16),
        _full_box(b"hdlr", 0, struct.pack(">I4s12x", 0, b"vide"), b"video\x00"),
        media_header,
        entry,
    )


def _audio_track(audio: AudioTrack) -> bytes:
    """
    The C{trak} of an audio track (14496-12 12.2.3).
    """
    rate = audio.sample_rate if audio.sample_rate <= _MAX_FIXED_POINT_RATE else 0
    entry = _box(
        audio.entry.kind,
        struct.pack(">6xH8xHHI", 1, audio.channels, audio.sample_size, 0),
        struct.pack(">I", rate << 16),
        _box(audio.entry.configuration_kind, audio.entry.configuration),
    )
    return _track(
        AUDIO_TRACK_ID,
        audio.sample_rate,
        struct.pack(">hhH2x", 0, 0, 0x100) + _UNITY_MATRIX + bytes(8),
        _full_box(b"hdlr", 0, struct.pack(">I4s12x", 0, b"soun"), b"audio\x00"),
        _full_box(b"smhd", 0, bytes(4)),
        entry,
    )


def _track(
    track_id: int,
    timescale: int,
    presentation: bytes,
    handler: bytes,
    media_header: bytes,
    sample_entry: bytes,
) -> bytes:
    """
    A C{trak} without samples of its own (14496-12 8.3).

    @param presentation: the end of the C{tkhd}: layer, group, volume, matrix and size.
    """
    sample_table = _box(
        b"stbl",
        _full_box(b"stsd", 0, struct.pack(">I", 1), sample_entry),
        _full_box(b"stts", 0, bytes(4)),
        _full_box(b"stsc", 0, bytes(4)),
        _full_box(b"stsz", 0, bytes(8)),
        _full_box(b"stco", 0, bytes(4)),
    )
    # Flag 1: the media are in this file.
    data_information = _box(
        b"dinf", _full_box(b"dref", 0, struct.pack(">I", 1), _full_box(b"url ", 1))
    )
    return _box(
        b"trak",
        # Flags 3: enabled, in the movie.
        _full_box(b"tkhd", 3, struct.pack(">5I8x", 0, 0, track_id, 0, 0), presentation),
        _box(
            b"mdia",
            _full_box(
                b"mdhd", 0, struct.pack(">4IH2x", 0, 0, timescale, 0, _LANGUAGE_UNDETERMINED)
            ),
            handler,
            _box(b"minf", media_header, data_information, sample_table),
        ),
    )
