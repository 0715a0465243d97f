"""Checkpoints on disk: atomic, checked by SHA-256, the newest few kept, equal bytes for equal state."""

import contextlib
import errno
import hashlib
import os
import pathlib
import re
import shutil

import numpy as np

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

    >>> checkpoints = tfgan_zoo.training.Checkpoints(tempfile.mkdtemp())
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
            digest = _write(path, lambda file: np.savez(file, **arrays))
            line = f"{digest}  {path.name}\n".encode()
            _write(_checksum_path(path), lambda file: file.write(line))
        except OSError as error:
            raise self._explained(error, path, arrays) from error
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
        damaged = []
        for step in reversed(self.steps):
            reason = _damage(self.path(step))
            if reason is None:
                return step, _read(self.path(step))
            print(f"Checkpoint {self.path(step)} is damaged ({reason}); trying the one before.", flush=True)
            damaged.append(self._set_aside(step))
        if damaged:
            names = ", ".join(path.name for path in damaged)
            raise ValueError(
                f"All checkpoints in {self.folder} are damaged and were renamed: {names}. Restore a copy of one, or "
                "start anew with another `run_dir`."
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
        _checksum_path(path).unlink(missing_ok=True)
        os.replace(path, aside)
        return aside

    def _explained(self, error, path, arrays):
        needed = sum(array.nbytes for array in arrays.values()) / 1e6
        last = f"The checkpoint of step {self.steps[-1]} is intact" if self.steps else "There is no earlier one"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            reason = f"the disk is full ({needed:.0f} MB needed, {_free(self.folder):.0f} MB free). Make room"
        elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            reason = "the folder cannot be written. Make it writable"
        else:
            reason = f"{error.strerror}. Remove the cause"
        return OSError(error.errno, f"Cannot write checkpoint {path}: {reason} and run the same command again. {last}.")


def _checksum_path(path):
    return path.with_name(path.name + ".sha256")


def _write(path, write):
    """Writes a file so that it is either there whole or not at all; returns its SHA-256."""
    temporary = path.with_name(path.name + ".tmp")
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        digest = _digest(temporary)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return digest


def _sync_folder(folder):
    """Makes a rename survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _damage(path):
    """Why a checkpoint cannot be trusted, or None."""
    try:
        words = _checksum_path(path).read_text(encoding="utf-8", errors="replace").split()
        if not words:
            return "its checksum file is empty"
        return None if _digest(path) == words[0] else "its SHA-256 is not the one it was saved with"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"


def _read(path):
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _free(folder):
    """Free megabytes on the disk of a folder."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free / 1e6
