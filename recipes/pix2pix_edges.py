"""Photos from line drawings, by pix2pix.

Paper: Isola et al. 2017, arXiv 1611.07004, section 6.2: edges of shoes and handbags by HED, batches of 4, 15 epochs.
Here lines are drawn by Sobel's operator on the fly, so that any photos are their own training data.

    python recipes/pix2pix_edges.py                         # patches of two photos: no download
    python recipes/pix2pix_edges.py --data celeba64         # faces
    python recipes/pix2pix_edges.py --data folder/of/photos   # in it train and test; without, `--test_split train`

A drawing made by hand, black on white, is an input like any other:
`python -m tfgan_zoo.translate --export exported/pix2pix_edges --input drawing.png --output out/`.

Cost and result: see the README's table. On one GPU take the paper's size: `--image_size 256 --jitter 30
--base_channels 64 --receptive_field 70 --steps 180000`.
"""

import dataclasses
import json

import keras

import tfgan_zoo as zoo


@dataclasses.dataclass(frozen=True)
class Config(zoo.training.Config):
    """The settings of this recipe; each is a flag."""

    data: str = "sample_photos"  # name, folder, .npy or .npz file, see tfgan_zoo.data.images
    test_split: str = "test"  # part of the data that scores are measured on; "train" where there is but one
    test_images: int = 64  # pictures that scores are measured on
    image_size: int = 64  # pixels
    jitter: int = 8  # pixels that pictures are prepared larger by, and cut out of at random
    steps: int = 2000  # generator updates
    batch_size: int = 4  # pairs in the global batch
    base_channels: int = 32  # channels at the highest resolution, both players; 64 in the paper
    receptive_field: int = 34  # pixels, side of the patches that are judged; 70 in the paper, for 256 pixels
    l1_weight: float = 100.0  # of the mean absolute difference, beside the adversarial loss
    learning_rate: float = 2e-4  # of Adam, both players
    report_every: int = 250  # steps between two rows of metrics and two sheets
    run_dir: str = "runs/pix2pix_edges"  # folder of checkpoints, sheets and metrics
    export_dir: str = "exported/pix2pix_edges"  # folder of what is exported


def pairs(config, **options):
    """Batches of (lines, photo)."""
    options |= {"image_size": config.image_size, "seed": config.seed}
    return zoo.data.corrupted(config.data, "edges", channels=3, **options)


def build_dataset(config, skip_batches=0):
    """Endless batches of pairs, from batch `skip_batches` on."""
    return pairs(
        config,
        batch_size=config.batch_size,
        jitter=config.jitter,
        flip=True,
        repeat=True,
        skip_batches=skip_batches,
    )


def held_out(config):
    """Inputs and targets that training does not see."""
    dataset = pairs(config, split=config.test_split, batch_size=config.test_images, drop_remainder=False)
    return next(dataset.as_numpy_iterator())


def build_model(config):
    """The compiled model."""
    shape = (config.image_size, config.image_size)
    gan = zoo.models.Pix2Pix(
        generator=zoo.networks.unet.generator((*shape, 1), output_channels=3, base_channels=config.base_channels),
        discriminator=zoo.networks.patch.discriminator(
            (*shape, 4), receptive_field=config.receptive_field, base_channels=config.base_channels
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
    """Scores on held-out pairs and a sheet of them."""
    inputs, targets = held_out(config)
    outputs = gan.translate(inputs)
    scores = zoo.metrics.restoration(outputs, targets)
    rows = {"input": inputs[:8], "output": outputs[:8], "target": targets[:8]}
    sheet = zoo.pictures.sheet(list(rows.values()), row_labels=list(rows))
    zoo.pictures.save_png(folder / "samples" / "held_out.png", sheet)
    (folder / "scores.json").write_text(json.dumps(scores, indent=2))
    print(", ".join(f"{name} {value:.4g}" for name, value in scores.items()))
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
