"""
How long a playlist takes, asked for steadily over one connection.

    python -m benchmarks.playlist_probe --port 8080 --seconds 20

Runs in a process of its own and prints one line of JSON.
"""

import argparse
import json
import time

from tests.integration.web import WebClient

from .report import percentile

PATH = "/hls/0/stream.m3u8"


def main() -> None:
    """
    Ask, and print how long it took.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--rate", type=float, default=100, help="requests per second")
    options = parser.parse_args()
    client = WebClient(options.port)
    begin = time.monotonic()
    times = []
    for number in range(int(options.seconds * options.rate)):
        time.sleep(max(0.0, begin + number / options.rate - time.monotonic()))
        asked = time.monotonic()
        answer = client.get(PATH)
        times.append(1000 * (time.monotonic() - asked))
        assert answer.status == 200, answer
    client.close()
    print(
        json.dumps(
            {
                "requests": len(times),
                "ms_p50": percentile(times, 0.5),
                "ms_p99": percentile(times, 0.99),
                "ms_max": max(times),
            }
        )
    )


if __name__ == "__main__":
    main()
