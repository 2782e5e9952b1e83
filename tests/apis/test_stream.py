"""A stream of results: those of the lists, one by one, without holding all images."""

from pathlib import Path
from threading import current_thread
from threading import enumerate as threads_now

import numpy as np
import pytest

from glipv2.apis import GLIPv2Inferencer
from tests.apis.test_inferencer import NAMES, assert_same


@pytest.mark.parametrize('batch_size', [1, 3])
def test_a_stream_gives_what_the_lists_hold(
    inferencer: GLIPv2Inferencer, images: Path, batch_size: int
) -> None:
    files = [*sorted(images.glob('*.png')), images / 'missing.png']
    call = dict(texts=NAMES, batch_size=batch_size, return_vis=True, max_per_img=5)
    whole = inferencer(files, **call)
    streamed = list(inferencer(files, stream=True, **call))
    assert len(streamed) == len(files) > 3
    for (found, drawn), expected, picture in zip(
        streamed, whole['predictions'], whole['visualization'], strict=True
    ):
        if 'error' in expected:
            assert found == expected and drawn is picture is None
        else:
            assert_same(found, expected)
            np.testing.assert_array_equal(drawn, picture)
    assert 'error' in streamed[-1][0]


def test_a_stream_reads_only_a_few_images_ahead(
    inferencer: GLIPv2Inferencer, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, load = [], inferencer.load

    def counted(results: dict) -> dict:
        read.append(results['img_path'])
        return load(results)

    monkeypatch.setattr(inferencer, 'load', counted)
    files = [images / '0.png'] * 40
    stream = inferencer(files, texts=NAMES, stream=True, return_vis=True)
    next(stream)
    assert 1 <= len(read) <= 5
    stream.close()
    assert len(read) < 8
    assert not [thread for thread in threads_now() if thread.name.startswith('ahead')]


def test_the_whole_call_is_checked_before_the_stream(
    inferencer: GLIPv2Inferencer, images: Path
) -> None:
    with pytest.raises(ValueError, match='unknown task'):
        inferencer(images / '0.png', texts=NAMES, task='sing', stream=True)


def test_what_is_wanted_is_written_while_it_streams(
    inferencer: GLIPv2Inferencer, images: Path, tmp_path: Path
) -> None:
    call = dict(texts=NAMES, out_dir=tmp_path, no_save_pred=False, stream=True)
    files = sorted(images.glob('*.png')) * 4
    ahead = 2 + 1  # that wait, and the one that is written
    for count, _ in enumerate(inferencer(files, **call), 1):
        for kind in ('preds', 'vis'):
            written = len(list((tmp_path / kind).iterdir()))
            assert count <= written <= count + ahead
    assert written == len(files)


@pytest.mark.parametrize('draws', [False, True])
def test_the_model_runs_where_it_is_called(
    inferencer: GLIPv2Inferencer,
    images: Path,
    monkeypatch: pytest.MonkeyPatch,
    draws: bool,
) -> None:
    """Autocast, for one, belongs to a thread."""
    seen, forward = [], inferencer.forward

    def counted(*args: object) -> list:
        seen.append(current_thread())
        return forward(*args)

    monkeypatch.setattr(inferencer, 'forward', counted)
    inferencer([images / '0.png'] * 3, texts=NAMES, return_vis=draws)
    assert seen == [current_thread()] * 3
