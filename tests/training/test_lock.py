"""One process for each run folder."""

import os
import subprocess
import sys

import pytest

from tfgan_zoo.training.lock import FolderLock

HOLD = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX); f.write('process 17 on there'); "
HOLD += "f.flush(); print('held', flush=True); input()"


@pytest.fixture
def other_process(tmp_path):
    """A process that holds the lock of `tmp_path`."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path / ".lock"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_second_process_is_refused(tmp_path, other_process):
    message = r"The run folder .* is in use by another process \(process 17 on there\). .* pass another `run_dir`"
    with pytest.raises(RuntimeError, match=message), FolderLock(tmp_path):
        pass


def test_killed_process_leaves_no_lock(tmp_path, other_process):
    other_process.kill()
    other_process.wait()
    with FolderLock(tmp_path):
        assert f"process {os.getpid()} on " in (tmp_path / ".lock").read_text()


def test_lock_is_given_back(tmp_path):
    for _ in range(2):
        again = pytest.raises(RuntimeError, match=f"process {os.getpid()}")
        with FolderLock(tmp_path), again, FolderLock(tmp_path):
            pass
