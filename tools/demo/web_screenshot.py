"""Take the image of the web page that the documents show.

    glipv2 serve --pred-score-thr 0.45 &
    python tools/demo/web_screenshot.py docs/web_demo.png \\
        --picture projects/glipv2/assets/examples/night.jpg \\
        --text "a penguin above a red car"

Needs Chromium (Debian's package) and playwright.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

ARGUMENTS = ['--no-sandbox', '--disable-gpu']
WAIT = 300_000  # ms
# The page keeps a connection open, so the network is never idle.
DRAWN = """async () => {
    await document.fonts.ready
    return [...document.images].every(image => image.complete)
}"""


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('out', type=Path, help='PNG to write')
    parser.add_argument(
        '--picture', type=Path, required=True, help='image that is looked at'
    )
    parser.add_argument('--task', default='Ground a sentence', help='as on the page')
    parser.add_argument(
        '--text', default='a dog face and a red apple', help='what is typed'
    )
    parser.add_argument(
        '--url', default='http://127.0.0.1:7860', help='address of the page'
    )
    parser.add_argument(
        '--size', nargs=2, type=int, default=(1280, 960), metavar=('W', 'H'),
        help='of the window, px; a phone has 390 844',
    )  # fmt: skip
    parser.add_argument('--dark', action='store_true', help='as on a dark desktop')
    parser.add_argument(
        '--whole', action='store_true', help='the whole page, not a window of it'
    )
    parser.add_argument(
        '--chromium', default=shutil.which('chromium'), help='the program'
    )
    args = parser.parse_args()
    if args.chromium is None:
        parser.error('there is no chromium: apt-get install chromium')
    if not args.picture.is_file():
        parser.error(f'there is no image {args.picture}')
    return args


def main() -> None:
    args = parse_args()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=args.chromium, args=ARGUMENTS)
        width, height = args.size
        page = browser.new_page(
            viewport=dict(width=width, height=height),
            color_scheme='dark' if args.dark else 'light',
        )
        page.set_default_timeout(WAIT)
        page.goto(args.url)
        page.set_input_files('#picture input[type=file]', args.picture)
        page.wait_for_selector('#picture img')
        page.get_by_label(args.task, exact=True).check()
        page.fill('#text textarea', args.text)
        page.click('#run')
        page.wait_for_selector('#drawn img')
        page.wait_for_selector('#sentence mark')
        page.wait_for_function(DRAWN)
        page.screenshot(path=args.out, full_page=args.whole)
        browser.close()


if __name__ == '__main__':
    main()
