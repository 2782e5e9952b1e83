"""Put a load on the web page's API: are all requests answered, does memory return?

    python tools/demo/web_demo.py MODEL &
    python tools/analysis_tools/load_web_demo.py PICTURE --pid $! --out load.json

The first round warms up; memory is compared between the rounds that follow.
"""

import argparse
import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gradio_client import Client, handle_file

TIMEOUT = 600  # s; a request may wait for all that came before it


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('picture', type=Path)
    parser.add_argument('--url', default='http://127.0.0.1:7860')
    parser.add_argument('--text', default='red apple . dog face')
    parser.add_argument('--clients', type=int, default=20)
    parser.add_argument('--requests', type=int, default=200, help='of each round')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--pid', type=int, help='of the server, to watch its memory')
    parser.add_argument('--out', type=Path, help='JSON file for the result')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    result = put_load(
        args.url, args.picture, args.text, args.clients, args.requests, args.rounds,
        args.pid,
    )  # fmt: skip
    print(json.dumps(result, indent=1))
    if args.out is not None:
        args.out.write_text(json.dumps(result, indent=1) + '\n')
    if result['answered'] < result['asked']:
        raise SystemExit(1)


def put_load(
    url: str,
    picture: Path,
    text: str,
    clients: int = 20,
    requests: int = 200,
    rounds: int = 3,
    pid: int | None = None,
) -> dict:
    """Ask from several clients at once.

    Args:
        url: Of the page.
        picture: Sent with each request.
        text: Names.
        clients: How many ask at once.
        requests: Of each round.
        rounds: How often.
        pid: Of the server; None: its memory is not watched.

    Returns:
        asked, answered, the first errors, seconds per request (median, most) and MB
        of the server after each round.
    """
    memory, seconds, errors = [], [], []
    for _ in range(rounds):
        with ThreadPoolExecutor(clients) as pool:
            jobs = [
                pool.submit(ask, url, picture, text, requests // clients)
                for _ in range(clients)
            ]
            for job in jobs:
                answers, failures = job.result()
                seconds += answers
                errors += failures
        if pid is not None:
            memory.append(resident_megabytes(pid))
    return dict(
        asked=rounds * clients * (requests // clients),
        answered=len(seconds),
        errors=errors[:5],
        median_seconds=round(statistics.median(seconds), 2) if seconds else None,
        most_seconds=round(max(seconds), 2) if seconds else None,
        megabytes=memory,
    )


def ask(
    url: str, picture: Path, text: str, count: int
) -> tuple[list[float], list[str]]:
    """Ask as one client, one request after the other.

    Args:
        url: Of the page.
        picture: Sent with each request.
        text: Names.
        count: How often.

    Returns:
        Seconds of each answered request, and the errors of the others.
    """
    client = Client(
        url, verbose=False, download_files=False, httpx_kwargs=dict(timeout=TIMEOUT)
    )
    seconds, errors = [], []
    for _ in range(count):
        start = time.perf_counter()
        try:
            *_, found, _ = client.predict(
                handle_file(str(picture)), 'detection', text, 0.3, 0.6, 50,
                api_name='/predict',
            )  # fmt: skip
            if not isinstance(found, dict) or 'bboxes' not in found:
                raise ValueError(f'no prediction came back: {found}')
        except Exception as error:  # whatever it is, the request is lost
            errors.append(f'{type(error).__name__}: {error}')
        else:
            seconds.append(time.perf_counter() - start)
    return seconds, errors


def resident_megabytes(pid: int) -> float:
    """Read how much memory a process holds (Linux).

    Args:
        pid: Its number.

    Returns:
        MB.
    """
    for line in Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith('VmRSS:'):
            return round(int(line.split()[1]) / 1024, 1)
    raise OSError(f'process {pid} says nothing of its memory')


if __name__ == '__main__':
    main()
