"""Every recipe trains two steps on data that needs no download, writes its pictures and exports."""

import ast
import json
import pathlib
import re

import numpy as np
import pytest
from PIL import Image

import tfgan_zoo as zoo
from tests import scripts

RECIPES = pathlib.Path(__file__).parents[2] / "recipes"
SMALL = {
    "dcgan_digits": ["--image_size", "16", "--base_channels", "4", "--discriminator_channels", "4"],
    "dcgan_mnist": ["--data", "digits", "--image_size", "16", "--base_channels", "4", "--discriminator_channels", "4"],
    "dcgan_celeba64": ["--data", "sample_photos", "--image_size", "16", "--base_channels", "4"],
    "conditional_gan_mnist": [
        *("--data", "digits", "--image_size", "16", "--base_channels", "4", "--discriminator_channels", "4"),
        *("--num_judged", "40"),
    ],
    "acgan_mnist": [
        *("--data", "digits", "--image_size", "16", "--base_channels", "4", "--discriminator_channels", "4"),
        *("--num_judged", "40"),
    ],
    "projection_gan_cifar10": [
        *("--data", "digits", "--channels", "1", "--image_size", "8", "--generator_width", "4"),
        *("--discriminator_width", "4", "--discriminator_steps", "2", "--num_judged", "40"),
    ],
    "sgan_mnist": [
        *("--data", "digits", "--image_size", "8", "--num_labels", "20", "--steps_per_execution", "1"),
        *("--base_channels", "4", "--discriminator_channels", "4", "8"),
    ],
    "feature_matching_gan_mnist": [
        *("--data", "digits", "--image_size", "8", "--num_labels", "20", "--steps_per_execution", "1"),
        *("--generator_units", "8", "--discriminator_units", "8", "6"),
    ],
    "progan_digits": ["--image_size", "8", "--channel_base", "16", "--latent_dim", "4", "--phase_steps", "1"],
    "progan_celeba64": [
        *("--data", "digits", "--channels", "1", "--image_size", "8", "--channel_base", "16", "--latent_dim", "4"),
        *("--phase_steps", "1"),
    ],
    "stylegan_celeba64": [
        *("--data", "digits", "--channels", "1", "--image_size", "16", "--channel_base", "32", "--style_dim", "4"),
        *("--mapping_depth", "1", "--phase_steps", "1", "--num_judged", "40"),
    ],
    "stylegan2_celeba64": [
        *("--data", "digits", "--channels", "1", "--image_size", "16", "--channel_base", "32", "--style_dim", "4"),
        *("--mapping_depth", "1", "--num_judged", "40"),
    ],
    "stylegan2_mnist": [
        *("--data", "digits", "--image_size", "8", "--channel_base", "16", "--style_dim", "4", "--mapping_depth", "1"),
    ],
    "gan_mnist": ["--data", "digits", "--image_size", "8", "--generator_units", "16", "--discriminator_units", "8"],
    "pix2pix_facades": ["--image_size", "16", "--base_channels", "2", "--receptive_field", "16", "--test_images", "8"],
    "pix2pix_maps": ["--image_size", "16", "--base_channels", "2", "--receptive_field", "16", "--test_images", "8"],
    "pix2pix_edges": ["--image_size", "16", "--base_channels", "2", "--receptive_field", "16", "--test_images", "8"],
    "pix2pix_colorize": ["--image_size", "16", "--base_channels", "2", "--levels", "3", "--receptive_field", "16"],
    "pix2pix_inpaint": ["--image_size", "16", "--base_channels", "2", "--levels", "3", "--receptive_field", "16"],
    "pix2pix_deblur": ["--image_size", "16", "--base_channels", "2", "--levels", "3", "--receptive_field", "16"],
    "pix2pix_denoise": ["--image_size", "16", "--base_channels", "2", "--levels", "3", "--receptive_field", "16"],
    "cyclegan_monet2photo": ["--image_size", "16", "--base_channels", "2", "--blocks", "1", "--receptive_field", "16"],
    "cyclegan_horse2zebra": ["--image_size", "16", "--base_channels", "2", "--blocks", "1", "--receptive_field", "16"],
    "gan_gaussian": ["--steps_per_execution", "1", "--steps_per_epoch", "1", "--frames", "0", "2"],
}


def load(name):
    """The module of a recipe."""
    return scripts.load(f"recipes/{name}.py")


def test_every_recipe_is_tried():
    assert sorted(SMALL) == sorted(path.stem for path in RECIPES.glob("*.py"))


# One recipe of each kind; the others have large graphs, or differ from these in their networks and data.
QUICK = {
    *("dcgan_digits", "gan_gaussian", "gan_mnist", "conditional_gan_mnist", "sgan_mnist", "feature_matching_gan_mnist"),
    "pix2pix_facades",
}


def named(names):
    """Parametrization over recipes, all but the quick ones for thorough runs."""
    marks = {True: (), False: pytest.mark.thorough}
    return pytest.mark.parametrize("name", [pytest.param(name, marks=marks[name in QUICK]) for name in names])


@named(SMALL)
def test_two_steps(name, tmp_path, monkeypatch):
    module = load(name)
    exported = {}
    if name != "dcgan_digits":  # One real export stands for all: the others differ in their networks' sizes only.
        for function in ("generator", "translator", "classifier"):
            monkeypatch.setattr(zoo.export, function, lambda gan, path, **about: exported.update(about, path=path))
    if name == "gan_gaussian":  # Its theory is tested on its own, at full length.
        monkeypatch.setattr(module, "check_theory", lambda config: {})
    folders = ["--run_dir", str(tmp_path / "run"), "--export_dir", str(tmp_path / "exported")]
    module.main(["--steps", "2", "--report_every", "2", "--batch_size", "8", *SMALL[name], *folders])
    if name == "dcgan_digits":
        exported = json.loads((tmp_path / "exported" / "1" / "card.json").read_text())
        assert exported["training_steps"] == 2 and exported["config"]["steps"] == 2
    assert exported["recipe"] == name
    pictures = list((tmp_path / "run").rglob("*.png"))
    assert pictures
    for path in pictures:
        with Image.open(path) as picture:
            assert min(picture.size) >= 64


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["sgan_mnist", "feature_matching_gan_mnist"])
def test_classifiers_are_judged_by_all_test_images_on_two_devices(name, tmp_path, monkeypatch):
    monkeypatch.setenv("TFGAN_ZOO_LOGICAL_CPUS", "2")
    judged = []
    monkeypatch.setattr(zoo.export, "generator", lambda gan, path, **about: judged.append((gan, about["scores"])))
    monkeypatch.setattr(zoo.export, "classifier", lambda *_, **__: None)
    folders = ["--run_dir", str(tmp_path / "run"), "--export_dir", str(tmp_path / "exported")]
    sizes = ["--steps", "2", "--report_every", "2", "--batch_size", "8", "--strategy", "mirrored"]
    load(name).main([*sizes, *SMALL[name], *folders])
    ((gan, scores),) = judged
    assert gan.distribute_strategy.num_replicas_in_sync == 2
    images, labels = zoo.data.arrays("digits", split="test", labels=True)  # 297: no whole number of any usual batch.
    found = gan.classifier(images.astype("float32") / 127.5 - 1.0).numpy().argmax(axis=1)
    assert scores["accuracy"] == pytest.approx(np.mean(found == labels))


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["sgan_mnist", "feature_matching_gan_mnist", "dcgan_mnist", "stylegan2_mnist"])
def test_what_judges_at_the_end_is_missed_at_the_beginning(name, tmp_path):
    np.savez(tmp_path / "x.npz", images=np.zeros((40, 8, 8, 1), "uint8"), labels=np.arange(40) % 10)
    folders = ["--run_dir", str(tmp_path / "run"), "--export_dir", str(tmp_path / "exported")]
    with pytest.raises(ValueError, match="`split` must be|must be 'train' or 'all'"):
        load(name).main([*SMALL[name], "--data", str(tmp_path / "x.npz"), *folders])
    assert not list((tmp_path / "run").glob("checkpoints/step_*"))


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["progan_celeba64", "stylegan_celeba64", "stylegan2_celeba64"])
def test_faces_are_judged_by_as_many_as_there_are_and_at_the_size_reached(name, tmp_path, monkeypatch):
    module, exported = load(name), {}
    monkeypatch.setattr(zoo.export, "generator", lambda gan, path, **about: exported.update(about))
    flags = ["--steps", "2", "--report_every", "2", "--batch_size", "8", *SMALL[name]]
    flags += ["--num_judged", "2000", "--image_size", "32" if name != "stylegan2_celeba64" else "16"]
    if name != "stylegan2_celeba64":  # One step in each phase: two of them end at 8 pixels and are not judged.
        flags += ["--steps", "3"]
    module.main([*flags, "--run_dir", str(tmp_path / "run"), "--export_dir", str(tmp_path / "exported")])
    assert all(np.isfinite(value) for value in exported["scores"].values())
    assert exported["scores"] and "16" in " ".join(exported["scores"])


def test_a_number_of_judged_samples_is_checked_before_training(capsys):
    for name in ("conditional_gan_mnist", "progan_celeba64"):
        with pytest.raises(SystemExit):
            load(name).main([*SMALL[name], "--num_judged", "1"])
        assert "`num_judged` must be at least 2. Received: `num_judged=1`" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--frames", "5"], "`frames` must end at multiples of 40 steps, one by step 6000 at least. Received"),
        (["--frames", "2000"], "which end at [8000]"),
        (["--steps_per_epoch", "0"], "`steps_per_epoch` must be positive. Received: `steps_per_epoch=0`"),
        (["--std", "0"], "`std` must be positive. Received: `std=0.0`"),
        (["--data", "mnist"], "invalid choice: 'mnist'"),
    ],
)
def test_impossible_frames_are_refused_before_training(flags, message, capsys):
    with pytest.raises(SystemExit):
        load("gan_gaussian").main(flags)
    assert message in capsys.readouterr().err


# One of each kind: what a dry run does and leaves out is the run folder's work, not the recipe's.
@named(["dcgan_digits", "gan_gaussian", "pix2pix_facades", "progan_digits", "sgan_mnist"])
def test_dry_run_keeps_nothing(name, tmp_path):
    folders = ["--run_dir", str(tmp_path / "run"), "--export_dir", str(tmp_path / "exported")]
    load(name).main(["--dry_run", "--steps_per_execution", "1", "--batch_size", "8", *SMALL[name], *folders])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", SMALL)
def test_form(name):
    source = (RECIPES / f"{name}.py").read_text()
    tree = ast.parse(source)
    docstring = ast.get_docstring(tree)
    assert f"python recipes/{name}.py" in docstring and re.search(r"arXiv \d{4}\.\d{4,5}", docstring)
    order = [node.name for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
    wanted = ["Config", "build_dataset", "build_model", "main"]
    assert [part for part in order if part in wanted] == wanted
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not imported & set(SMALL), "a recipe stands alone"
    assert len(source.splitlines()) <= 150


def test_unknown_flag_names_the_nearest(capsys):
    with pytest.raises(SystemExit):
        load("dcgan_digits").main(["--batchsize", "8"])
    assert "--batch_size" in capsys.readouterr().err
