"""
What a benchmark prints: one line of JSON, with the machine it ran on.
"""

import json
import os
import platform
import statistics
from collections.abc import Sequence


def print_report(name: str, results: dict[str, object]) -> None:
    """
    Print the line.
    """
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    print(json.dumps({"benchmark": name, "machine": machine, **results}))


def percentile(values: Sequence[float], share: float) -> float:
    """
    The value below which a share of the values lies (nearest rank).
    """
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: Sequence[float], digits: int) -> float:
    """
    The median, rounded for a report.
    """
    return round(statistics.median(values), digits)
