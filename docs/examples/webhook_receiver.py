"""
A receiver of owncastd's webhooks: it checks who sent them, and prints each event once.

    pip install Twisted
    WEBHOOK_SECRET=... python webhook_receiver.py --port 8100

The secret is shown when the webhook is made, with the address http://127.0.0.1:8100/ here.
"""

import argparse
import hashlib
import hmac
import json
import os
import time

from twisted.internet import reactor
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

#: Requests older than this many seconds are somebody's who has recorded one.
MAX_AGE = 300


def is_genuine(header: str, body: bytes, secret: str, now: float) -> bool:
    """
    Whether a body was signed with our secret, and lately.

    @param header: the value of owncast-signature: t=SECONDS.s=DIGITS
    """
    stamp, _, digits = header.removeprefix("t=").partition(".s=")
    if not stamp.isdecimal() or abs(now - int(stamp)) > MAX_AGE:
        return False
    expected = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), digits.encode())


class Hook(Resource):
    """
    Where events arrive.
    """

    isLeaf = True

    def __init__(self, secret: str) -> None:
        super().__init__()
        self.secret = secret
        self.last = 0

    def render_POST(self, request: Request) -> bytes:
        """
        Take an event. The server sends it again unless the answer is 2xx.
        """
        body = request.content.read()
        if not is_genuine(
            request.getHeader("owncast-signature") or "", body, self.secret, time.time()
        ):
            request.setResponseCode(401)
            return b""
        # Numbers grow; one that was here already comes again because our answer was lost.
        # A test has none. A real program keeps the last number where it survives a restart.
        number = int(request.getHeader("owncastd-delivery") or 0)
        if number == 0 or number > self.last:
            self.last = max(number, self.last)
            event = json.loads(body)
            print(event["type"], event["eventData"].get("rawBody", ""), flush=True)
        request.setResponseCode(204)
        return b""


def main() -> None:
    """
    Listen on this machine only.
    """
    parser = argparse.ArgumentParser(description="Prints what webhooks are sent.")
    parser.add_argument("--port", type=int, default=8100)
    port = parser.parse_args().port
    reactor.listenTCP(port, Site(Hook(os.environ["WEBHOOK_SECRET"])), interface="127.0.0.1")
    reactor.run()


if __name__ == "__main__":
    main()
