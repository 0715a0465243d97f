"""What the networks of image translation share: initial weights, normalisation, checks."""

import keras


def check_shape(image_shape):
    """Refuses all but (height, width, channels); sides may be None, for pictures of any size."""
    sides = image_shape[:2] if len(image_shape) == 3 else (0,)
    if any(side is not None and side < 1 for side in sides) or not image_shape[2]:
        raise ValueError(
            "`image_shape` must be (height, width, channels), batch axis left out; sides may be None. "
            f"Received: `image_shape={image_shape}`."
        )


def check_counts(**counts):
    """Refuses numbers below 1."""
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: `{name}={count}`.")


def normal():
    """Initial kernels of both papers, N(0, 0.02)."""
    return keras.initializers.RandomNormal(stddev=0.02)


def instance_norm(name, affine):
    """Normalisation of each map of each picture; with `affine` scaled and shifted, scales from N(1, 0.02)."""
    return keras.layers.GroupNormalization(
        groups=-1,
        epsilon=1e-5,
        center=affine,
        scale=affine,
        gamma_initializer=keras.initializers.RandomNormal(mean=1.0, stddev=0.02),
        name=name,
    )
