"""
Settings of the video: how it is encoded, cut and stored.
"""

from owncastd.media.encoders import DEFAULT_ENCODER
from owncastd.media.latency import DEFAULT_LATENCY_LEVEL, LATENCY_LEVELS
from owncastd.media.renditions import SOURCE, Rendition

from .. import checks, video_checks
from ..setting import Needs, Setting
from ..values import S3Storage

#: The lowest priority that Unix knows.
MAX_NICENESS = 19

__all__ = [
    "FFMPEG_PATH",
    "VIDEO_CODEC",
    "VIDEO_LATENCY_LEVEL",
    "VIDEO_RENDITIONS",
    "VIDEO_SERVING_ENDPOINT",
    "S3_STORAGE",
    "GRACE_SECONDS",
    "ENCODER_NICENESS",
]

FFMPEG_PATH = Setting(
    "ffmpeg_path",
    str,
    lambda: "",
    checks.at_most(checks.MAX_LINE),
    Needs.NEXT_BROADCAST,
    api_name="ffmpegPath",
)
VIDEO_CODEC = Setting(
    "video_codec",
    str,
    lambda: DEFAULT_ENCODER,
    video_checks.codec,
    Needs.NEXT_BROADCAST,
    api_name="videoCodec",
)
VIDEO_LATENCY_LEVEL = Setting(
    "video_latency_level",
    int,
    lambda: DEFAULT_LATENCY_LEVEL.level,
    checks.between(0, len(LATENCY_LEVELS) - 1),
    Needs.NEXT_BROADCAST,
    api_name="videoSettings.latencyLevel",
)
VIDEO_RENDITIONS = Setting(
    "video_stream_output_variants",
    tuple[Rendition, ...],
    lambda: (SOURCE,),
    video_checks.renditions,
    Needs.NEXT_BROADCAST,
    api_name="videoSettings.videoQualityVariants",
)
VIDEO_SERVING_ENDPOINT = Setting(
    "video_serving_endpoint",
    str,
    lambda: "",
    video_checks.serving_endpoint,
    Needs.NEXT_BROADCAST,
    api_name="videoServingEndpoint",
)
S3_STORAGE = Setting(
    "s3_storage_config",
    S3Storage,
    S3Storage,
    video_checks.s3_storage,
    Needs.NEXT_BROADCAST,
    api_name="s3",
    secret=True,
)
#: How long a broadcast waits for an encoder that was lost; 0 ends it at once.
GRACE_SECONDS = Setting(
    "reconnect_grace_seconds",
    float,
    lambda: 30.0,
    checks.between(0, checks.MAX_GRACE_SECONDS),
    api_name="videoSettings.reconnectGraceSeconds",
)
#: How much the encoders of renditions yield to everything else on the machine.
ENCODER_NICENESS = Setting(
    "encoder_niceness",
    int,
    lambda: 0,
    checks.between(0, MAX_NICENESS),
    Needs.NEXT_BROADCAST,
    api_name="videoSettings.encoderNiceness",
)
