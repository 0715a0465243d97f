"""Missing parts of photos, filled in by pix2pix.

Papers: Isola et al. 2017, arXiv 1611.07004; inpainting with an adversarial and a pixel loss, Pathak et al. 2016, arXiv
1604.07379.

    python recipes/pix2pix_inpaint.py                         # patches of two photos: no download
    python recipes/pix2pix_inpaint.py --data celeba64         # faces
    python recipes/pix2pix_inpaint.py --data folder/of/photos   # in it train and test; without, `--test_split train`

Holes are cut into any photos on the fly: `--hole centre_hole` takes the inner quarter of the area, `free_holes` random
strokes. On held-out photos PSNR, SSIM and L1 are compared with filling in the mean colour of what is left.

Cost and result: see the README's table. On one GPU take the paper's size: `--image_size 256 --levels 8 --jitter 30
--base_channels 64 --receptive_field 70 --steps 200000`.
"""

import dataclasses
import json
import typing

import keras

import tfgan_zoo as zoo


@dataclasses.dataclass(frozen=True)
class Config(zoo.training.Config):
    """The settings of this recipe; each is a flag."""

    data: str = "sample_photos"  # name, folder, .npy or .npz file, see tfgan_zoo.data.images
    test_split: str = "test"  # part of the data that scores are measured on; "train" where there is but one
    test_images: int = 64  # pictures that scores are measured on
    hole: typing.Literal["centre_hole", "free_holes"] = "centre_hole"  # what is missing
    image_size: int = 64  # pixels
    jitter: int = 0  # pixels that pictures are prepared larger by, and cut out of at random
    steps: int = 1500  # generator updates
    batch_size: int = 4  # pairs in the global batch
    levels: int = 5  # halvings of the sides; 8 in the paper, for 256 pixels
    base_channels: int = 32  # channels at the highest resolution, both players; 64 in the paper
    residual: bool = True  # whether the generator makes the difference to its input; the paper's makes the picture
    receptive_field: int = 34  # pixels, side of the patches that are judged; 70 in the paper, for 256 pixels
    l1_weight: float = 100.0  # of the mean absolute difference, beside the adversarial loss
    learning_rate: float = 2e-4  # of Adam, both players
    report_every: int = 250  # steps between two rows of metrics and two sheets
    run_dir: str = "runs/pix2pix_inpaint"  # folder of checkpoints, sheets and metrics
    export_dir: str = "exported/pix2pix_inpaint"  # folder of what is exported


def build_dataset(config, skip_batches=0):
    """Endless batches of (spoilt picture, picture), from batch `skip_batches` on."""
    return zoo.data.corrupted(
        config.data,
        config.hole,
        image_size=config.image_size,
        channels=3,
        batch_size=config.batch_size,
        jitter=config.jitter,
        flip=True,
        seed=config.seed,
        repeat=True,
        skip_batches=skip_batches,
    )


def held_out(config):
    """Spoilt pictures and the pictures themselves, which training does not see."""
    dataset = zoo.data.corrupted(
        config.data,
        config.hole,
        split=config.test_split,
        image_size=config.image_size,
        channels=3,
        batch_size=config.test_images,
        drop_remainder=False,
    )
    return next(dataset.as_numpy_iterator())


def build_model(config):
    """The compiled model, for pictures of any size."""
    gan = zoo.models.Pix2Pix(
        generator=zoo.networks.unet.generator(
            (None, None, 3), base_channels=config.base_channels, levels=config.levels, residual=config.residual
        ),
        discriminator=zoo.networks.patch.discriminator(
            (None, None, 6), receptive_field=config.receptive_field, base_channels=config.base_channels
        ),
        l1_weight=config.l1_weight,
        seed=config.seed,
    )
    gan.compile(
        generator_optimizer=keras.optimizers.Adam(config.learning_rate, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(config.learning_rate, beta_1=0.5),
        **config.compile_options(),
    )
    return gan


def report(gan, config, folder):
    """Scores on held-out pictures, beside those of the trivial repair."""
    inputs, targets = held_out(config)
    trivial = zoo.data.corruption(config.hole).repair(inputs)
    rows = {"input": inputs, "trivial": trivial, "output": gan.translate(inputs), "target": targets}
    scores = {name: zoo.metrics.restoration(rows[name], targets) for name in ("trivial", "output")}
    shown = [row[:8] for row in rows.values()]
    zoo.pictures.save_png(folder / "samples" / "held_out.png", zoo.pictures.sheet(shown, row_labels=list(rows)))
    (folder / "scores.json").write_text(json.dumps(scores, indent=2))
    for name, score in scores.items():
        print(f"{name:8} PSNR {score['psnr']:.2f} dB, SSIM {score['ssim']:.3f}, L1 {score['l1']:.4f}")
    return scores


def main(argv=None):
    """Trains, shows, measures and exports."""
    config = zoo.training.parse(Config, argv, description=__doc__)
    with zoo.training.Run(config) as run:
        gan = run.build(build_model)
        inputs, targets = held_out(config)
        callbacks = [
            zoo.callbacks.NonFiniteGuard(),
            zoo.callbacks.TranslationGrid(run.folder / "samples", inputs[:8], targets=targets[:8]),
        ]
        run.fit(gan, build_dataset, callbacks)
        if run.finished:
            about = {"recipe": config.recipe, "config": config, "scores": report(gan, config, run.folder)}
            print(zoo.export.translator(gan, config.export_dir, examples=inputs, overwrite=True, **about))


if __name__ == "__main__":
    main()
