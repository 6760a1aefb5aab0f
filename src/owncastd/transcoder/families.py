"""
The families of H.264 encoders, as data: what of ffmpeg's command differs between them.

Pictures are decoded in software for every family: the frame that is dropped for its rate, the size
that is never enlarged and the key frame that is forced are then the same everywhere, and a source
that the hardware cannot decode is encoded all the same.

Forced key frames have to be IDR, where segments are cut; some families must be told. None may
reorder frames or look ahead, which would add latency.
"""

from typing import Final

from attrs import frozen

from owncastd.media.encoders import DEFAULT_ENCODER

#: The render node that VA-API is tried with.
VAAPI_DEVICE: Final = "/dev/dri/renderD128"
#: Names of x264's presets; other families borrow them where they have them.
_X264_PRESETS: Final = ("ultrafast", "superfast", "veryfast", "faster", "fast")
_DEFAULT_CPU_USAGE_LEVEL: Final = 2

#: The options of each level.
Levels = tuple[tuple[str, ...], ...]


def _levels(option: str, values: tuple[str, ...]) -> Levels:
    return tuple((option, value) for value in values)


@frozen
class EncoderFamily:
    """
    One H.264 encoder of ffmpeg.

    Options have a stream specifier: without one the last value would count for every output.

    @ivar name: as ffmpeg names it.
    @ivar display_name: as people do.
    @ivar levels: options by the API's C{cpuUsageLevel}; empty if the encoder has no such choice.
    @ivar options: of each output.
    @ivar global_arguments: before the input.
    @ivar pixel_format: what frames are converted to, or empty for those that are on the device.
    @ivar upload: filters that bring a frame to where the encoder takes it.
    @ivar scaler: the filter that changes a picture's size; takes the arguments of C{scale}.
    @ivar takes_x264_params: whether C{-x264-params} means something to it.
    """

    name: str
    display_name: str
    levels: Levels
    options: tuple[str, ...] = ()
    global_arguments: tuple[str, ...] = ()
    pixel_format: str = "yuv420p"
    upload: tuple[str, ...] = ()
    scaler: str = "scale"
    takes_x264_params: bool = False

    @property
    def is_software(self) -> bool:
        """
        Whether it needs no hardware.
        """
        return self.name == DEFAULT_ENCODER

    def level_options(self, cpu_usage_level: int) -> tuple[str, ...]:
        """
        The options of a level; those of the middle one for a level that does not exist.
        """
        if not self.levels:
            return ()
        if 0 <= cpu_usage_level < len(self.levels):
            return self.levels[cpu_usage_level]
        return self.levels[_DEFAULT_CPU_USAGE_LEVEL]


LIBX264: Final = EncoderFamily(
    name=DEFAULT_ENCODER,
    display_name="x264",
    levels=_levels("-preset:v", _X264_PRESETS),
    options=("-tune:v", "zerolatency", "-profile:v", "high", "-sc_threshold:v", "0"),
    takes_x264_params=True,
)
NVENC: Final = EncoderFamily(
    name="h264_nvenc",
    display_name="NVIDIA NVENC",
    levels=_levels("-preset:v", ("p1", "p2", "p3", "p4", "p5")),
    options=(
        *("-tune:v", "ll", "-profile:v", "high", "-rc:v", "cbr", "-bf:v", "0"),
        *("-forced-idr:v", "1", "-delay:v", "0", "-zerolatency:v", "1"),
    ),
)
VAAPI: Final = EncoderFamily(
    name="h264_vaapi",
    display_name="VA-API",
    # How much a driver's level of quality costs, from 7 (least) upwards.
    levels=_levels("-compression_level:v", ("7", "6", "5", "4", "3")),
    options=("-profile:v", "high", "-bf:v", "0", "-async_depth:v", "1"),
    global_arguments=("-vaapi_device", VAAPI_DEVICE),
    pixel_format="",
    upload=("format=nv12", "hwupload"),
    scaler="scale_vaapi",
)
QSV: Final = EncoderFamily(
    name="h264_qsv",
    display_name="Intel Quick Sync",
    # There is no faster one than the first.
    levels=_levels("-preset:v", ("veryfast", "veryfast", "faster", "fast", "medium")),
    options=(
        *("-profile:v", "high", "-bf:v", "0", "-async_depth:v", "1"),
        *("-look_ahead:v", "0", "-forced_idr:v", "1"),
    ),
    pixel_format="nv12",
)
V4L2M2M: Final = EncoderFamily(
    name="h264_v4l2m2m",
    display_name="Video4Linux",
    levels=(),
    options=("-bf:v", "0"),
    pixel_format="nv21",
)
VIDEOTOOLBOX: Final = EncoderFamily(
    name="h264_videotoolbox",
    display_name="VideoToolbox",
    # In the upper levels it may take its time for a better picture.
    levels=(*(("-realtime:v", "1"),) * 3, (), ()),
    options=("-profile:v", "high", "-bf:v", "0"),
    pixel_format="nv12",
)
OMX: Final = EncoderFamily(
    name="h264_omx",
    display_name="OpenMAX",
    levels=(),
    options=("-profile:v", "high", "-bf:v", "0"),
)
RKMPP: Final = EncoderFamily(
    name="h264_rkmpp",
    display_name="Rockchip MPP",
    levels=(),
    options=("-bf:v", "0"),
    pixel_format="nv12",
)

FAMILIES: Final = {
    family.name: family
    for family in (LIBX264, OMX, VAAPI, NVENC, QSV, V4L2M2M, VIDEOTOOLBOX, RKMPP)
}


def family_of(name: str) -> EncoderFamily:
    """
    The family that a setting names; that of software for a name that no setting may have.
    """
    return FAMILIES.get(name, LIBX264)
