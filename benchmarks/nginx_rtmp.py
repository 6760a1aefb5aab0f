"""
nginx with its RTMP module, to compare with.

On Debian: C{apt-get install nginx libnginx-mod-rtmp}. It runs as one process, unprivileged, on
loopback and in a folder of its own; the system's own nginx is left alone.
"""

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from tests.integration.harness import free_ports
from tests.integration.waiting import wait_for

MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
INSTALL = "apt-get install nginx libnginx-mod-rtmp"

CONFIGURATION = """
load_module {module};
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 64; }}
rtmp {{
    access_log off;
    server {{
        listen 127.0.0.1:{port};
        max_message 4M;
        application live {{
            live on;
            {packaging}
        }}
    }}
}}
"""
#: Segments like ours; the module knows no parts.
PACKAGING = "hls on; hls_path {folder}/hls; hls_fragment 2s; hls_playlist_length 30s;"


class NginxMissing(Exception):
    """
    There is no nginx with the RTMP module. The text says how to get it.
    """


@frozen
class Nginx:
    """
    A running nginx.
    """

    pid: int
    rtmp_port: int


def find_nginx() -> str:
    """
    The program.

    @raise NginxMissing: it, or its module, is not installed.
    """
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None or not MODULE.exists():
        raise NginxMissing(f"nginx with its RTMP module is not installed: {INSTALL}")
    return program


@contextlib.contextmanager
def nginx_rtmp(folder: Path, *, packages: bool) -> Iterator[Nginx]:
    """
    Start nginx, and end it.

    @param packages: whether it makes HLS of what it receives, or drops it.
    @raise NginxMissing: it is not installed.
    """
    program = find_nginx()
    folder.mkdir(parents=True)
    (port,) = free_ports(1)
    packaging = PACKAGING.format(folder=folder) if packages else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(module=MODULE, folder=folder, port=port, packaging=packaging)
    )
    with subprocess.Popen(
        [program, "-c", configuration, "-p", folder],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:

            def listens() -> bool:
                with contextlib.closing(socket.socket()) as sock:
                    return sock.connect_ex(("127.0.0.1", port)) == 0

            wait_for("nginx", listens)
            yield Nginx(process.pid, port)
        finally:
            process.terminate()
