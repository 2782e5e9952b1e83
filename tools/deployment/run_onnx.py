"""Run an exported file on an image; draw the result and write it as JSON.

    python run_onnx.py MODEL IMAGE
    python run_onnx.py VQA_MODEL IMAGE --tokens 101 2003 2045 1037 3899 102

Needs numpy, Pillow and onnxruntime, and nothing of this project: it may be copied.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError

KEY = 'glipv2'
MASK_STRENGTH = 0.5
FATAL = 4  # of onnxruntime's levels; its errors are shown in one line here


class BadInput(Exception):
    """What is wrong with a file or an image, in one line."""


def open_model(path: Path, threads: int) -> tuple[onnxruntime.InferenceSession, dict]:
    """Load a model.

    Args:
        path: An ONNX file of ``export.py``.
        threads: Threads to compute with; 0: onnxruntime's choice.

    Returns:
        The session, and the file's metadata.

    Raises:
        BadInput: If it is missing, damaged or another file.
    """
    if not path.is_file():
        raise BadInput(f'there is no model {path}')
    onnxruntime.set_default_logger_severity(FATAL)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    try:
        session = onnxruntime.InferenceSession(
            str(path), options, providers=['CPUExecutionProvider']
        )
    except Exception as error:  # onnxruntime's errors have no common base
        reason = str(error).splitlines()[0]
        raise BadInput(f'{path} is no ONNX model that runs: {reason}') from error
    content = session.get_modelmeta().custom_metadata_map.get(KEY)
    if content is None:
        raise BadInput(f'{path} was not written by tools/deployment/export.py')
    try:
        description = json.loads(content)
        raw = not description['postprocess']
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadInput(f'the metadata of {path} is damaged') from error
    if raw:
        raise BadInput(
            f'{path} gives raw output; export it again without --no-postprocess'
        )
    return session, description


def read_image(path: Path) -> Image.Image:
    """Read an image as RGB, turned by its EXIF orientation.

    Args:
        path: A file.

    Returns:
        The image.

    Raises:
        BadInput: If it is missing or damaged.
    """
    if not path.is_file():
        raise BadInput(f'there is no image {path}')
    try:
        with Image.open(path) as image:
            return ImageOps.exif_transpose(image).convert('RGB')
    except (UnidentifiedImageError, OSError) as error:
        raise BadInput(f'the image {path} cannot be read: {error}') from error


def input_size(size: tuple[int, int], resize: dict | None) -> tuple[int, int]:
    """Compute the size to resize an image to, as the config's test pipeline does.

    Args:
        size: (width, height).
        resize: ``scale``, ``keep_ratio`` and ``rounding``; None: it stays.

    Returns:
        (width, height).
    """
    if resize is None:
        return size
    if not resize['keep_ratio']:
        return tuple(resize['scale'])
    long, short = max(resize['scale']), min(resize['scale'])
    factor = min(long / max(size), short / min(size))
    half = 0.5 if resize['rounding'] == 'nearest' else 0.0
    width, height = (int(side * factor + half) for side in size)
    return width, height


def resize_image(image: Image.Image, size: tuple[int, int], backend: str) -> np.ndarray:
    """Resize an image bilinearly.

    Args:
        image: RGB.
        size: (width, height).
        backend: ``'pillow'`` averages when an image shrinks, ``'cv2'`` does not.

    Returns:
        (height, width, 3) uint8.
    """
    if backend == 'pillow' or image.size == size:
        return np.asarray(image.resize(size, Image.Resampling.BILINEAR))
    pixels = np.asarray(image).astype(np.float32)
    for axis, count in ((0, size[1]), (1, size[0])):
        length = pixels.shape[axis]
        place = (np.arange(count) + 0.5) * (length / count) - 0.5
        place = place.clip(0, length - 1)
        first = np.floor(place).astype(int)
        share = (place - first).astype(np.float32)
        share = share[:, None, None] if axis == 0 else share[:, None]
        second = (first + 1).clip(max=length - 1)
        below, above = pixels.take(first, axis), pixels.take(second, axis)
        pixels = below + (above - below) * share
    return np.rint(pixels).astype(np.uint8)


def prepare(
    image: Image.Image, description: dict
) -> tuple[np.ndarray, tuple[float, float]]:
    """Convert an image to the graph's input.

    Args:
        image: RGB.
        description: The file's metadata.

    Returns:
        The input, and its width and height over the image's.

    Raises:
        BadInput: If the graph takes no image of this size.
    """
    resize = description['resize']
    width, height = input_size(image.size, resize)
    shown = f'{image.height}x{image.width} pixels (height x width)'
    if (height, width) != (image.height, image.width):
        shown += f', {height}x{width} after resizing'
    if description['size'] is not None and description['size'] != [height, width]:
        taken = '{}x{}'.format(*description['size'])
        raise BadInput(
            f'the image has {shown}, but this model takes only {taken}; bring it to '
            'that size, or export with --dynamic'
        )
    least = description['min_size']
    if min(width, height) < least:
        raise BadInput(
            f'the image has {shown}, but the model needs at least {least} on both '
            'sides; enlarge it'
        )
    backend = 'pillow' if resize is None else resize['backend']
    pixels = resize_image(image, (width, height), backend)
    scale = (width / image.width, height / image.height)
    if description['preprocess']:
        return pixels, scale
    values = pixels.astype(np.float32)
    if description['channels'] == 'bgr':
        values = values[..., ::-1]
    values = (values - np.float32(description['mean'])) / np.float32(description['std'])
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None]), scale


def paste_masks(
    probabilities: np.ndarray,
    boxes: np.ndarray,
    size: tuple[int, int],
    threshold: float,
) -> np.ndarray:
    """Paste the masks of boxes into the image, interpolated bilinearly.

    Args:
        probabilities: (n, S, S).
        boxes: (n, 4) xyxy in pixels.
        size: (width, height) of the image.
        threshold: Where a mask begins.

    Returns:
        (n, height, width) bool.
    """
    side = probabilities.shape[-1]
    masks = np.zeros((len(boxes), size[1], size[0]), dtype=bool)
    for mask, values, box in zip(masks, probabilities, boxes):
        across, down = (
            _shares(box[axis], box[axis + 2], length, side)
            for axis, length in enumerate(size)
        )
        mask[:] = down @ values @ across.T >= threshold
    return masks


def _shares(start: float, end: float, length: int, side: int) -> np.ndarray:
    """Compute the weight of each of a mask's ``side`` cells in ``length`` pixels."""
    pixels = np.arange(length, dtype=np.float32) + 0.5
    place = (pixels - start) / max(end - start, 1e-6) * side - 0.5
    away = np.abs(place[:, None] - np.arange(side, dtype=np.float32))
    return np.clip(1 - away, 0, None).astype(np.float32)


def as_json(found: dict[str, np.ndarray], names: list[str], threshold: float) -> dict:
    """Describe what was found in plain types, as ``image_demo.py`` does.

    Args:
        found: ``bboxes``, ``scores`` and ``labels``.
        names: Name of each label.
        threshold: Score that a box must exceed.

    Returns:
        label_names, labels, scores, bboxes (xyxy, pixels of the image).
    """
    keep = np.flatnonzero(found['scores'] > threshold).tolist()
    labels = [int(found['labels'][i]) for i in keep]
    return dict(
        label_names=[names[label] for label in labels],
        labels=labels,
        scores=[round(float(found['scores'][i]), 5) for i in keep],
        bboxes=[[round(float(x), 2) for x in found['bboxes'][i]] for i in keep],
    )


def draw(image: Image.Image, result: dict, masks: np.ndarray | None) -> Image.Image:
    """Draw boxes with their names, and masks.

    Args:
        image: RGB; stays as it is.
        result: Of :func:`as_json`.
        masks: (n, height, width) bool of its boxes, or None.

    Returns:
        Another image.
    """
    colours = [colour_of(label) for label in result['labels']]
    pixels = np.asarray(image).copy()
    for mask, colour in zip(masks if masks is not None else (), colours):
        tinted = pixels[mask] * (1 - MASK_STRENGTH) + MASK_STRENGTH * np.array(colour)
        pixels[mask] = tinted.astype(np.uint8)
    drawn = Image.fromarray(pixels)
    pen, font = ImageDraw.Draw(drawn), ImageFont.load_default()
    of_boxes = zip(result['bboxes'], result['label_names'], result['scores'], colours)
    for box, name, score, colour in of_boxes:
        pen.rectangle(box, outline=colour, width=2)
        label = f'{name} {score:.2f}'
        place = pen.textbbox(box[:2], label, font=font)
        pen.rectangle(place, fill=colour)
        pen.text(box[:2], label, fill=(255, 255, 255), font=font)
    return drawn


def colour_of(label: int) -> tuple[int, int, int]:
    """Choose a label's colour, far from those of its neighbours.

    Args:
        label: Any label.

    Returns:
        RGB.
    """
    red, green, blue = np.random.default_rng(label).integers(40, 200, 3).tolist()
    return red, green, blue


def run(
    session: onnxruntime.InferenceSession,
    description: dict,
    pixels: Image.Image,
    tokens: list[int] | None = None,
) -> dict[str, np.ndarray]:
    """Run a model on an image.

    Args:
        session: The model.
        description: The file's metadata.
        pixels: RGB.
        tokens: A question's, for a VQA model.

    Returns:
        The graph's outputs by name.

    Raises:
        BadInput: If the graph takes no image of this size, or tokens are missing,
            too many or not wanted.
    """
    wanted, most = 'tokens' in description['inputs'], description['max_tokens']
    if wanted and not tokens:
        raise BadInput(
            "this model answers questions; pass the question's token ids, with those "
            'of its beginning and end, as --tokens'
        )
    if tokens and not wanted:
        raise BadInput('this model finds names and takes no --tokens')
    if wanted and not 2 <= len(tokens) <= most:
        raise BadInput(
            f'a question has 2 to {most} tokens, but {len(tokens)} are given'
        )
    image, scale = prepare(pixels, description)
    known = dict(
        image=image, scale_factor=np.float32(scale), tokens=np.int64(tokens or [])
    )
    inputs = {name: known[name] for name in description['inputs']}
    return dict(zip(description['outputs'], session.run(None, inputs)))


def best_answers(scores: np.ndarray, answers: list[str], count: int = 5) -> dict:
    """Describe the best answers in plain types.

    Args:
        scores: (answers,).
        answers: The answers.
        count: How many.

    Returns:
        pred_answer, pred_answers and pred_answer_scores, best first.
    """
    best = np.argsort(-scores, kind='stable')[:count].tolist()
    found = [answers[i] for i in best]
    return dict(
        pred_answer=found[0],
        pred_answers=found,
        pred_answer_scores=[round(float(scores[i]), 5) for i in best],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('model', type=Path, help='an ONNX file of export.py')
    parser.add_argument('image', type=Path, help='file or folder of images')
    parser.add_argument(
        '--out-dir',
        type=Path,
        default=Path('outputs'),
        help='folder for drawn images and JSON files (default: %(default)s)',
    )
    parser.add_argument(
        '--pred-score-thr',
        type=float,
        default=0.3,
        help='least score of a box, 0 to 1 (default: %(default)s)',
    )
    parser.add_argument(
        '--threads',
        type=int,
        default=0,
        help='of onnxruntime; 0: one for each core (default: %(default)s)',
    )
    parser.add_argument(
        '--tokens', type=int, nargs='+', help='of a question (default: none)'
    )
    args = parser.parse_args()
    try:
        session, description = open_model(args.model, args.threads)
        pixels = read_image(args.image)
        found = run(session, description, pixels, args.tokens)
    except BadInput as error:
        raise SystemExit(f'run_onnx.py: error: {error}') from error
    if description['answers']:
        result = best_answers(found['answer_scores'], description['answers'])
        print(f'{result["pred_answer"]} ({result["pred_answer_scores"][0]:.2f})')
        write_json(result, args)
        return
    result = as_json(found, description['names'], args.pred_score_thr)
    masks = None
    if 'mask_probs' in found:
        keep = found['scores'] > args.pred_score_thr
        masks = paste_masks(
            found['mask_probs'][keep],
            found['bboxes'][keep],
            pixels.size,
            description['mask_threshold'],
        )
    drawn = args.out_dir / 'vis' / args.image.name
    drawn.parent.mkdir(parents=True, exist_ok=True)
    draw(pixels, result, masks).save(drawn)
    write_json(result, args)
    print(f'{len(result["labels"])} found; results are in {args.out_dir}')


def write_json(result: dict, args: argparse.Namespace) -> None:
    """Write a result next to those of other images."""
    path = args.out_dir / 'preds' / f'{args.image.stem}.json'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, ensure_ascii=False, indent=1), 'utf-8')


if __name__ == '__main__':
    main()
