"""Writing files so that they are there whole or not at all, with errors that say what to do."""

import contextlib
import errno
import hashlib
import os
import shutil


def write_atomically(path, write, *, mode="wb", **options):
    """Writes a file beside its place, flushes it to the disk, and moves it there.

    Args:
        path: `pathlib.Path`; the folder must exist.
        write: function of the open file.
        mode, **options: as for `open`.

    Returns:
        str, SHA-256 of the file.

    Raises:
        OSError: if it cannot be written, with the cause and the way out; what was at `path` is untouched.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        with open(temporary, mode, **options) as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        digest = sha256(temporary)
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise explained(error, path) from error
        raise
    return digest


def sha256(path):
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def explained(error, path):
    """An OSError that names the file, the cause and the way out."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        reason = f"the disk is full ({_free(path) / 1e6:.1f} MB free). Make room"
    elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        reason = f"the folder cannot be written ({error.strerror}). Make it writable"
    else:
        reason = f"{error.strerror}. Remove the cause"
    return OSError(error.errno, f"Cannot write {path}: {reason} and run the same command again")


def _sync_folder(folder):
    """Makes a rename survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _free(path):
    """Free bytes on the disk of a path."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free
