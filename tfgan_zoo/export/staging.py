"""A version folder appears whole or not at all."""

import contextlib
import os
import shutil
import uuid


def next_version(path):
    """The first version number above all that a folder holds, at least 1."""
    held = [int(child.name) for child in path.iterdir() if child.name.isdigit()] if path.is_dir() else []
    return max(held, default=0) + 1


def check_target(path, version, overwrite):
    """Refuses a version that is no number or already there.

    Raises:
        ValueError: with the way out.
    """
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ValueError(f"`version` must be an int >= 1. Received: `version={version!r}`.")
    if (path / str(version)).exists() and not overwrite:
        raise ValueError(
            f"`path` already holds this version: {path / str(version)}. Received: `version={version}`. Pass "
            f"`version={next_version(path)}`, the next free one, or `overwrite=True` to replace it."
        )


@contextlib.contextmanager
def staged(path, version):
    """Gives a folder to write a version into, and moves it into place when the block ends well.

    The folder lies beside the version folders, so that moving it is one rename. Its name is no number, so TensorFlow
    Serving, which watches `path`, does not see it. If the block fails, it goes, with every folder made for it.

    Args:
        path: `pathlib.Path`, base folder of the versions; made if missing.
        version: int, name of the version folder; one that exists is replaced.

    Yields:
        `pathlib.Path` of the folder to write into.

    Raises:
        ValueError: if the folder cannot be made.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    stage = path / f".{version}.{uuid.uuid4().hex[:8]}.part"
    try:
        _make(path, stage)
        yield stage
        _move(stage, path / str(version))
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        for folder in missing:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _make(path, stage):
    try:
        path.mkdir(parents=True, exist_ok=True)
        stage.mkdir()
    except OSError as error:
        raise ValueError(
            f"`path` must be a folder that can be written, or made. Received: `path={str(path)!r}`, where the system "
            f"says: {error.strerror}. Choose another folder, or change its permissions."
        ) from error


def _move(stage, target):
    if not target.exists():
        os.replace(stage, target)
        return
    old = stage.with_suffix(".old")
    os.replace(target, old)
    try:
        os.replace(stage, target)
    except BaseException:
        os.replace(old, target)
        raise
    _remove(old)


def _remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
