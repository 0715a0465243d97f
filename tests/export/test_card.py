"""Parts of the model card."""

import dataclasses
import pathlib

import numpy as np
import pytest

from tfgan_zoo.export import card


@dataclasses.dataclass(frozen=True)
class Config:
    steps: int = 3
    folder: pathlib.Path = pathlib.Path("runs/x")


def test_dataclasses_and_numbers_of_numpy_become_plain():
    assert card.plain("config", Config()) == {"steps": 3, "folder": "runs/x"}
    assert card.plain("scores", {"a": np.float32(0.5), "b": {"c": (np.int64(2), None)}}) == {
        "a": 0.5,
        "b": {"c": [2, None]},
    }
    assert card.plain("config", None) is None


@pytest.mark.parametrize("value", [[1], "text", Config])
def test_other_types_are_refused(value):
    with pytest.raises(TypeError, match=r"`config` must be a dict, a dataclass instance or None\. Received: `config="):
        card.plain("config", value)


@pytest.mark.parametrize("value", [float("inf"), np.float32("nan")])
def test_numbers_that_json_lacks_are_refused(value):
    with pytest.raises(ValueError, match=r"`scores` must hold finite numbers only\. Received: `scores={'fid':"):
        card.plain("scores", {"fid": value})


def test_time_can_be_set_from_outside(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert card.created() == "1970-01-02T00:00:00Z"


def test_files_have_sizes_and_sums(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "abc").write_bytes(b"abc")
    # The first example of FIPS 180-2, appendix B.1.
    sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert card.files(tmp_path) == {"folder/abc": {"bytes": 3, "sha256": sha256}}


@pytest.mark.parametrize(
    ("shape", "words"),
    [((64, 48, 3), "new 48x64 RGB images"), ((8, 8, 1), "new 8x8 grey images"), ((2,), "new samples that")],
)
def test_intended_use_is_a_sentence(shape, words):
    sentence = card.intended_use(shape)
    assert words in sentence
    assert sentence.endswith(".") and sentence.count(". ") == 0
