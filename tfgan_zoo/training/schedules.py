"""Learning rates that change with the step, for the optimizers themselves."""

import keras


@keras.saving.register_keras_serializable(package="tfgan_zoo")
class LinearDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that is constant at first, then falls linearly to zero.

    `rate * min(1, (end - step) / (end - begin))`, and 0 from step `end` on.

    Args:
        learning_rate: float > 0, the constant one.
        begin: int >= 0, step from which it falls.
        end: int > `begin`, step at which it is zero.

    Raises:
        ValueError: if a number is out of range.

    Example:

    >>> decay = tfgan_zoo.training.LinearDecay(2e-4, begin=100, end=200)
    >>> [round(float(decay(step)), 6) for step in (0, 100, 150, 200)]
    [0.0002, 0.0002, 0.0001, 0.0]

    Reference:
        Zhu et al. 2017, arXiv 1703.10593, section 4: constant for 100 epochs, then linear to zero over 100.
    """

    def __init__(self, learning_rate, *, begin, end):
        if learning_rate <= 0.0:
            raise ValueError(f"`learning_rate` must be positive. Received: `learning_rate={learning_rate}`.")
        if not 0 <= begin < end:
            raise ValueError(f"`begin` must be at least 0 and below `end`. Received: `begin={begin}`, `end={end}`.")
        self.learning_rate = learning_rate
        self.begin = begin
        self.end = end

    def __call__(self, step):
        left = (self.end - keras.ops.cast(step, "float32")) / (self.end - self.begin)
        return self.learning_rate * keras.ops.clip(left, 0.0, 1.0)

    def get_config(self):
        return {"learning_rate": self.learning_rate, "begin": self.begin, "end": self.end}
