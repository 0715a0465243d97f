"""Sheets of translations: which rows, when, of what."""

import numpy as np
import pytest

import tfgan_zoo as zoo
from tests.models import tiny
from tfgan_zoo import pictures
from tfgan_zoo.callbacks import TranslationGrid


def gan():
    return zoo.models.Pix2Pix(
        zoo.networks.unet.generator((8, 8, 1), levels=2, base_channels=1),
        zoo.networks.patch.discriminator((8, 8, 2), receptive_field=1, base_channels=1),
    )


INPUTS, TARGETS = tiny.samples(3, 8, 8, 1), tiny.samples(3, 8, 8, 1, seed=1)


def test_rows_are_input_output_and_target(tmp_path):
    model, sheet = gan(), TranslationGrid(tmp_path, INPUTS, targets=TARGETS)
    sheet.set_model(model)
    rows = [INPUTS, model.translate(INPUTS), TARGETS]
    expected = pictures.sheet(rows, row_labels=["input", "output", "target"])
    np.testing.assert_array_equal(sheet.draw(0), expected)


def test_way_back(tmp_path):
    model = gan()
    model.directions = {"AtoB": "generator", "BtoA": "generator"}
    sheet = TranslationGrid(tmp_path, INPUTS, back="BtoA")
    sheet.set_model(model)
    there = model.translate(INPUTS)
    rows = [INPUTS, there, model.translate(there)]
    np.testing.assert_array_equal(sheet.draw(0), pictures.sheet(rows, row_labels=["input", "output", "back"]))


def test_files_of_a_training(tmp_path):
    model = gan()
    model.compile()
    sheet = TranslationGrid(tmp_path / "sheets", INPUTS[:1], every_epochs=2)
    model.fit(INPUTS, TARGETS, batch_size=1, epochs=3, callbacks=[sheet], verbose=0)
    names = sorted(path.name for path in sheet.directory.iterdir())
    assert names == ["latest.png", *(f"translations_{step:06d}.png" for step in (0, 6, 9))]


def test_wrong_targets_and_models(tmp_path):
    with pytest.raises(ValueError, match="as many as `inputs`. Received: 2 targets for 3 inputs"):
        TranslationGrid(tmp_path, INPUTS, targets=TARGETS[:2])
    with pytest.raises(TypeError, match="`TranslationGrid` needs a model with `step_counter`, `translate`"):
        TranslationGrid(tmp_path, INPUTS).set_model(tiny.perceptrons(zoo.models.GAN))
