"""Cut few-shot subsets out of a COCO annotation file, as GLIP's on ODinW.

    python tools/dataset_converters/sample_few_shot.py \
        data/emoji_odinw/*/train/_annotations.coco.json

writes fewshot_train_shot{1,3,5,10}_seed{3,30,300}.json beside each file. X-shot: a
random choice of whole images with at least X boxes of every class (or all it has).
Files that are there, such as GLIP's own of ODinW, are kept.
"""

import glipv2_cli.help_first  # noqa: F401

# isort: split
import argparse
import json
import sys
from pathlib import Path

from glipv2.engine.transfer.few_shot import SEEDS, SHOTS, sample_few_shot, subset_path
from glipv2.whole_file import write_whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('files', type=Path, nargs='+', help='COCO annotation files')
    parser.add_argument(
        '--shots', type=int, nargs='+', default=SHOTS, help='boxes of a class'
    )
    parser.add_argument(
        '--seeds', type=int, nargs='+', default=SEEDS, help='a subset for each'
    )
    parser.add_argument('--overwrite', action='store_true', help='replace files')
    args = parser.parse_args()
    if min(args.shots) < 1 or min(args.seeds) < 0:
        parser.error('--shots must be positive, --seeds not negative')
    for file in args.files:
        try:
            content = json.loads(file.read_text())
            for shot in args.shots:
                for seed in args.seeds:
                    path = subset_path(file, shot, seed)
                    if path.exists() and not args.overwrite:
                        print(f'{path}: kept as it is')
                        continue
                    subset, short = sample_few_shot(content, shot, seed)
                    write_whole(path, json.dumps(subset).encode())
                    lacking = ''.join(f', {k} has only {n}' for k, n in short.items())
                    print(
                        f'{path}: {len(subset["images"])} images, '
                        f'{len(subset["annotations"])} boxes{lacking}'
                    )
        except (OSError, ValueError, KeyError) as error:
            sys.exit(f'{file}: {error}')


if __name__ == '__main__':
    main()
