"""
Looking at processes from outside, through Linux's C{/proc}.
"""

import os
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def _stat(pid: int) -> list[str] | None:
    """
    The fields of C{stat} after the program's name (which may contain anything).
    """
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    return text[text.rindex(")") + 2 :].split()


def _pids() -> Iterator[int]:
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            yield int(entry.name)


def is_running(pid: int) -> bool:
    """
    Whether the process exists and is more than a zombie.
    """
    stat = _stat(pid)
    return stat is not None and stat[0] != "Z"


def session_members(leader: int) -> set[int]:
    """
    The running processes of a session, its leader included.
    """
    return {
        pid for pid in _pids() if (stat := _stat(pid)) and stat[0] != "Z" and int(stat[3]) == leader
    }


def children_of(pid: int) -> set[int]:
    """
    The running direct children of a process.
    """
    return {
        child
        for child in _pids()
        if (stat := _stat(child)) and stat[0] != "Z" and int(stat[1]) == pid
    }


def program_of(pid: int) -> str:
    """
    The first word of a process's command line, or nothing if it has gone.
    """
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")[0].decode()
    except OSError:
        return ""


def cpu_seconds(pid: int) -> float:
    """
    CPU time that the threads of a process have used so far, to the nanosecond.

    C{schedstat} is exact where C{stat} counts in ticks of 10 ms. Threads that have ended are not
    counted: take differences over a time in which none end.
    """
    total = 0
    for task in os.listdir(PROC / str(pid) / "task"):
        try:
            total += int((PROC / str(pid) / "task" / task / "schedstat").read_text().split()[0])
        except OSError:
            continue
    return total / 1e9
