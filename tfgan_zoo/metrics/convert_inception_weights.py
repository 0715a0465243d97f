"""Convert the published PyTorch weights of the FID network to an `.npz`, which needs no unpickler.

    python -m tfgan_zoo.metrics.convert_inception_weights pt_inception-2015-12-05-6726825d.pth inception.npz

The file is published by pytorch-fid (see `inception.URL`); pass its path to use it without converting.
"""

import argparse

from tfgan_zoo.metrics import inception, torch_weights


def main(arguments=None):
    """Read, check against the network, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("source", help="the published .pth")
    parser.add_argument("target", help="the .npz to write")
    options = parser.parse_args(arguments)
    if not options.target.endswith(".npz"):
        parser.error(f"`target` should end in .npz. Received: {options.target}")
    state = torch_weights.read(options.source)
    model = inception.network(classes=len(state["fc.weight"]))
    inception.assign(model, dict(state))
    torch_weights.save_npz(options.target, state)
    print(f"{options.target}: {model.count_params():,} weights, {len(state)} tensors")


if __name__ == "__main__":
    main()
