"""
The health of the stream as its viewers see it, in one figure and at most one piece of advice.
"""

from collections.abc import Callable
from typing import Final

from attrs import frozen

from .encoder_advice import encoder_problems
from .facts import StreamFacts
from .playback import WindowSummary, representation

#: The stream is healthy while more than this percentage of the players is free of errors.
HEALTHY_ABOVE: Final = 75
#: A mean of the processor, in percent, from which encoding less would help, and from which it must.
BUSY_CPU: Final = 80.0
OVERLOADED_CPU: Final = 90.0
#: A connection must carry this many times the video's bitrate to play without stalls.
BANDWIDTH_MARGIN: Final = 1.1
#: Errors of single players out of fewer than this say more about them than about the stream.
MEANINGFUL_CLIENTS: Final = 3
#: With shorter segments, a higher latency level is worth a try, in seconds.
SHORT_SEGMENT_SECONDS: Final = 3.0


@frozen
class Health:
    """
    How the stream fares.

    @ivar percentage: of the players that report, those without errors.
    @ivar representation: percentage of the viewers that this is known of.
    @ivar message: advice for the broadcaster, or empty.
    """

    healthy: bool
    percentage: int
    representation: int
    message: str


@frozen
class Evidence:
    """
    All that the overview is made of.

    @ivar cpu: how busy the processor has been lately, in percent, or C{None} when not known.
    """

    summary: WindowSummary
    facts: StreamFacts
    cpu: float | None


def assess(evidence: Evidence) -> Health | None:
    """
    The overview, or C{None} when nobody watches or nobody has reported.
    """
    summary, viewers = evidence.summary, evidence.facts.viewers
    if not viewers or not summary.clients:
        return None
    percentage = 100 - 100 * summary.clients_with_errors // summary.clients
    return Health(
        healthy=percentage > HEALTHY_ABOVE,
        percentage=percentage,
        representation=representation(len(summary.bandwidths_kbps), viewers),
        message=next(filter(None, (advise(evidence) for advise in _ADVICE)), ""),
    )


def _share(some: int, all_: int) -> str:
    return f"{some} of {all_} players ({100 * some // all_} %)"


def _wasteful_inbound(evidence: Evidence) -> str:
    """
    The machine struggles to decode more than it offers.
    """
    facts = evidence.facts
    highest = max(facts.bitrates(), default=0)
    if evidence.cpu is None or evidence.cpu < BUSY_CPU or facts.inbound_kbps <= highest:
        return ""
    return (
        f"Your encoder sends {facts.inbound_kbps} kbps, but the best quality on offer has"
        f" {highest} kbps, and the processor is busy. Send about as much as you offer, or offer"
        " what you send as it is."
    )


def _overload(evidence: Evidence) -> str:
    """
    The machine cannot keep up.
    """
    if evidence.cpu is None or evidence.cpu < OVERLOADED_CPU:
        return ""
    return (
        f"The processor is above {OVERLOADED_CPU:.0f} %, so video may come late. Encode fewer or"
        " smaller qualities, or give the server a stronger machine."
    )


def _slow_connections(evidence: Evidence) -> str:
    """
    Viewers whose connection is too slow for even the lowest quality.
    """
    bandwidths = evidence.summary.bandwidths_kbps
    lowest = min(evidence.facts.bitrates(), default=0)
    slow = sum(1 for bandwidth in bandwidths if bandwidth < BANDWIDTH_MARGIN * lowest)
    if not slow:
        return ""
    return (
        f"The connection of {_share(slow, len(bandwidths))} is too slow, or nearly so, for your"
        f" lowest quality of {lowest} kbps. Offer a lower one."
    )


def _errors(evidence: Evidence) -> str:
    """
    Players that stall or fail.
    """
    summary, facts = evidence.summary, evidence.facts
    if len(summary.bandwidths_kbps) < MEANINGFUL_CLIENTS or not summary.clients_with_errors:
        return ""
    message = (
        f"Playback stalls or fails for {_share(summary.clients_with_errors, summary.clients)}."
    )
    if any(rendition.video_passthrough for rendition in facts.renditions):
        return (
            f"{message} Some players may not get along with what your encoder sends: offer an"
            " encoded quality instead of passing it through."
        )
    if facts.latency.segment_seconds < SHORT_SEGMENT_SECONDS:
        return f"{message} A higher latency level leaves them more time."
    return message


def _encoder_trouble(evidence: Evidence) -> str:
    """
    An encoder whose media does not come as it should: no viewer can see better than that.
    """
    return _of_encoder(evidence, grave=True)


def _encoder_settings(evidence: Evidence) -> str:
    """
    An encoder that could be set up better.
    """
    return _of_encoder(evidence, grave=False)


def _of_encoder(evidence: Evidence, *, grave: bool) -> str:
    figures = evidence.facts.encoder
    problems = () if figures is None else encoder_problems(figures)
    return next((each.message for each in problems if each.grave is grave), "")


#: The first that has something to say is heard.
_ADVICE: Final[tuple[Callable[[Evidence], str], ...]] = (
    _wasteful_inbound,
    _overload,
    _encoder_trouble,
    _slow_connections,
    _errors,
    _encoder_settings,
)
