"""Sheets of pictures that show what a generator has learnt: its classes, interpolation and arithmetic of latents."""

import functools

import numpy as np
import tensorflow as tf

from tfgan_zoo import latents, pictures

__all__ = ["arithmetic", "brightness", "classes", "interpolation"]

# A straight line leaves the sphere on which normal latents lie; a cube's inside is as likely as its faces.
PATHS = {"normal": latents.slerp, "sphere": latents.slerp, "uniform": latents.lerp}


def classes(gan, *, columns=10, seed=0, class_names=None):
    """One row of samples for each class, all of a column made from the same latent vector.

    So a row shows how samples of a class differ, and a column what the latent vector means whatever the class.

    Args:
        gan: model with `sample`, `latent_dim`, `prior` and `num_classes`, whose samples are made for a class.
        columns: int >= 1, samples of each class.
        seed: int, of the latent vectors.
        class_names: texts in front of the rows, one for each class; their numbers when None.

    Returns:
        uint8 array, a picture for `tfgan_zoo.pictures.save_png`.

    Raises:
        ValueError: if the model's samples are not made for a class, or an argument is out of range.

    Example:

    >>> tfgan_zoo.sheets.classes(gan)  # doctest: +SKIP

    Reference:
        Mirza and Osindero 2014, arXiv 1411.1784, figure 2.
    """
    if not _takes_labels(gan):
        raise ValueError(
            f"`gan` must make samples for a class. Received: a {type(gan).__name__} whose generator takes no labels. "
            "Use `tfgan_zoo.pictures.grid(gan.sample(64))`."
        )
    count = gan.num_classes
    z = tf.tile(latents.sample(columns, gan.latent_dim, prior=gan.prior, seed=seed), (count, 1))
    images = gan.sample(z=z, labels=np.repeat(np.arange(count), columns))
    names = range(count) if class_names is None else class_names
    return pictures.sheet(images.reshape(count, columns, *images.shape[1:]), row_labels=list(names))


def _takes_labels(gan):
    return getattr(gan, "takes_labels", False)


def interpolation(gan, *, rows=6, columns=11, seed=0):
    """Rows of samples on the way from one random latent vector to another, of one class where there are classes.

    Args:
        gan: model with `sample`, `latent_dim` and `prior`.
        rows: int >= 1, number of pairs.
        columns: int >= 2, samples from one end to the other, ends included.
        seed: int, of the latent vectors.

    Returns:
        uint8 array, a picture for `tfgan_zoo.pictures.save_png`. The path is spherical for priors on a shell, straight
        for the uniform one.

    Raises:
        ValueError: if `rows` or `columns` is too small.

    Example:

    >>> tfgan_zoo.sheets.interpolation(gan)  # doctest: +SKIP

    Reference:
        Radford et al. 2015, arXiv 1511.06434, section 6.1 and figure 4.
    """
    if rows < 1 or columns < 2:
        raise ValueError(
            f"`rows` must be at least 1 and `columns` at least 2. Received: `rows={rows}`, `columns={columns}`."
        )
    ends = latents.sample(2 * rows, gan.latent_dim, prior=gan.prior, seed=seed)
    path = PATHS[gan.prior](ends[::2], ends[1::2], np.linspace(0.0, 1.0, columns))
    z = tf.reshape(tf.transpose(path, (1, 0, 2)), (rows * columns, gan.latent_dim))
    label = {"labels": np.repeat(np.arange(rows) % gan.num_classes, columns)} if _takes_labels(gan) else {}
    return pictures.grid(gan.sample(z=z, **label), columns=columns)


def brightness(images):
    """Mean pixel value of each image, the attribute that needs no classifier: of white strokes on black, thickness.

    Args:
        images: float array of shape (batch, height, width, channels).

    Returns:
        float array of shape (batch,).

    Example:

    >>> tfgan_zoo.sheets.brightness(np.ones((2, 4, 4, 1)))
    array([1., 1.])
    """
    return np.mean(images, axis=(1, 2, 3))


def arithmetic(gan, attribute=brightness, *, exemplars=3, columns=8, num=1000, seed=0):
    """Adds an attribute to samples: `z + mean(z of samples that have it) - mean(z of samples that lack it)`.

    Instead of by hand, the exemplars are chosen by a function: those of `num` random samples with the largest and the
    smallest attribute. Where samples are made for a class, all are of class 0.

    Args:
        gan: model with `sample`, `latent_dim` and `prior`.
        attribute: callable from images (num, height, width, channels) to one number each.
        exemplars: int >= 1, latent vectors that are averaged; the paper found 3 to be stable and 1 not.
        columns: int >= `exemplars`, samples to which the attribute is added.
        num: int > 2 `exemplars`, random samples to choose from.
        seed: int.

    Returns:
        (picture, gain): a uint8 sheet with the exemplars and, in its last two rows, samples before and after; and the
        share of samples whose attribute grew, in [0, 1].

    Raises:
        ValueError: if a number is out of range.

    Example:

    >>> picture, gain = tfgan_zoo.sheets.arithmetic(gan)  # doctest: +SKIP

    Reference:
        Radford et al. 2015, arXiv 1511.06434, section 6.3.2 and figure 7.
    """
    if exemplars < 1 or columns < exemplars or num <= 2 * exemplars:
        raise ValueError(
            "`exemplars` must be at least 1, `columns` at least `exemplars`, and `num` more than twice as many. "
            f"Received: `exemplars={exemplars}`, `columns={columns}`, `num={num}`."
        )
    z = latents.sample(num, gan.latent_dim, prior=gan.prior, seed=seed).numpy()
    sample = functools.partial(gan.sample, labels=0) if _takes_labels(gan) else gan.sample
    order = np.argsort(attribute(sample(z=z)))
    without, having = z[order[:exemplars]], z[order[-exemplars:]]
    base = latents.sample(columns, gan.latent_dim, prior=gan.prior, seed=seed + 1).numpy()
    after = np.stack([latents.arithmetic(having, without, vector) for vector in base])
    before_images, after_images = sample(z=base), sample(z=after)
    rows = [_padded(sample(z=chosen), columns) for chosen in (having, without)]
    picture = pictures.sheet(
        [*rows, before_images, after_images], row_labels=["exemplars with", "exemplars without", "before", "after"]
    )
    return picture, float(np.mean(attribute(after_images) > attribute(before_images)))


def _padded(images, columns):
    """Fills a row with white up to its width."""
    blank = np.ones((columns - len(images), *images.shape[1:]), images.dtype)
    return np.concatenate([images, blank])


# === Styles and directions ===


def _check_styles(gan):
    if not hasattr(gan, "to_styles"):
        raise ValueError(
            f"`gan` must have styles, as StyleGAN and StyleGAN2 do. Received: {type(gan).__name__}. Other models have "
            "`interpolation` and `arithmetic`."
        )


def truncation(gan, *, psis=(0.0, 0.25, 0.5, 0.75, 1.0), rows=6, seed=0):
    """Samples truncated more and less: the mean image in the first column, whole variety in the last.

    Args:
        gan: model with `to_styles` and `from_styles`.
        psis: floats, see `tfgan_zoo.layers.Truncation`.
        rows: int >= 1, samples.
        seed: int.

    Returns:
        uint8 array, a picture for `tfgan_zoo.pictures.save_png`.

    Raises:
        ValueError: if the model has no styles.

    Example:

    >>> tfgan_zoo.sheets.truncation(gan)  # doctest: +SKIP

    Reference:
        Karras et al. 2019, arXiv 1812.04948, figure 8.
    """
    _check_styles(gan)
    z = latents.sample(rows, gan.latent_dim, prior=gan.prior, seed=seed).numpy()
    columns = np.stack([gan.from_styles(gan.to_styles(z, psi)) for psi in psis], axis=1)
    return pictures.sheet(list(columns), column_labels=[f"psi {psi:g}" for psi in psis])


def mixing(gan, *, layers=None, sources=5, rows=3, truncation=1.0, seed=0):
    """Images of one row of latents with some layers' styles of another: style-based transfer.

    Args:
        gan: model with `to_styles` and `from_styles`.
        layers: list of (first, last) layers, last excluded, that are taken from the sources on top, a block of rows
            for each; None for the coarse, the middle and the fine third.
        sources: int >= 1, latents on top.
        rows: int >= 1, latents at the left in each block.
        truncation: float, psi.
        seed: int.

    Returns:
        uint8 array, a picture for `tfgan_zoo.pictures.save_png`; the first row shows the sources, the first column what
        their styles are put into.

    Raises:
        ValueError: if the model has no styles, or the layers are out of range.

    Example:

    >>> tfgan_zoo.sheets.mixing(gan, layers=[(0, 4), (4, 8)])  # doctest: +SKIP

    Reference:
        Karras et al. 2019, arXiv 1812.04948, figure 3.
    """
    _check_styles(gan)
    z = latents.sample(sources + rows, gan.latent_dim, prior=gan.prior, seed=seed).numpy()
    styles = gan.to_styles(z, truncation)
    count = styles.shape[1]
    layers = layers or [(count * i // 3, count * (i + 1) // 3) for i in range(3)]
    if any(not 0 <= first < last <= count for first, last in layers):
        raise ValueError(f"`layers` must be pairs (first, last) within 0 to {count}. Received: `layers={layers}`.")
    images = gan.from_styles(styles)
    table = [np.concatenate([np.ones_like(images[:1]), images[:sources]])]
    labels = ["sources"]
    for first, last in layers:
        for row in range(sources, sources + rows):
            mixed = np.repeat(styles[row : row + 1], sources, axis=0)
            mixed[:, first:last] = styles[:sources, first:last]
            table.append(np.concatenate([images[row : row + 1], gan.from_styles(mixed)]))
            labels.append(f"layers {first} to {last - 1}")
    return pictures.sheet(table, row_labels=labels)


def along(draw, base, directions, *, strengths=(-3.0, -1.5, 0.0, 1.5, 3.0)):
    """One row for each direction: what a code gives that is moved along it.

    Args:
        draw: callable from codes to images, such as `functools.partial(tfgan_zoo.editing.draw, gan)`.
        base: float array, a code.
        directions: float array of shape (num, width), as `tfgan_zoo.editing.directions` gives them.
        strengths: factors of the directions.

    Returns:
        uint8 array, a picture for `tfgan_zoo.pictures.save_png`.

    Example:

    >>> draw = lambda codes: np.reshape(codes, (-1, 1, 2, 1))
    >>> tfgan_zoo.sheets.along(draw, np.zeros(2), np.eye(2), strengths=(-1.0, 1.0)).shape[-1]
    1

    Reference:
        Shen and Zhou 2021, arXiv 2007.06600, figure 3.
    """
    rows = [draw(np.stack([base + strength * direction for strength in strengths])) for direction in directions]
    labels = [f"direction {index}" for index in range(len(rows))]
    return pictures.sheet(rows, row_labels=labels, column_labels=[f"{strength:+g}" for strength in strengths])
