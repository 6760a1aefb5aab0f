"""
A moving test picture with a running clock and sound, sent to a server on this machine.

C{python -m owncastd.demo [--datadir ./data]} stands in for an encoder: it reads port and stream key
from the server's own database and lets ffmpeg publish until it is interrupted.
"""

import shutil
import sqlite3
import subprocess
import sys
from typing import Final
from urllib.parse import quote

from owncastd.identity.stream_keys import stored_keys
from owncastd.options import Options, ServerOptions
from owncastd.settings import catalogue
from owncastd.settings.store import Settings
from owncastd.transcoder.locate import embedded_path

#: The picture has a clock that counts the stream's time, and something that moves in every frame.
PICTURE: Final = "testsrc2=size=1280x720:rate=30"
#: A soft tone with a higher beep every second, when the clock's seconds change.
SOUND: Final = "sine=frequency=220:beep_factor=4:sample_rate=48000"
KEY_FRAME_SECONDS: Final = 2


def demo_arguments(ffmpeg: str, url: str) -> list[str]:
    """
    The command that publishes the test picture as an encoder with sensible settings would.
    """
    return [
        ffmpeg,
        *("-hide_banner", "-loglevel", "error", "-re"),
        *("-f", "lavfi", "-i", PICTURE, "-f", "lavfi", "-i", SOUND),
        *("-filter:a", "volume=0.2"),
        *("-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency"),
        *("-pix_fmt", "yuv420p", "-b:v", "2500k", "-maxrate", "2500k", "-bufsize", "2500k"),
        *("-force_key_frames", f"expr:gte(t,n_forced*{KEY_FRAME_SECONDS})"),
        *("-c:a", "aac", "-b:a", "128k", "-f", "flv", url),
    ]


def publish_url(options: ServerOptions) -> str:
    """
    Where the server of these options takes encoders, with a key that it accepts.

    @raise SystemExit: it has never been started.
    """
    if not options.database.is_file():
        raise SystemExit(f"There is no server in {options.data_dir}: start it first (make run).")
    connection = sqlite3.connect(f"{options.database.as_uri()}?mode=ro", uri=True)
    try:
        keys = stored_keys(connection)
        port = options.rtmp_port or Settings.read(connection).get(catalogue.RTMP_PORT)
    finally:
        connection.close()
    key = options.stream_key or keys[0].key
    return f"rtmp://127.0.0.1:{port}/live/{quote(key)}"


def main(arguments: list[str]) -> int:
    """
    Publish until interrupted.

    @param arguments: options of the server, of which paths, port and stream key matter.
    @return: exit status.
    """
    options = Options()  # type: ignore[no-untyped-call]
    options.parseOptions(arguments)
    url = publish_url(options.value())
    ffmpeg = shutil.which("ffmpeg") or embedded_path()
    if ffmpeg is None:
        raise SystemExit("There is no ffmpeg: install one, or the extra owncastd[ffmpeg].")
    print("Publishing a test picture. Ctrl-C ends it.", flush=True)  # noqa: T201
    try:
        return subprocess.run(demo_arguments(ffmpeg, url), check=False).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
