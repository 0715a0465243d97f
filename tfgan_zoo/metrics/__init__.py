"""Distances, scores and checks of generated images: the maths apart from the feature extraction.

Every function takes arrays and returns floats or small named tuples. Features come from `features.extract`
with `features.digits()`, `features.inception(weights)` or any model or callable of the user's own.
"""

from tfgan_zoo.metrics import features
from tfgan_zoo.metrics.classification import ClassifierSummary, class_agreement, classifier_summary
from tfgan_zoo.metrics.features import Features, as_extractor, extract, extract_moments
from tfgan_zoo.metrics.frechet import Moments, frechet_distance, gaussian_frechet_distance
from tfgan_zoo.metrics.gam import Battle, gam_battle
from tfgan_zoo.metrics.inception_score import InceptionScore, inception_score
from tfgan_zoo.metrics.kernel import KernelDistance, kernel_discrepancy, kernel_distance
from tfgan_zoo.metrics.memorization import Memorization, memorization
from tfgan_zoo.metrics.modes import (
    LabelModes,
    MixtureModes,
    grid_centres,
    label_modes,
    mixture_modes,
    mixture_samples,
    ring_centres,
    stacked_labels,
    stacked_modes,
)
from tfgan_zoo.metrics.ms_ssim import Diversity, ms_ssim_diversity
from tfgan_zoo.metrics.parzen import LogLikelihood, parzen_log_likelihood
from tfgan_zoo.metrics.path_length import PathLength, perceptual_path_length
from tfgan_zoo.metrics.precision_recall import (
    PRDC,
    DensityCoverage,
    PrecisionRecall,
    density_coverage,
    prdc,
    precision_recall,
)
from tfgan_zoo.metrics.reference import fingerprint, reference_features, reference_moments
from tfgan_zoo.metrics.restoration import CMP_FACADE_COLOURS, label_accuracy, nearest_labels, restoration
from tfgan_zoo.metrics.scores import scores
from tfgan_zoo.metrics.sliced_wasserstein import sliced_wasserstein, sliced_wasserstein_scores
from tfgan_zoo.metrics.two_sample import LogisticTest, NeighborTest, logistic_test, nearest_neighbor_test

__all__ = [
    "CMP_FACADE_COLOURS",
    "PRDC",
    "Battle",
    "ClassifierSummary",
    "DensityCoverage",
    "Diversity",
    "Features",
    "InceptionScore",
    "KernelDistance",
    "LabelModes",
    "LogLikelihood",
    "LogisticTest",
    "Memorization",
    "MixtureModes",
    "Moments",
    "NeighborTest",
    "PathLength",
    "PrecisionRecall",
    "as_extractor",
    "class_agreement",
    "classifier_summary",
    "density_coverage",
    "extract",
    "extract_moments",
    "features",
    "fingerprint",
    "frechet_distance",
    "gam_battle",
    "gaussian_frechet_distance",
    "grid_centres",
    "inception_score",
    "kernel_discrepancy",
    "kernel_distance",
    "label_accuracy",
    "label_modes",
    "logistic_test",
    "memorization",
    "mixture_modes",
    "mixture_samples",
    "ms_ssim_diversity",
    "nearest_labels",
    "nearest_neighbor_test",
    "parzen_log_likelihood",
    "perceptual_path_length",
    "prdc",
    "precision_recall",
    "reference_features",
    "reference_moments",
    "restoration",
    "ring_centres",
    "scores",
    "sliced_wasserstein",
    "sliced_wasserstein_scores",
    "stacked_labels",
    "stacked_modes",
]
