"""Put a load on the web page's API: are all requests answered, does memory return?

    python tools/demo/web_demo.py MODEL &
    python tools/analysis_tools/load_web_demo.py IMAGE --pid $! --out load.json

The server's memory is read before, all along, and at rest after each round. What the
first round adds is kept (threads, buffers); the rounds that follow must add nothing.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import json
from pathlib import Path

from glipv2.benchmarks.page_load import put_load


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('picture', type=Path, help='image that the clients send')
    parser.add_argument(
        '--url', default='http://127.0.0.1:7860', help='address of the page'
    )
    parser.add_argument(
        '--text', default='red apple . dog face', help='what is searched for'
    )
    parser.add_argument('--clients', type=int, default=20, help='at once')
    parser.add_argument('--requests', type=int, default=200, help='of each round')
    parser.add_argument('--rounds', type=int, default=3, help='requests of a client')
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


if __name__ == '__main__':
    main()
