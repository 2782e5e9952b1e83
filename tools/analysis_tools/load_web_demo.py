"""Put a load on the web page's API: are all requests answered, does memory return?

    python tools/demo/web_demo.py MODEL &
    python tools/analysis_tools/load_web_demo.py IMAGE --pid $!

The server's memory is read before, all along, and at rest after each round. What the
first round adds is kept (threads, buffers); the rounds that follow must add nothing.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
from pathlib import Path

from glipv2.benchmarks.page_load import put_load
from glipv2.benchmarks.results import add_results_option, write_results


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
    add_results_option(parser, 'page_load')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    result = put_load(
        args.url, args.picture, args.text, args.clients, args.requests, args.rounds,
        args.pid,
    )  # fmt: skip
    memory = result['megabytes'] or {}
    row = {
        'clients': args.clients,
        'asked': result['asked'],
        'answered': result['answered'],
        'a request, s': result['median_seconds'],
        'the slowest, s': result['most_seconds'],
        'requests a second': result['requests_per_second'],
        'MB before': memory.get('before', ''),
        'MB at most': memory.get('most', ''),
        'MB after each round': ', '.join(map(str, memory.get('after', ()))),
    }
    print(row)
    for error in result['errors']:
        print(error)
    command = (
        f'tools/analysis_tools/load_web_demo.py {args.picture.name} --clients '
        f'{args.clients} --requests {args.requests} --rounds {args.rounds}'
    )
    write_results(args.out, command, [row], dict(text=args.text))
    if result['answered'] < result['asked']:
        raise SystemExit(1)


if __name__ == '__main__':
    main()
