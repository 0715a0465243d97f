"""A version appears whole or not at all."""

import os

import pytest

from tfgan_zoo.export import staging


def names(folder):
    return sorted(child.name for child in folder.iterdir())


def write(path, version, text):
    with staging.staged(path, version) as stage:
        (stage / "model").write_text(text)


def test_a_version_appears_at_the_end(tmp_path):
    path = tmp_path / "new" / "model"
    with staging.staged(path, 3) as stage:
        (stage / "model").write_text("whole")
        (hidden,) = names(path)
        # TensorFlow Serving loads whatever has a number for a name.
        assert hidden.startswith(".3.") and not hidden.isdigit()
    assert names(path) == ["3"]
    assert (path / "3" / "model").read_text() == "whole"


def test_a_failure_leaves_no_folder_that_was_not_there(tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(KeyboardInterrupt), staging.staged(tmp_path / "there" / "new" / "model", 1) as stage:
        (stage / "half").write_text("half")
        raise KeyboardInterrupt
    assert names(tmp_path) == ["there"]
    assert names(tmp_path / "there") == []


def test_a_failure_leaves_other_versions_alone(tmp_path):
    write(tmp_path, 1, "old")
    with pytest.raises(RuntimeError), staging.staged(tmp_path, 2):
        raise RuntimeError
    assert names(tmp_path) == ["1"]


def test_an_overwritten_version_is_replaced_whole(tmp_path):
    write(tmp_path, 1, "old")
    (tmp_path / "1" / "extra").write_text("gone")
    write(tmp_path, 1, "new")
    assert names(tmp_path) == ["1"]
    assert names(tmp_path / "1") == ["model"]
    assert (tmp_path / "1" / "model").read_text() == "new"


def test_a_failure_while_overwriting_keeps_the_old_version(tmp_path):
    write(tmp_path, 1, "old")
    with pytest.raises(RuntimeError), staging.staged(tmp_path, 1):
        raise RuntimeError
    assert (tmp_path / "1" / "model").read_text() == "old"


def test_a_failed_move_puts_the_old_version_back(tmp_path, monkeypatch):
    write(tmp_path, 1, "old")
    real, calls = os.replace, []

    def fail_second(source, target):
        calls.append(target)
        if len(calls) == 2:
            raise OSError("disk gone")
        real(source, target)

    monkeypatch.setattr(os, "replace", fail_second)
    with pytest.raises(OSError, match="disk gone"):
        write(tmp_path, 1, "new")
    assert names(tmp_path) == ["1"]
    assert (tmp_path / "1" / "model").read_text() == "old"


def test_a_file_in_the_place_of_a_version_is_replaced(tmp_path):
    (tmp_path / "1").write_text("no folder")
    write(tmp_path, 1, "new")
    assert names(tmp_path) == ["1"]


@pytest.mark.parametrize(("held", "free"), [([], 1), (["1"], 2), (["2", "10", "notes", ".3.part"], 11)])
def test_next_version_is_above_all(tmp_path, held, free):
    for name in held:
        (tmp_path / name).mkdir()
    assert staging.next_version(tmp_path) == free


def test_permissions_are_those_of_any_new_folder(tmp_path):
    write(tmp_path, 1, "model")
    (tmp_path / "other").mkdir()
    assert (tmp_path / "1").stat().st_mode == (tmp_path / "other").stat().st_mode
