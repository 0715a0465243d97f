"""What a recipe stands on: command line, run folder, exact resume, checkpoints, choice of strategy."""

from tfgan_zoo.training.checkpoints import Checkpoints
from tfgan_zoo.training.config import Config, parse
from tfgan_zoo.training.interrupts import EXIT_INTERRUPTED
from tfgan_zoo.training.reopen import reopen
from tfgan_zoo.training.run import Run
from tfgan_zoo.training.schedules import LinearDecay
from tfgan_zoo.training.strategies import EXIT_WORKER_LOST, choose_strategy

__all__ = [
    "EXIT_INTERRUPTED",
    "EXIT_WORKER_LOST",
    "Checkpoints",
    "Config",
    "LinearDecay",
    "Run",
    "choose_strategy",
    "parse",
    "reopen",
]
