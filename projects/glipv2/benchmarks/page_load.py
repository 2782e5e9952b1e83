"""A load test of the web page: many clients at once, and the server's memory."""

import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from gradio_client import Client, handle_file

TIMEOUT = 600  # s; a request may wait for all earlier ones
REST = 2  # s after a round, in which the server frees its memory
PERIOD = 0.2  # s between two readings of the server's memory


def put_load(
    url: str,
    image: Path,
    text: str,
    clients: int = 20,
    requests: int = 200,
    rounds: int = 3,
    pid: int | None = None,
) -> dict:
    """Send requests from several clients at once.

    Args:
        url: Of the page.
        image: Sent with each request.
        text: Names.
        clients: How many at once.
        requests: Of each round.
        rounds: How often.
        pid: Of the server; None: its memory is not recorded.

    Returns:
        asked, answered, the first errors, seconds per request (median, most), requests
        per second, and MB of the server: before, most, and after each round.
    """
    after, seconds, errors = [], [], []
    start = time.perf_counter()
    with memory_of(pid) as memory:
        for _ in range(rounds):
            with ThreadPoolExecutor(clients) as pool:
                jobs = [
                    pool.submit(send_requests, url, image, text, requests // clients)
                    for _ in range(clients)
                ]
                for job in jobs:
                    answers, failures = job.result()
                    seconds += answers
                    errors += failures
            if pid is not None:
                time.sleep(REST)
                after.append(resident_megabytes(pid))
    wall = time.perf_counter() - start - REST * len(after)
    return dict(
        asked=rounds * clients * (requests // clients),
        answered=len(seconds),
        errors=errors[:5],
        median_seconds=round(statistics.median(seconds), 2) if seconds else None,
        most_seconds=round(max(seconds), 2) if seconds else None,
        requests_per_second=round(len(seconds) / wall, 2),
        megabytes=dict(before=memory[0], most=max(memory), after=after)
        if memory
        else None,
    )


def send_requests(
    url: str, image: Path, text: str, count: int
) -> tuple[list[float], list[str]]:
    """Send requests as one client, one after the other.

    Returns:
        Seconds of each answered request, and the errors of the others.
    """
    client = Client(
        url,
        verbose=False,
        download_files=False,
        # Its clients read all certificates anew for each request, which takes longer
        # than an answer.
        ssl_verify=url.startswith('https'),
        httpx_kwargs=dict(timeout=TIMEOUT),
    )
    seconds, errors = [], []
    for _ in range(count):
        start = time.perf_counter()
        try:
            *_, found, _ = client.predict(
                handle_file(str(image)), 'detection', text, 0.3, 0.6, 50, False,
                api_name='/predict',
            )  # fmt: skip
            if not isinstance(found, dict) or 'bboxes' not in found:
                raise ValueError(f'no prediction came back: {found}')
        except Exception as error:  # whatever it is, the request is lost
            errors.append(f'{type(error).__name__}: {error}')
        else:
            seconds.append(time.perf_counter() - start)
    return seconds, errors


@contextmanager
def memory_of(pid: int | None) -> Iterator[list[float]]:
    """Record the memory of a process in the background.

    Args:
        pid: Its number; None: nothing is recorded.

    Yields:
        MB, the first now; the list grows until the end of the context.
    """
    if pid is None:
        yield []
        return
    megabytes = [resident_megabytes(pid)]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(PERIOD):
            megabytes.append(resident_megabytes(pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield megabytes
    finally:
        done.set()
        watcher.join()


def resident_megabytes(pid: int) -> float:
    """Read how much memory a process holds (Linux)."""
    for line in Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith('VmRSS:'):
            return round(int(line.split()[1]) / 1024, 1)
    raise OSError(f'the memory of process {pid} cannot be read')
