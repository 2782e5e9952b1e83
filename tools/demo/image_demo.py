"""Find what a text names in pictures; draw it and write it as JSON.

python tools/demo/image_demo.py IMAGE CONFIG CHECKPOINT --texts "red apple . dog face"
"""

import argparse
import ast
import json
from pathlib import Path

import mmcv
from mmdet.structures import DetDataSample
from mmdet.visualization import DetLocalVisualizer
from mmdet.visualization.palette import get_palette

from glipv2.apis import init_model, predict_images

PICTURE_ENDINGS = ('.jpg', '.jpeg', '.png', '.webp', '.bmp')


def spans(text: str) -> list | int:
    """Read ``--tokens-positive``.

    Args:
        text: A Python list, or -1.

    Returns:
        Its value.

    Raises:
        ValueError: If it is none.
    """
    try:
        value = ast.literal_eval(text.strip())
    except SyntaxError as error:
        raise ValueError(text) from error
    if value != -1 and not isinstance(value, list):
        raise ValueError(text)
    return value


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('image', type=Path, help='a picture, or a folder of them')
    parser.add_argument('config', type=Path)
    parser.add_argument('checkpoint', type=Path)
    parser.add_argument(
        '--texts', required=True, help='names ("a . b ."), or a sentence'
    )
    parser.add_argument('--out-dir', type=Path, default=Path('outputs'))
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--pred-score-thr', type=float, default=0.3)
    parser.add_argument('--batch-size', type=int, default=1)
    parser.add_argument(
        '-c',
        '--custom-entities',
        action='store_true',
        help='the text holds names, each ended by a full stop',
    )
    parser.add_argument(
        '-s', '--chunked-size', type=int, default=-1, help='most names of a prompt'
    )
    parser.add_argument(
        '-p',
        '--tokens-positive',
        type=spans,
        help='spans of a sentence\'s phrases, "[[[21,30]],[[45,59]]]", or -1',
    )
    parser.add_argument('--no-save-vis', action='store_true')
    parser.add_argument('--no-save-pred', action='store_true')
    parser.add_argument('--print-result', action='store_true')
    args = parser.parse_args()
    if args.image.is_dir():
        found = (p for p in args.image.iterdir() if p.suffix.lower() in PICTURE_ENDINGS)
        args.images = sorted(found)
        if not args.images:
            parser.error(f'the folder {args.image} holds no picture')
    elif not args.image.is_file():
        parser.error(f'there is no picture {args.image}')
    else:
        args.images = [args.image]
    return args


def as_json(sample: DetDataSample, threshold: float) -> dict:
    """Describe a prediction in plain types.

    Args:
        sample: With ``pred_instances``.
        threshold: Score that a box must exceed.

    Returns:
        label_names, labels, scores, bboxes (xyxy, pixels of the original picture).
    """
    found = sample.pred_instances
    keep = [i for i, score in enumerate(found.scores.tolist()) if score > threshold]
    boxes, scores, labels = (
        getattr(found, key).tolist() for key in ('bboxes', 'scores', 'labels')
    )
    return dict(
        label_names=[found.label_names[i] for i in keep],
        labels=[labels[i] for i in keep],
        scores=[round(scores[i], 5) for i in keep],
        bboxes=[[round(x, 2) for x in boxes[i]] for i in keep],
    )


def draw(sample: DetDataSample, image: Path, out: Path, threshold: float) -> None:
    """Draw a prediction with mmdet's visualiser.

    Args:
        sample: With ``pred_instances``.
        image: The picture's file.
        out: File to write.
        threshold: Score that a box must exceed.
    """
    labels = sample.pred_instances.labels.tolist()
    names = dict(zip(labels, sample.pred_instances.label_names))
    classes = [names.get(label, '') for label in range(max(labels, default=-1) + 1)]
    visualizer = DetLocalVisualizer()
    palette = get_palette('random', max(len(classes), 1))
    visualizer.dataset_meta = dict(classes=classes, palette=palette)
    visualizer.add_datasample(
        image.name,
        mmcv.imread(str(image), channel_order='rgb'),
        sample,
        draw_gt=False,
        pred_score_thr=threshold,
        out_file=str(out),
    )


def main() -> None:
    args = parse_args()
    try:
        model = init_model(args.config, args.checkpoint, args.device)
        model.test_cfg.chunked_size = args.chunked_size
        samples = predict_images(
            model,
            args.images,
            args.texts,
            args.custom_entities,
            args.tokens_positive,
            args.batch_size,
        )
    except (OSError, ValueError, ImportError) as error:
        raise SystemExit(f'image_demo.py: error: {error}') from error
    for image, sample in zip(args.images, samples):
        result = as_json(sample, args.pred_score_thr)
        if args.print_result:
            print(image, json.dumps(result, ensure_ascii=False))
        if not args.no_save_vis:
            out = args.out_dir / 'vis' / image.name
            out.parent.mkdir(parents=True, exist_ok=True)
            draw(sample, image, out, args.pred_score_thr)
        if not args.no_save_pred:
            out = args.out_dir / 'preds' / f'{image.stem}.json'
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(json.dumps(result, ensure_ascii=False, indent=1))
    if not (args.no_save_vis and args.no_save_pred):
        print(f'results of {len(samples)} pictures are in {args.out_dir}')


if __name__ == '__main__':
    main()
