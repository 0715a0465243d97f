"""Leaving the zoo: SavedModel for TensorFlow Serving, TFLite for phones, a card; each file compared first."""

from tfgan_zoo.export.classifier import classifier
from tfgan_zoo.export.exporter import Export, generator
from tfgan_zoo.export.opened_classifier import ExportedClassifier
from tfgan_zoo.export.opened_translator import ExportedTranslator
from tfgan_zoo.export.opening import ExportedGenerator, open
from tfgan_zoo.export.translator import translator
from tfgan_zoo.export.verification import ExportError

__all__ = [
    "Export",
    "ExportError",
    "ExportedClassifier",
    "ExportedGenerator",
    "ExportedTranslator",
    "classifier",
    "generator",
    "open",
    "translator",
]
