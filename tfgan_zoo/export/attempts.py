"""TFLite files of an export: each kind made in one way after another, until one does what the trained model does."""

import math

from tfgan_zoo.export import lite, verification


def write_and_verify(stage, name, kinds, write_source, expected, *, work, representative=None, batch_size, scale=1.0):
    """Writes TFLite files beside a SavedModel and compares all of them with the trained model.

    A kind whose file is beyond its bound is made again in its next way, see `lite.ways`, and compared again. Its
    figures tell the `way`, and which ways it is there `instead_of`, each with the figure that was beyond the bound.

    Args:
        stage: folder of the SavedModel; the files are written as `<name>_<kind>.tflite` into it.
        name: str.
        kinds: any of `lite.KINDS`.
        write_source: function that writes the SavedModel which files are converted from into a given folder.
        expected: dict from signature to {input or "images": array}.
        work: folder for the files that go to and from the comparing process; what the `png` signature gave is left in
            it as `levels.npy`.
        representative: as for `lite.ways`.
        batch_size: rows to run at once.
        scale: as for `verification.judge`.

    Returns:
        dict of parity figures for the card.

    Raises:
        ExportError: if a file cannot be made, or if a difference is beyond its bound and no way is left.
    """
    paths = {kind: stage / f"{name}_{kind}.tflite" for kind in kinds}
    source = work / "for_lite"
    if kinds:
        write_source(source)
    ways = {kind: lite.ways(source, kind, representative) for kind in kinds}
    options = {"work": work, "levels": work / "levels.npy", "batch_size": batch_size}
    made = _write_next(ways, paths)
    report = verification.compare(stage, paths, expected, **options)
    figures = report["tflite"] = {kind: {**report["tflite"][kind], "way": made[kind]} for kind in kinds}
    expected = {"serving_default": expected["serving_default"]}
    while made := _write_next({kind: ways[kind] for kind in kinds if _is_beyond(kind, figures, scale)}, paths):
        again = verification.compare(None, {kind: paths[kind] for kind in made}, expected, **options)["tflite"]
        for kind, way in made.items():
            figures[kind] = {**again[kind], "way": way, "instead_of": _rejected(kind, figures[kind])}
    return verification.judge(report, scale)


def _write_next(ways, paths):
    """Writes the next file of every kind that has one more; dict from kind to the name of the way."""
    made = {}
    for kind, left in ways.items():
        for way, content in left:
            paths[kind].write_bytes(content)
            made[kind] = way
            break
    return made


def _is_beyond(kind, figures, scale):
    return not verification.holds(kind, figures[kind], scale)


def _rejected(kind, figures):
    """The ways that were beyond the bound, with their figures."""
    figure, _ = verification.BOUNDS[kind]
    value = figures[figure]
    # JSON has no numbers that are not finite.
    return {**figures.get("instead_of", {}), figures["way"]: value if math.isfinite(value) else None}
