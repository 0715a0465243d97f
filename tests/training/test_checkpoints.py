"""Checkpoints on disk, and everything that can happen to them."""

import errno
import os
import pathlib
import resource
import shutil
import subprocess
import sys

import ml_dtypes
import numpy as np
import pytest

import tfgan_zoo as zoo

ARRAYS = {
    "model/0000/kernel": np.arange(6, dtype="float32").reshape(2, 3),
    "model/0001/step": np.array(7, "int64"),
    "metrics/0000/total": np.array([0.5], "float32"),
}


@pytest.fixture
def checkpoints(tmp_path):
    return zoo.training.Checkpoints(tmp_path / "checkpoints")


def arrays(scale):
    return {name: array * array.dtype.type(scale) for name, array in ARRAYS.items()}


def same(one, two):
    assert list(one) == list(two)
    for name in one:
        assert one[name].dtype == two[name].dtype
        np.testing.assert_array_equal(one[name], two[name])


def test_save_and_load(checkpoints):
    assert checkpoints.load() is None
    path = checkpoints.save(12, ARRAYS)
    assert path.name == "step_00000012.npz"
    step, loaded = checkpoints.load()
    assert step == 12
    same(loaded, ARRAYS)


def test_special_values_survive_to_the_bit(checkpoints):
    values = np.array([-0.0, np.inf, np.nan, 1e-45, 3.4028235e38], "float32")
    checkpoints.save(1, {"x": values})
    assert checkpoints.load()[1]["x"].tobytes() == values.tobytes()


def test_bfloat16_survives_as_bytes(checkpoints):
    values = np.array([1.5, -2.0], ml_dtypes.bfloat16)
    checkpoints.save(1, {"x": values})
    assert checkpoints.load()[1]["x"].tobytes() == values.tobytes()


def test_equal_state_gives_equal_bytes_at_any_time(tmp_path, monkeypatch):
    one = zoo.training.Checkpoints(tmp_path / "one").save(1, ARRAYS)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    two = zoo.training.Checkpoints(tmp_path / "two").save(1, {name: array.copy() for name, array in ARRAYS.items()})
    assert one.read_bytes() == two.read_bytes()
    other = zoo.training.Checkpoints(tmp_path / "three").save(1, arrays(2))
    assert one.read_bytes() != other.read_bytes()


def test_the_newest_three_are_kept(checkpoints):
    for step in (1, 20, 3, 100, 50):
        checkpoints.save(step, ARRAYS)
    assert checkpoints.steps == [20, 50, 100]
    assert len(list(checkpoints.folder.iterdir())) == 6


def test_number_kept_is_a_choice(tmp_path):
    checkpoints = zoo.training.Checkpoints(tmp_path, keep=1)
    for step in (1, 2):
        checkpoints.save(step, ARRAYS)
    assert checkpoints.steps == [2]
    with pytest.raises(ValueError, match="`keep` must be at least 1. Received: `keep=0`"):
        zoo.training.Checkpoints(tmp_path, keep=0)


def test_steps_beyond_eight_digits_stay_in_order(checkpoints):
    for step in (99_999_999, 100_000_000):
        checkpoints.save(step, arrays(step % 7))
    assert checkpoints.load()[0] == 100_000_000


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="needs the command sha256sum")
def test_checksum_file_is_that_of_sha256sum(checkpoints):
    path = checkpoints.save(5, ARRAYS)
    command = ["sha256sum", "--check", path.name + ".sha256"]
    assert subprocess.run(command, cwd=checkpoints.folder, check=True, capture_output=True, text=True).stdout == (
        f"{path.name}: OK\n"
    )


# === Damage ===


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def empty(path):
    path.write_bytes(b"")


def flip(position):
    def damage(path):
        content = bytearray(path.read_bytes())
        content[int(position * (len(content) - 1))] ^= 0x10
        path.write_bytes(content)

    return damage


def damage_checksum(path):
    empty(path.with_name(path.name + ".sha256"))


@pytest.mark.parametrize(
    "damage", [truncate, empty, damage_checksum, *(flip(position) for position in (0.0, 0.013, 0.3, 0.5, 0.77, 1.0))]
)
def test_damaged_last_one_falls_back_to_the_one_before(checkpoints, capsys, damage):
    for step in (1, 2, 3):
        checkpoints.save(step, arrays(step))
    damage(checkpoints.path(3))
    step, loaded = checkpoints.load()
    assert step == 2
    same(loaded, arrays(2))
    message = capsys.readouterr().out
    assert f"Checkpoint {checkpoints.path(3)} is damaged" in message
    assert "trying the one before" in message
    assert checkpoints.path(3).with_name("step_00000003.npz.corrupt").exists()


def test_rotation_does_not_count_the_damaged_one(checkpoints):
    checkpoints.save(10, arrays(1))
    checkpoints.save(20, arrays(2))
    truncate(checkpoints.path(20))
    assert checkpoints.load()[0] == 10
    for step in (11, 12, 13):
        checkpoints.save(step, ARRAYS)
    assert checkpoints.steps == [11, 12, 13]


def test_all_damaged_is_an_error_that_stays_one(checkpoints):
    for step in (1, 2):
        checkpoints.save(step, ARRAYS)
        truncate(checkpoints.path(step))
    for _ in range(2):  # The second start must not quietly begin anew either.
        with pytest.raises(
            ValueError, match=r"All checkpoints in .* are damaged .*step_00000001.npz.corrupt, step_0000"
        ):
            checkpoints.load()


@pytest.mark.parametrize("leftover", ["step_00000009.npz", "step_00000009.npz.tmp", "step_00000009.npz.sha256.tmp"])
def test_unfinished_one_does_not_count_and_is_cleaned(checkpoints, leftover):
    checkpoints.save(1, ARRAYS)
    (checkpoints.folder / leftover).write_bytes(b"PK half of it")
    assert checkpoints.load()[0] == 1
    checkpoints.clean()
    assert not (checkpoints.folder / leftover).exists()
    assert checkpoints.load()[0] == 1


# === A disk that does not take it ===


def intact(checkpoints):
    step, loaded = checkpoints.load()
    same(loaded, arrays(step))
    assert not list(checkpoints.folder.glob("*.tmp"))
    return step


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("suffix", [".tmp", ".sha256.tmp"])
def test_full_disk_is_a_clear_error_and_leaves_the_last_one(checkpoints, suffix):
    checkpoints.save(1, arrays(1))
    path = checkpoints.path(2)
    path.with_name(path.name + suffix).symlink_to("/dev/full")  # The kernel answers as a full disk does.
    with pytest.raises(
        OSError, match=r"the disk is full .* Make room and run the same .* of step 1 is intact"
    ) as error:
        checkpoints.save(2, arrays(2))
    assert error.value.errno == errno.ENOSPC
    assert str(checkpoints.folder) in str(error.value)
    assert intact(checkpoints) == 1
    checkpoints.save(2, arrays(2))
    assert intact(checkpoints) == 2


def test_write_that_stops_half_way_leaves_the_last_one(checkpoints):
    checkpoints.save(1, arrays(1))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, hard))
    try:
        with pytest.raises(OSError, match="File too large. Remove the cause and run the same command again"):
            checkpoints.save(2, arrays(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert intact(checkpoints) == 1


def test_first_checkpoint_that_fails_says_that_there_is_no_other(checkpoints, monkeypatch):
    def full(file, **arrays):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="the disk is full .* there is no earlier one"):
        checkpoints.save(1, ARRAYS)


def read_only(folder):
    """A folder that even root cannot write to, or a reason to skip."""
    folder.mkdir()
    if os.geteuid() != 0:
        folder.chmod(0o500)
    elif subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("root may write everywhere here, and cannot mount")
    return folder


def test_read_only_folder_is_a_clear_error(tmp_path):
    folder = read_only(tmp_path / "read_only")
    try:
        with pytest.raises(OSError, match="the folder cannot be written .* Make it writable and run the same command"):
            zoo.training.Checkpoints(folder / "checkpoints").save(1, ARRAYS)
        with pytest.raises(OSError, match="the folder cannot be written"):
            zoo.training.Run(zoo.training.Config(run_dir=str(folder / "run"))).__enter__()
    finally:
        if os.geteuid() == 0:
            subprocess.run(["umount", folder], check=True)


def test_full_tmpfs(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("cannot mount a small disk here")
    try:
        checkpoints = zoo.training.Checkpoints(folder / "checkpoints")
        checkpoints.save(1, {"x": np.zeros(5000, "float32")})
        with pytest.raises(OSError, match=r"the disk is full \(0.0 MB free\)"):
            checkpoints.save(2, {"x": np.zeros(50_000, "float32")})
        assert checkpoints.load()[0] == 1
    finally:
        subprocess.run(["umount", folder], check=True)


def test_reading_needs_no_tensorflow(checkpoints):
    path = checkpoints.save(1, ARRAYS)
    code = f"import numpy; print(numpy.load({str(path)!r})['model/0001/step'])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "7\n"
