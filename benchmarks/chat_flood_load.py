"""
A chat under attack, seen by its clients: most talk now and then, some send as fast as they can.

Runs in a process of its own: a plan comes on standard input; C{ready} is printed when everybody is
connected, and the findings at the end.
"""

import json
import random
import sys
import time
from itertools import count

import cattrs
from attrs import asdict, define, field, frozen

from .chat_load import (
    GRACE,
    Client,
    Crowd,
    LoadFailed,
    Seat,
    allow_descriptors,
    chat_event,
)
from .report import percentile

TEXT_BYTES = 60
#: Messages of the attack are numbered from here.
FIRST_SPAM = 50_000_000
#: How long an attacker who was thrown out waits before coming again, in seconds.
COME_BACK_SECONDS = 0.5


@frozen
class FloodPlan:
    """
    What happens.

    @ivar honest: those who talk now and then.
    @ivar attackers: those who do not stop; none, for comparison.
    @ivar honest_rate: messages per second of all honest clients together.
    @ivar attacker_rate: messages per second of each attacker.
    """

    port: int
    honest: list[Seat]
    attackers: list[Seat]
    honest_rate: float
    attacker_rate: float
    seconds: float


@frozen
class FloodFindings:
    """
    What it was like.

    @ivar delivery_ms_p99: time from an honest message's sending until one honest client had it.
    @ivar last_ms_p99: time until the last of them had it.
    @ivar honest_missed: honest messages that not all honest clients got.
    @ivar honest_lost: honest clients whose connection ended.
    @ivar spam_sent: messages that attackers sent.
    @ivar spam_accepted: how many of them honest clients got to see.
    @ivar thrown_out: how often an attacker's connection was ended.
    """

    delivery_ms_p50: float
    delivery_ms_p99: float
    last_ms_p99: float
    honest_messages: int
    honest_missed: int
    honest_lost: int
    spam_sent: int
    spam_accepted: int
    thrown_out: int


@define(eq=False)
class Attacker:
    """
    Somebody who does not stop.

    @ivar due: when the next message, or the next attempt to come in, is due.
    """

    seat: Seat
    due: float
    client: Client | None = None


@define(eq=False)
class Flood:
    """
    One run.
    """

    plan: FloodPlan
    _crowd: Crowd = field(init=False)
    _honest: list[Client] = field(init=False)
    _attackers: list[Attacker] = field(init=False)
    _delivered_ms: list[float] = field(init=False, factory=list)
    _spam_numbers: "count[int]" = field(init=False, factory=lambda: count(FIRST_SPAM))
    _spam_sent: int = field(init=False, default=0)
    _thrown_out: int = field(init=False, default=0)

    def run(self) -> FloodFindings:
        """
        Do what is planned.

        @raise LoadFailed: honest clients cannot even connect.
        """
        plan = self.plan
        self._crowd = Crowd(plan.port, seen=self._seen)
        self._honest = [Client(seat) for seat in plan.honest]
        self._crowd.open(self._honest)
        print("ready", flush=True)
        begin = time.monotonic()
        self._attackers = [
            # Their messages are spread over time, as those of strangers to each other are.
            Attacker(seat, begin + number / plan.attacker_rate / max(1, len(plan.attackers)))
            for number, seat in enumerate(plan.attackers)
        ]
        # Which of them talks does not matter, but should be the same in each run.
        talkers = random.Random(1).choices(range(len(self._honest)), k=10_000)
        number = 0
        while (now := time.monotonic()) < begin + plan.seconds:
            if begin + number / plan.honest_rate <= now:
                talker = self._honest[talkers[number % len(talkers)]]
                if talker.is_open:
                    self._crowd.say(talker, number, TEXT_BYTES, chat_event)
                number += 1
            for attacker in self._attackers:
                if attacker.due <= now:
                    self._attack(attacker, now)
            self._crowd.turn(0.002)
        ending = time.monotonic() + GRACE
        everybody = sum(client.is_open for client in self._honest)
        while time.monotonic() < ending and any(
            self._crowd.got[one] < everybody for one in range(number)
        ):
            self._crowd.turn(0.05)
        return self._findings(number, everybody)

    def _attack(self, attacker: Attacker, now: float) -> None:
        client = attacker.client
        if client is None or client.is_lost:
            if client is not None:
                self._thrown_out += 1
            # Attackers do not read what they are told.
            attacker.client = self._crowd.begin(Client(attacker.seat, hears=False))
            attacker.due = now + COME_BACK_SECONDS
            return
        attacker.due += 1 / self.plan.attacker_rate
        if client.is_open:
            try:
                self._crowd.say(client, next(self._spam_numbers), TEXT_BYTES, chat_event)
                self._spam_sent += 1
            except (OSError, LoadFailed):
                # It is being thrown out.
                attacker.due = now + COME_BACK_SECONDS

    def _seen(self, number: int, now: float) -> None:
        if number < FIRST_SPAM:
            self._delivered_ms.append(1000 * (now - self._crowd.sent[number]))

    def _findings(self, number: int, everybody: int) -> FloodFindings:
        crowd = self._crowd
        complete = [one for one in range(number) if crowd.got[one] >= everybody]
        if not complete:
            raise LoadFailed("no honest message reached everybody")
        return FloodFindings(
            delivery_ms_p50=percentile(self._delivered_ms, 0.5),
            delivery_ms_p99=percentile(self._delivered_ms, 0.99),
            last_ms_p99=percentile(
                [1000 * (crowd.last[one] - crowd.sent[one]) for one in complete], 0.99
            ),
            honest_messages=number,
            honest_missed=number - len(complete),
            honest_lost=sum(client.is_lost for client in self._honest),
            spam_sent=self._spam_sent,
            spam_accepted=sum(one >= FIRST_SPAM for one in crowd.got),
            thrown_out=self._thrown_out,
        )


def main() -> None:
    """
    Do what standard input plans.
    """
    allow_descriptors()
    plan = cattrs.structure(json.load(sys.stdin), FloodPlan)
    try:
        print(json.dumps(asdict(Flood(plan).run())))
    except LoadFailed as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
