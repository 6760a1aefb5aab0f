"""
Settings of the machine: where it listens, and whom it believes.
"""

from .. import checks
from ..setting import Needs, Setting

__all__ = [
    "HTTP_PORT",
    "HTTP_ADDRESS",
    "RTMP_PORT",
    "SOCKET_HOST_OVERRIDE",
    "TRUSTED_PROXIES",
    "SERVER_STARTED_AT",
]

HTTP_PORT = Setting(
    "http_port_number",
    int,
    lambda: 8080,
    checks.between(1, checks.MAX_PORT),
    Needs.RESTART,
    api_name="webServerPort",
)
HTTP_ADDRESS = Setting(
    "http_listen_address",
    str,
    lambda: "0.0.0.0",  # noqa: S104 - it is there to be reached
    checks.listen_address,
    Needs.RESTART,
    api_name="webServerIP",
)
RTMP_PORT = Setting(
    "rtmp_port_number",
    int,
    lambda: 1935,
    checks.between(1, checks.MAX_PORT),
    Needs.RESTART,
    api_name="rtmpServerPort",
)
SOCKET_HOST_OVERRIDE = Setting(
    "websocket_host_override",
    str,
    lambda: "",
    checks.at_most(checks.MAX_LINE),
    api_name="socketHostOverride",
)
#: Loopback, and what is private by RFC 1918, RFC 4193 and RFC 4291: where a proxy usually stands.
TRUSTED_PROXIES = Setting(
    "trusted_proxies",
    tuple[str, ...],
    lambda: (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    ),
    checks.networks,
    Needs.RESTART,
    api_name="trustedProxies",
)
#: When this server was started for the first time, as RFC 3339 has it; empty before that.
SERVER_STARTED_AT = Setting("server_init_date", str, lambda: "", checks.moment)
