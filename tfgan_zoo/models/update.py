"""One optimizer step: the only place where a loss is reduced, scaled and differentiated."""

import tensorflow as tf

from tfgan_zoo import replicas


class Update:
    """Collects the gradients of the parts of a batch and applies their mean once, when the `with` block ends.

    The objective is `sum over parts of mean(loss) / (parts * replicas)`. Keras optimizers sum gradients over
    replicas, so the division makes the step that of the mean over the global batch, on one device or many.

    Args:
        optimizer: built Keras optimizer.
        networks: list of `keras.Model`, whose trainable variables it moves.
        parts: int >= 1, how many times `add` is called (gradient accumulation).
    """

    def __init__(self, optimizer, networks, parts):
        self.optimizer = optimizer
        self.networks = networks
        self.variables = [variable for network in networks for variable in network.trainable_variables]
        self.scale = 1.0 / (parts * replicas.count())
        self.gradients = None

    def add(self, loss, tape):
        """Adds the gradient of a part.

        Args:
            loss: float32 tensor of shape (batch,), computed while `tape` was recording.
            tape: the `tf.GradientTape`; it may have been entered several times.
        """
        with tape:
            regularization = [loss for network in self.networks for loss in network.losses]
            objective = tf.add_n([tf.reduce_mean(loss), *regularization]) * self.scale
            objective = self.optimizer.scale_loss(objective)
        gradients = tape.gradient(objective, [variable.value for variable in self.variables])
        # The rows that a batch looked up in a table: dense, they add up over parts and replicas like all others.
        gradients = [tf.convert_to_tensor(g) if isinstance(g, tf.IndexedSlices) else g for g in gradients]
        gradients = _after(objective, gradients)
        self.gradients = gradients if self.gradients is None else list(map(_sum, self.gradients, gradients))

    def __enter__(self):
        return self

    def __exit__(self, exception_type, *_):
        if exception_type is None:
            gradients = self.gradients if replicas.count() == 1 else _clipped(self.optimizer, self.gradients)
            self.optimizer.apply(gradients, self.variables)


def _clipped(optimizer, gradients):
    """This replica's gradients, such that their sum over the replicas is the clipped sum, if the optimizer clips.

    Keras clips what each replica has and then sums. What is clipped here is the sum, of which each replica gives an
    equal part: that is below the bound, so that Keras leaves it as it is.
    """
    clipper = getattr(optimizer, "inner_optimizer", optimizer)
    there = [gradient for gradient in gradients if gradient is not None]
    if not there or not (clipper.clipnorm or clipper.global_clipnorm or clipper.clipvalue):
        return gradients
    total = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, there)
    scale = optimizer.scale_loss(tf.ones(()))
    clipped = clipper._clip_gradients([gradient / tf.cast(scale, gradient.dtype) for gradient in total])
    clipped = iter([gradient * tf.cast(scale / replicas.count(), gradient.dtype) for gradient in clipped])
    return [None if gradient is None else next(clipped) for gradient in gradients]


def _after(objective, gradients):
    """The gradients, known only when the whole objective is.

    An update must wait until every pass has read its variables. TensorFlow orders that, but its graph optimizer (the
    dependency optimizer of Grappler, checked in 2.21) leaves out such an edge where it sees that the update needs the
    pass anyhow, for a gradient that it then finds to be zero: a bias moved by the loss could change while the gradient
    penalty, whose derivative by it is zero, was still to read it. No edge from the objective can be left out so.
    """
    with tf.control_dependencies([objective]):
        return [None if gradient is None else tf.identity(gradient) for gradient in gradients]


def _sum(total, gradient):
    """Sum of two gradients of one variable, of which a part of the batch may have none."""
    if total is None or gradient is None:
        return gradient if total is None else total
    return total + gradient
