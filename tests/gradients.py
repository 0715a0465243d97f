"""What two layers are compared by: their outputs, gradients and gradients of gradients."""

import tensorflow as tf


def training_pass(layer, batch):
    """Output, gradients of the batch and weights, and gradients of a function of the batch's gradient."""
    weights = [weight.value for weight in layer.trainable_weights]
    with tf.GradientTape() as outer:
        outer.watch(batch)
        with tf.GradientTape() as inner:
            inner.watch(batch)
            output = layer(batch, training=True)
            # Factors that differ: behind a normalization, equal ones tell little.
            factors = tf.cast(tf.reshape(tf.range(tf.size(output)) % 7, output.shape), tf.float32)
            loss = tf.reduce_sum(tf.sin(output) * factors)
        slopes = inner.gradient(loss, [batch, *weights])
        second = tf.reduce_sum(tf.square(slopes[0]))
    return output, *slopes, *outer.gradient(second, [batch, *weights[:1]])
