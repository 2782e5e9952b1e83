"""The caption metric on samples, and its result file."""

import json
import shutil
from pathlib import Path

import pytest

from glipv2.evaluation import CaptionMetric, caption_metric

SAMPLES = [
    dict(img_id=4, img_path='4.jpg', pred_caption='A red apple.',
         gt_captions=['a red apple', 'an apple']),
    dict(img_id=7, img_path='7.jpg', pred_caption='two dogs and a key',
         gt_captions=['Two dogs, and a key!', 'a key']),
]  # fmt: skip


def test_figures_and_result_file(tmp_path: Path) -> None:
    metric = CaptionMetric(outfile_prefix=str(tmp_path / 'new' / 'val'))
    metric.process({}, SAMPLES[:1])
    metric.process({}, SAMPLES[1:])
    figures = metric.evaluate(2)
    assert figures['caption/BLEU_3'] == pytest.approx(1, rel=1e-6)
    assert figures['caption/ROUGE_L'] == pytest.approx(1)
    assert 0 < figures['caption/CIDEr'] < 10
    written = json.loads((tmp_path / 'new' / 'val.caption.json').read_text())
    assert written == [
        {'image_id': 4, 'caption': 'A red apple.'},
        {'image_id': 7, 'caption': 'two dogs and a key'},
    ]


def test_format_only_needs_no_captions(tmp_path: Path) -> None:
    metric = CaptionMetric(outfile_prefix=str(tmp_path / 'test'), format_only=True)
    metric.process({}, [dict(img_id=1, pred_caption='a dog')])
    assert metric.evaluate(1) == {}
    assert len(json.loads((tmp_path / 'test.caption.json').read_text())) == 1


def test_bad_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='needs an outfile_prefix'):
        CaptionMetric(format_only=True)
    with pytest.raises(ValueError, match="java_scores of .* \\['CLAIR'\\]"):
        CaptionMetric(java_scores=['CLAIR'])
    metric = CaptionMetric(outfile_prefix=str(tmp_path / 'val'))
    with pytest.raises(ValueError, match=r'image 3 \(3.jpg\) was not described'):
        metric.process({}, [dict(img_id=3, img_path='3.jpg')])
    with pytest.raises(ValueError, match='image 3 .* has no gt_captions'):
        metric.process({}, [dict(img_id=3, pred_caption='a dog')])
    metric.process({}, SAMPLES[:1] * 2)
    with pytest.raises(ValueError, match='a duplicate: 4'):
        metric.evaluate(2)


def test_java_is_asked_for_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caption_metric.shutil, 'which', lambda name: None)
    with pytest.raises(RuntimeError, match='no `java` command'):
        CaptionMetric(tokenizer='ptb')


@pytest.mark.skipif(shutil.which('java') is None, reason='needs Java')
def test_meteor_where_java_is() -> None:
    metric = CaptionMetric(tokenizer='ptb', java_scores=['METEOR'])
    metric.process({}, SAMPLES)
    figures = metric.evaluate(2)
    assert figures['caption/METEOR'] == pytest.approx(1)
