"""Keras's Adam in one pass over memory."""

import functools

import keras
import tensorflow as tf


def fuse(optimizer):
    """Lets a Keras Adam move each variable by TensorFlow's fused operation.

    Keras's update is a dozen operations, each of which reads and writes arrays as large as the weights; on a processor
    that can take as long as the products of a perceptron's step. The fused operation computes the same,

        m += (1 - beta_1) (g - m),  v += (1 - beta_2) (g^2 - v),
        w -= learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon),

    while each number is at hand. All else of the optimizer stays: schedules, clipping, weight decay, averages, loss
    scaling, its state and its configuration.

    Args:
        optimizer: Keras optimizer. Others than `keras.optimizers.Adam` itself, also in a `LossScaleOptimizer`, and Adam
            with `amsgrad=True` keep their own update.

    Returns:
        The same object.

    Reference:
        Kingma and Ba 2015, arXiv 1412.6980, the more efficient order at the end of section 2.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if type(inner) is keras.optimizers.Adam and not inner.amsgrad:
        inner.update_step = functools.partial(_update_step, inner)
    return optimizer


def _update_step(adam, gradient, variable, learning_rate):
    index = adam._get_variable_index(variable)
    as_float = functools.partial(tf.cast, dtype=variable.dtype)
    step = as_float(adam.iterations.value + 1)
    beta_1, beta_2 = as_float(adam.beta_1), as_float(adam.beta_2)
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        m=adam._momentums[index].value.handle,
        v=adam._velocities[index].value.handle,
        beta1_power=beta_1**step,
        beta2_power=beta_2**step,
        lr=as_float(learning_rate),
        beta1=beta_1,
        beta2=beta_2,
        epsilon=as_float(adam.epsilon),
        grad=as_float(gradient),
    )
