"""One process for each run folder."""

import os
import pathlib
import socket

FILE_NAME = ".lock"


class FolderLock:
    """Context that holds a folder for this process alone.

    The kernel holds the lock and drops it with the process, however it ends; no stale lock can be left behind.

    Args:
        folder: path of an existing folder.

    Raises:
        RuntimeError: on entering, if another process holds it.
    """

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / FILE_NAME
        self._file = None

    def __enter__(self):
        import fcntl  # Unix only, as is training with this package.

        self._file = open(self.path, "a+", encoding="utf-8")  # noqa: SIM115 (held until __exit__)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            holder = self._file.read().strip() or "unknown"
            self._file.close()
            raise RuntimeError(
                f"The run folder {self.path.parent} is in use by another process ({holder}). Wait for it or end it, or "
                "pass another `run_dir`."
            ) from None
        self._file.truncate(0)
        self._file.write(f"process {os.getpid()} on {socket.gethostname()}")
        self._file.flush()
        return self

    def __exit__(self, *_):
        self._file.close()
