"""
A chat bot for owncastd: it comes into the chat, and answers those who greet it.

    pip install treq autobahn 'Twisted[tls]'
    python chat_bot.py http://127.0.0.1:8080 --name Herald

It registers as everybody does who opens the page. With an access token in the environment variable
OWNCAST_TOKEN, which the administrator makes, it comes as the program of that token instead.
"""

import argparse
import json
import os
from typing import Any
from urllib.parse import quote

import treq
from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol, connectWS
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ReconnectingClientFactory
from twisted.internet.task import react

GREETING = "!hello"
#: Nobody knows our token, or we were removed from the chat: coming back would change nothing.
UNWANTED = ("ERROR_NEEDS_REGISTRATION", "ERROR_USER_DISABLED")


class Bot(WebSocketClientProtocol):
    """
    One connection to the chat.
    """

    def onOpen(self) -> None:
        """
        We are in: the next failure is the first one again.
        """
        self.factory.resetDelay()

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        """
        Something happened. A message has one event per line, and each is a JSON object.
        """
        for line in payload.split(b"\n"):
            event = json.loads(line)
            if event["type"] == "CONNECTED_USER_INFO":
                print(f"In the chat as {event['user']['displayName']}.", flush=True)
            elif event["type"] == "CHAT":
                self.heard(event)
            elif event["type"] in UNWANTED:
                self.factory.give_up(event["type"])

    def heard(self, event: dict[str, Any]) -> None:
        """
        Somebody said something. What they wrote is HTML by now, and plain words are still plain.
        """
        # Bots that answer bots never stop.
        if not event["user"]["isBot"] and GREETING in event["body"]:
            self.say(f"Hello, {event['user']['displayName']}!")

    def say(self, text: str) -> None:
        """
        Say something, in Markdown.
        """
        self.sendMessage(json.dumps({"type": "CHAT", "body": text}).encode())


class BotFactory(WebSocketClientFactory, ReconnectingClientFactory):
    """
    Comes back when the connection is lost, sooner at first and then later.
    """

    protocol = Bot
    maxDelay = 60

    def __init__(self, url: str) -> None:
        WebSocketClientFactory.__init__(self, url)
        self.over: Deferred[None] = Deferred()

    def give_up(self, reason: str) -> None:
        """
        Do not come back.
        """
        self.stopTrying()
        if not self.over.called:
            self.over.errback(SystemExit(f"The server does not want us: {reason}"))

    def clientConnectionFailed(self, connector: Any, reason: Any) -> None:
        """
        The server is not there: try again later.
        """
        self.retry(connector)

    def clientConnectionLost(self, connector: Any, reason: Any) -> None:
        """
        It was there: try again later.
        """
        self.retry(connector)


async def register(server: str, name: str) -> str:
    """
    Become a user of the chat.

    @return: the token that says who we are.
    """
    response = await treq.post(f"{server}/api/chat/register", json={"displayName": name})
    registered = await response.json()
    return str(registered["accessToken"])


async def run(server: str, name: str) -> None:
    """
    Chat until somebody ends us, or the server does not want us any more.
    """
    token = os.environ.get("OWNCAST_TOKEN") or await register(server, name)
    # http becomes ws, and https becomes wss.
    url = f"ws{server.removeprefix('http')}/ws?accessToken={quote(token)}"
    factory = BotFactory(url)
    connectWS(factory)
    await factory.over


def main() -> None:
    """
    Read the command line.
    """
    parser = argparse.ArgumentParser(description="A chat bot that greets back.")
    parser.add_argument("server", help="such as http://127.0.0.1:8080")
    parser.add_argument("--name", default="Herald", help="how it is called")
    options = parser.parse_args()
    server = options.server.rstrip("/")
    react(lambda reactor: Deferred.fromCoroutine(run(server, options.name)))


if __name__ == "__main__":
    main()
