"""Stops a training that has diverged, and says where."""

import keras
import numpy as np

from tfgan_zoo.callbacks._arguments import check_model, step_of


class NonFiniteError(FloatingPointError):
    """Training met NaN or infinite numbers.

    Attributes:
        first_step: int, first training step that may be at fault.
        last_step: int, the last one.
        names: tuple of str, the reported scalars, or networks, that are not finite.
    """

    def __init__(self, message, *, first_step, last_step, names):
        super().__init__(message)
        self.first_step = first_step
        self.last_step = last_step
        self.names = names


class NonFiniteGuard(keras.callbacks.Callback):
    """Stops training with a `NonFiniteError` as soon as a reported scalar is NaN or infinite.

    The message names the steps in which it happened, the scalars, and their last finite values. `fit` reports running
    means over the epoch, and a mean with a non-finite number in it is not finite, so none is missed. The range of steps
    is one step, or the `steps_per_execution` that pass between two looks. Weights are looked at when an epoch ends: an
    update can spoil them after the last loss was computed.

    Place it before callbacks that write checkpoints, so that these do not keep a broken model. It makes `fit` wait for
    the results of every step; on a fast accelerator raise `steps_per_execution`.

    What helps, in this order: a lower learning rate; a gradient penalty (`penalty="r1"` or `"gradient_penalty"`) where
    the logits grew without bound; under float16, which ends at 65504, bfloat16 or float32
    (`keras.config.set_dtype_policy`); a larger `epsilon` in Adam, or `clipnorm`, where single gradients explode.

    Raises:
        NonFiniteError: during `fit`.
        TypeError: if the model has no `step_counter`.

    Example:

    >>> guard = tfgan_zoo.callbacks.NonFiniteGuard()
    >>> isinstance(guard, keras.callbacks.Callback)
    True
    """

    def set_model(self, model):
        check_model(self, model, ["step_counter"])
        super().set_model(model)

    def on_train_begin(self, logs=None):
        self._last_finite = {}

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch_start = self._checked_step = step_of(self.model)

    def on_train_batch_end(self, batch, logs=None):
        step = step_of(self.model)
        self._check_scalars(logs or {}, step)
        self._checked_step = step

    def on_epoch_end(self, epoch, logs=None):
        step = step_of(self.model)
        # Weights and validation scalars were last looked at an epoch ago.
        self._checked_step = self._epoch_start
        self._check_scalars(logs or {}, step)
        networks = getattr(self.model, "networks", {})
        broken = tuple(name for name, network in networks.items() if not _finite_weights(network))
        if broken:
            self._stop(broken, ", ".join(f"the weights of `{name}`" for name in broken), step)

    def _check_scalars(self, logs, step):
        broken = tuple(name for name, value in logs.items() if not np.isfinite(value).all())
        if broken:
            self._stop(broken, ", ".join(self._describe(name, logs[name]) for name in broken), step)
        self._last_finite.update(logs)

    def _describe(self, name, value):
        last = self._last_finite.get(name)
        before = "never finite before" if last is None else f"last finite mean {float(last):.6g}"
        return f"`{name}` is {float(value)} ({before})"

    def _stop(self, names, what, step):
        first = self._checked_step + 1
        where = f"in step {step}" if first >= step else f"within steps [{first}, {step}]"
        raise NonFiniteError(
            f"Training met numbers that are not finite {where}: {what}. Lower the learning rates; add a gradient "
            'penalty (`penalty="r1"`) if the logits grew; under mixed_float16 try mixed_bfloat16 or float32. To look '
            "closer, train from the last checkpoint with `steps_per_execution=1` and "
            "`tf.debugging.enable_check_numerics()`.",
            first_step=first,
            last_step=step,
            names=names,
        )


def _finite_weights(network):
    return all(np.isfinite(keras.ops.convert_to_numpy(weight)).all() for weight in network.weights)
