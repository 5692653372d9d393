"""Poise trains feed-forward classifiers to equilibrium, and proves how close they got.

>>> import poise
>>> poise.train("digits").status
'certified'

The estimators ``SoftmaxClassifier``, ``SoftmaxClassifierCV`` and ``NetworkClassifier`` need scikit-learn, which is
imported with the first use of their names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._poise import __version__
from .data import Dataset, dataset, read
from .errors import PoiseError
from .model import Certificate, Inference, Model, certify, load
from .report import Report, report
from .training import Training, train

if TYPE_CHECKING:
    from .estimators import NetworkClassifier, SoftmaxClassifier
    from .selection import SoftmaxClassifierCV

__all__ = [
    "Certificate",
    "Dataset",
    "Inference",
    "Model",
    "NetworkClassifier",
    "PoiseError",
    "Report",
    "SoftmaxClassifier",
    "SoftmaxClassifierCV",
    "Training",
    "__version__",
    "certify",
    "dataset",
    "load",
    "read",
    "report",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in ("SoftmaxClassifier", "SoftmaxClassifierCV", "NetworkClassifier"):
        raise AttributeError(f"module 'poise' has no attribute '{name}'")
    from . import estimators, selection

    return getattr(selection if name == "SoftmaxClassifierCV" else estimators, name)


def __dir__() -> list[str]:
    return __all__
