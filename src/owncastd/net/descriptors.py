"""
How many sockets and files the process may have open.
"""

import resource

from twisted.logger import Logger

#: More than this is not asked for: some systems say that there is no limit.
MOST = 1 << 20

_log = Logger()


def allow_descriptors(most: int = MOST) -> int:
    """
    Raise the soft limit of open descriptors to the hard one, since every viewer needs one.

    Programs that we start inherit it, and those of ours do not mind.

    @return: how many may be open.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most if hard == resource.RLIM_INFINITY else min(hard, most)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError) as error:
            _log.warn("The limit of {soft} open files could not be raised: {error}",
                      soft=soft, error=error)  # fmt: skip
            return soft
    return wanted if soft == resource.RLIM_INFINITY else max(soft, wanted)
