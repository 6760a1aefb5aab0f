"""
What the operator is told after a move.
"""

from collections import Counter
from typing import Final

from attrs import define, field

#: Different reasons told of one table; what is beyond is summed up.
MAX_REASONS: Final = 5
#: Notes told in all.
MAX_NOTES: Final = 100


@define
class Report:
    """
    Counts what came over, and notes what did not and why. Has no secrets but those that were made
    up, which are told once.

    @ivar admin_password: C{None} unless it was made up.
    @ivar stream_key: C{None} unless it was made up.
    """

    source: str
    admin_password: str | None = field(init=False, default=None, repr=False)
    stream_key: str | None = field(init=False, default=None, repr=False)
    _counts: dict[str, int] = field(init=False, factory=dict)
    _notes: list[str] = field(init=False, factory=list)
    _untold: int = field(init=False, default=0)

    @property
    def counts(self) -> dict[str, int]:
        """
        How many of each kind came over.
        """
        return dict(self._counts)

    @property
    def notes(self) -> tuple[str, ...]:
        """
        What did not come over, or differs.
        """
        return tuple(self._notes)

    def came(self, kind: str, number: int) -> None:
        """
        So many of a kind came over.
        """
        self._counts[kind] = number

    def note(self, text: str) -> None:
        """
        Tell something else.
        """
        if len(self._notes) < MAX_NOTES:
            self._notes.append(text)
        else:
            self._untold += 1

    def stayed(self, kind: str, reasons: Counter[str]) -> None:
        """
        Some of a kind did not come over.

        @param reasons: how many for each reason.
        """
        for reason, number in reasons.most_common(MAX_REASONS):
            self.note(f"{number} of {kind}: {reason}")
        rest = sum(reasons.values()) - sum(dict(reasons.most_common(MAX_REASONS)).values())
        if rest:
            self.note(f"{rest} of {kind}: other reasons")

    def text(self) -> str:
        """
        The whole report, for the terminal.
        """
        lines = [f"owncastd: moved in from {self.source}"]
        width = max((len(kind) for kind in self._counts), default=0)
        lines += [f"  {kind:<{width}}  {number}" for kind, number in self._counts.items()]
        if self._notes:
            lines.append("Not brought over, or different now:")
            lines += [f"  - {note}" for note in self._notes]
        if self._untold:
            lines.append(f"  - and {self._untold} more")
        if self.stream_key is not None:
            lines.append(f"New stream key:     {self.stream_key}")
        if self.admin_password is not None:
            lines.append(f"New admin password: {self.admin_password}  (user name: admin)")
        if self.stream_key is not None or self.admin_password is not None:
            lines.append("These secrets are shown only now: note them.")
        lines.append("The old database was not changed. Start the server as usual.")
        return "\n".join(lines)
