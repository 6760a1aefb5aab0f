"""
The surroundings of our children: their environment and their priority.
"""

import os
import shutil
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


def with_niceness(
    argv: tuple[str, ...], niceness: int, environ: Mapping[str, str]
) -> tuple[str, ...]:
    """
    A command that runs the same with a lower priority, where the machine has C{nice}.

    @param niceness: 0 for our own priority, 19 for the lowest.
    """
    nice = shutil.which("nice", path=environ.get("PATH", os.defpath)) if niceness > 0 else None
    return argv if nice is None else (nice, "-n", str(niceness), *argv)
