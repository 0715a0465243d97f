"""Installation of tfgan_zoo: `pip install .` for use, `pip install -e ".[test]"` to run the tests."""

import pathlib
import re

import setuptools

HERE = pathlib.Path(__file__).parent
VERSION = re.search(r'__version__ = "([^"]+)"', (HERE / "tfgan_zoo" / "__init__.py").read_text()).group(1)

setuptools.setup(
    name="tfgan_zoo",
    version=VERSION,
    description="Generative adversarial networks for TensorFlow and Keras 3: train with fit, measure, export.",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11,<3.14",
    packages=setuptools.find_packages(include=["tfgan_zoo", "tfgan_zoo.*"]),
    package_data={"tfgan_zoo": ["**/*.npz", "**/*.json"]},
    install_requires=[
        "tensorflow>=2.20",
        "keras>=3.12",
        "tensorflow-datasets>=4.9.8",
        "ai-edge-litert>=2.0",
        "scikit-learn>=1.5",
        "scipy>=1.13",
        "pillow>=11",
        "matplotlib>=3.9",
        "numpy>=2.0",
        "psutil>=5.9",
        "tensorboard>=2.19",
        "tqdm>=4.57",
        # tensorflow-datasets imports it to build a set, and declares it for Python 3.8 only.
        "importlib_resources",
    ],
    extras_require={
        "gpu": ["tensorflow[and-cuda]>=2.20"],
        "test": ["pytest>=8", "pytest-xdist>=3.6", "pyyaml>=6", "ruff>=0.9"],
    },
    classifiers=[
        "License :: OSI Approved :: Apache Software License",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
    ],
)
