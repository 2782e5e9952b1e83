"""Labels in the hands of autodistill and FiftyOne, where these are installed."""

from pathlib import Path

import pytest

from glipv2.labels.job import LabelJob
from glipv2.labels.labelled import labelled
from tests.labels.conftest import EVERYTHING, NAMES


def test_autodistill(done: LabelJob, tmp_path: Path) -> None:
    detection = pytest.importorskip('autodistill.detection')
    from glipv2.labels.autodistill_model import GLIPv2Base

    ontology = detection.CaptionOntology({name: name[2:] for name in NAMES})
    model = GLIPv2Base(ontology, done.model, device='cpu')
    expected = next(
        image for image in labelled(done, EVERYTHING) if image.file_name == 'x.jpg'
    )
    found = model.predict(str(done.folder / 'x.jpg'))
    assert [NAMES[number] for number in found.class_id] == [
        each['name'] for each in expected.objects
    ]
    model.label(str(done.folder), extension='.jpg', output_folder=str(tmp_path))
    assert list(tmp_path.rglob('x.txt'))


def test_fiftyone(done: LabelJob) -> None:
    pytest.importorskip('fiftyone')
    from glipv2.labels.fiftyone_samples import fiftyone_samples

    samples = list(fiftyone_samples(done, EVERYTHING))
    images = list(labelled(done, EVERYTHING))
    assert [Path(sample.filepath).name for sample in samples] == [
        Path(image.file_name).name for image in images
    ]
    for sample, image in zip(samples, images):
        assert sample.tags == [image.split]
        for one, other in zip(sample['labels'].detections, image.objects, strict=True):
            x, _, width, _ = one.bounding_box
            assert one.label == other['name']
            assert (x + width) * image.width == pytest.approx(other['box'][2])
