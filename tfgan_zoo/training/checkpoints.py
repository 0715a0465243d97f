"""Checkpoints on disk: atomic, checked by SHA-256, the newest few kept, equal bytes for equal state."""

import os
import pathlib
import re

import numpy as np

from tfgan_zoo.training.files import explained, sha256, write_atomically

__all__ = ["Checkpoints"]

_NAME = re.compile(r"step_(\d+)\.npz")


class Checkpoints:
    """A folder of checkpoints, each an `.npz` file beside its checksum.

    `step_00000100.npz` is readable with `numpy.load`; `step_00000100.npz.sha256` with `sha256sum --check`. The
    checksum is written last, so a file without one was never finished and does not count. No timestamps and no
    compression: equal arrays give equal bytes.

    Args:
        folder: path; made when the first checkpoint is saved.
        keep: int >= 1, how many of the newest to keep.

    Example:

    >>> checkpoints = tfgan_zoo.training.Checkpoints("checkpoints")
    >>> path = checkpoints.save(3, {"weight": np.ones(2, "float32")})
    >>> step, arrays = checkpoints.load()
    >>> step, arrays["weight"]
    (3, array([1., 1.], dtype=float32))
    """

    def __init__(self, folder, keep=3):
        if keep < 1:
            raise ValueError(f"`keep` must be at least 1. Received: `keep={keep}`.")
        self.folder = pathlib.Path(folder)
        self.keep = keep

    @property
    def steps(self):
        """List of the steps that have a finished checkpoint, oldest first."""
        found = (_NAME.fullmatch(path.name) for path in self.folder.glob("step_*.npz"))
        steps = sorted(int(match.group(1)) for match in found if match)
        return [step for step in steps if _checksum_path(self.path(step)).exists()]

    def path(self, step):
        """Path of the checkpoint of a step."""
        return self.folder / f"step_{step:08d}.npz"

    def save(self, step, arrays):
        """Writes a checkpoint, then removes those that are no longer kept.

        Args:
            step: int >= 0.
            arrays: dict from name to NumPy array.

        Returns:
            Path of the file.

        Raises:
            OSError: if it cannot be written (full disk, read-only folder). Older checkpoints are untouched.
        """
        path = self.path(step)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _checksum_path(path).unlink(missing_ok=True)  # A file of the same step is replaced, not trusted.
            digest = write_atomically(path, lambda file: np.savez(file, **arrays))
            line = f"{digest}  {path.name}\n".encode()
            write_atomically(_checksum_path(path), lambda file: file.write(line))
        except OSError as error:
            reason = error if str(path) in str(error) else explained(error, path)
            last = f"the checkpoint of step {self.steps[-1]} is intact" if self.steps else "there is no earlier one"
            raise OSError(error.errno, f"{reason.strerror}; {last}.") from error
        for old in self.steps[: -self.keep]:
            self._remove(old)
        return path

    def load(self):
        """Reads the newest checkpoint that is intact.

        A damaged one is renamed to `*.corrupt` with a message, and the one before is tried.

        Returns:
            Tuple (step, dict from name to NumPy array), or None if there has never been a checkpoint.

        Raises:
            ValueError: if there are checkpoints but all are damaged.
        """
        for step in reversed(self.steps):
            reason = _damage(self.path(step))
            if reason is None:
                return step, _read(self.path(step))
            print(f"Checkpoint {self.path(step)} is damaged ({reason}); trying the one before.", flush=True)
            self._set_aside(step)
        damaged = sorted(path.name for path in self.folder.glob("step_*.corrupt"))
        if damaged:
            raise ValueError(
                f"All checkpoints in {self.folder} are damaged and were renamed: {', '.join(damaged)}. Put back a copy "
                "of one with its .sha256 file, or start anew with another `run_dir`."
            )
        return None

    def clean(self):
        """Removes what an interrupted `save` left behind."""
        for path in self.folder.glob("step_*"):
            unfinished = _NAME.fullmatch(path.name) and not _checksum_path(path).exists()
            if unfinished or path.name.endswith(".tmp"):
                path.unlink()

    def _remove(self, step):
        # Checksum first: a kill in between leaves a file that does not count, not a checkpoint without a check.
        _checksum_path(self.path(step)).unlink(missing_ok=True)
        self.path(step).unlink(missing_ok=True)

    def _set_aside(self, step):
        path = self.path(step)
        aside = path.with_name(path.name + ".corrupt")
        os.replace(path, aside)
        _checksum_path(path).unlink(missing_ok=True)
        return aside


def _checksum_path(path):
    return path.with_name(path.name + ".sha256")


def _damage(path):
    """Why a checkpoint cannot be trusted, or None."""
    try:
        words = _checksum_path(path).read_text(encoding="utf-8", errors="replace").split()
        if not words:
            return "its checksum file is empty"
        return None if sha256(path) == words[0] else "its SHA-256 is not the one it was saved with"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"


def _read(path):
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
