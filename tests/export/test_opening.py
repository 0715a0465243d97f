"""Exported generators opened again."""

import numpy as np
import pytest

from tests.export.generators import labelled_generator, stand_in
from tfgan_zoo import export


@pytest.mark.parametrize("place", ["", "1", "1/tiny_float32.tflite"])
def test_samples_are_those_of_the_model(gan, exported, place):
    opened = export.open(exported.path.parent / place)
    np.testing.assert_allclose(opened.sample(5, seed=3), gan.sample(5, seed=3), rtol=0, atol=1e-4)


def test_batches_do_not_show(exported):
    opened = export.open(exported.path)
    np.testing.assert_allclose(opened.sample(5, batch_size=2), opened.sample(5), rtol=0, atol=1e-6)


def test_the_highest_version_is_opened(tmp_path, exported):
    for version in ("9", "10", "notes"):
        (tmp_path / version).mkdir()
    (tmp_path / "10").rmdir()
    (tmp_path / "10").symlink_to(exported.path)
    opened = export.open(tmp_path)
    assert opened.path == tmp_path / "10"
    assert opened.card["name"] == "tiny"


def test_a_latent_of_another_width_is_refused(exported):
    with pytest.raises(ValueError, match=r"`z` must have shape \(num, 8\), .* Received: shape \(2, 9\)"):
        export.open(exported.path).generate(np.zeros((2, 9)))


def test_a_label_for_a_generator_without_is_refused(exported):
    with pytest.raises(
        ValueError, match=r"`label` must be None, as this generator takes none\. Received: `label=\[1\]`"
    ):
        export.open(exported.path).sample(1, label=[1])


def test_missing_labels_are_refused(tmp_path, in_this_process):
    model = stand_in(labelled_generator(), num_classes=5)
    made = export.generator(model, tmp_path / "labelled", tflite=(), num_verify=2)
    with pytest.raises(ValueError, match=r"`label` must be ints of shape \(3,\)\. Received: `label=None`"):
        export.open(made.path).sample(3)


@pytest.mark.parametrize("name", ["missing", "empty", "missing.tflite"])
def test_other_places_are_refused(tmp_path, name):
    (tmp_path / "empty").mkdir()
    match = rf"`path` must be a folder that `tfgan_zoo\.export\.generator` wrote.* Received: `path='.*{name}'`"
    with pytest.raises(ValueError, match=match):
        export.open(tmp_path / name)
