"""
Loaded by Schemathesis, in an environment of its own.
"""

import itertools
from typing import Any

import schemathesis

_numbers = itertools.count(1)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """
    Send each request as if from another address: an address that tells wrong passwords must wait,
    and telling them is part of the run.
    """
    number = next(_numbers)
    case.headers["X-Forwarded-For"] = f"198.18.{number >> 8 & 255}.{number & 255}"
