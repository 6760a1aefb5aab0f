"""
The environment of our children.
"""

from collections.abc import Mapping
from typing import Final

#: What is passed on: where programs, libraries and hardware drivers are found. Nothing else of
#: ours is a child's business.
PASSED_ON: Final = (
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "TMPDIR",
    "CUDA_VISIBLE_DEVICES",
    "LIBVA_DRIVER_NAME",
    "LIBVA_DRIVERS_PATH",
)


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """
    The little of our own environment that ffmpeg gets, with messages in English.
    """
    chosen = {name: environ[name] for name in PASSED_ON if name in environ}
    return {**chosen, "LC_ALL": "C", "AV_LOG_FORCE_NOCOLOR": "1"}
