"""Starts recipes as processes of their own, and kills them at chosen places.

The processes are forked from one that has already imported TensorFlow (but not started it), which saves seconds each.
"""

import json
import multiprocessing
import os
import random
import signal
import socket
import threading
import time

import keras
import numpy as np

TIMEOUT = 240.0  # Seconds; generous, because nothing waits for it unless something hangs.

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.training.tiny_recipe"])


class Process:
    """A recipe in a process of its own.

    Args:
        log: path of the file that takes its output.
        argv: list of str, its flags.
        fault: tuple (name of a function of this module, its arguments) that is called first, or None.
        env: dict of environment variables.
    """

    def __init__(self, log, argv, fault=None, env=None):
        self.log = log
        self._process = _context.Process(target=_main, args=(str(log), [str(a) for a in argv], fault, env or {}))
        self._process.start()

    @property
    def pid(self):
        return self._process.pid

    @property
    def output(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def kill(self, number=signal.SIGKILL):
        os.kill(self.pid, number)

    def end(self):
        """Waits for the end; returns the exit code, negative for a signal."""
        self._process.join(TIMEOUT)
        if self._process.exitcode is None:
            self.kill()
            raise AssertionError(f"Still running after {TIMEOUT} s:\n{self.output}")
        return self._process.exitcode

    def wait_for(self, condition):
        """Returns when `condition()` holds."""
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            assert self._process.is_alive(), self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.02)


def cluster(folder, argv, *, faults=(None, None), extra=((), ())):
    """Starts two workers on this machine, chief first; `faults` and `extra` flags are each worker's own."""
    addresses = [f"localhost:{port}" for port in _free_ports(2)]
    workers = []
    for index in range(2):
        task = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        env = {"TF_CONFIG": json.dumps(task)}
        workers.append(Process(folder / f"worker_{index}.log", [*argv, *extra[index]], faults[index], env))
    return workers


def _free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("localhost", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _main(log, argv, fault, env):
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.environ.update(env)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # The fork server ignores it.
    from tests.training import tiny_recipe

    callbacks = [fault_named(*fault)] if fault else []
    tiny_recipe.main(argv, [callback for callback in callbacks if callback is not None])


# === Faults ===


def fault_named(name, *arguments):
    return {
        "in_step": InStep,
        "after_step": AfterStep,
        "in_checkpoint": in_checkpoint,
        "before_checksum": before_checksum,
        "after_row": after_row,
    }[name](*arguments)


def die():
    os.kill(os.getpid(), signal.SIGKILL)


class InStep(keras.callbacks.Callback):
    """Kills while a step is being computed, a random fraction of a second after its begin."""

    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_begin(self, batch, logs=None):
        if int(self.model.step_counter.numpy()) == self.step:
            threading.Timer(random.Random(self.step).uniform(0.0, 0.01), die).start()


class AfterStep(keras.callbacks.Callback):
    """Sends a signal after a step, before anything is saved."""

    def __init__(self, step, number=signal.SIGKILL):
        super().__init__()
        self.step = step
        self.number = number

    def on_train_batch_end(self, batch, logs=None):
        if int(self.model.step_counter.numpy()) == self.step:
            os.kill(os.getpid(), self.number)


def in_checkpoint(count):
    """Kills when a number of checkpoints have been written and half of the next one."""
    savez = np.savez
    written = []

    def half(file, **arrays):
        if len(written) == count:
            arrays = dict(list(arrays.items())[: len(arrays) // 2])
            savez(file, **arrays)
            file.flush()
            die()
        written.append(file)
        savez(file, **arrays)

    np.savez = half


def before_checksum(count):
    """Kills between a checkpoint and its checksum."""
    from tfgan_zoo.training import checkpoints

    write = checkpoints.write_atomically
    written = []

    def stop(path, function):
        if path.name.endswith(".sha256"):
            if len(written) == count:
                die()
            written.append(path)
        return write(path, function)

    checkpoints.write_atomically = stop


def after_row(count):
    """Kills between a row of metrics and the checkpoint that belongs to it."""
    from tfgan_zoo.training.records import Records

    add = Records.add
    added = []

    def stop(self, step, logs):
        add(self, step, logs)
        if len(added) == count:
            die()
        added.append(step)

    Records.add = stop
