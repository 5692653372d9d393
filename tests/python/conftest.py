"""What the tests share. The package under test is the one installed: scripts/test_python.sh makes the environments."""

import os
import pathlib

import numpy as np
import pytest

import poise

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def digits():
    """1,347 handwritten digits: X of uint8 with 64 columns, y."""
    data = poise.read("digits")
    return data.features, np.asarray(data.labels)


@pytest.fixture(scope="session")
def tool():
    """The command-line tool of the same sources."""
    path = pathlib.Path(os.environ.get("POISE_TOOL", ROOT / "build/release/bin/poise"))
    if not path.exists():
        pytest.skip(f"the tool is not built: {path}")
    return str(path)


def table(rows=300, features=6, classes=3, seed=0):
    """Rows that are neither separable nor without structure."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows, features)) * np.linspace(0.5, 2, features) + np.linspace(-1, 3, features)
    scores = X @ random.normal(size=(features, classes)) * 0.7 + 2 * random.gumbel(size=(rows, classes))
    return X, scores.argmax(axis=1)


def assert_many_checks(request, estimators):
    """That scikit-learn has collected more than 40 checks of each estimator."""
    names = [item.name for item in request.session.items if item.name.startswith("test_scikit_learns_checks[")]
    if not names:
        pytest.skip("the checks were not asked for")
    for estimator in estimators:
        assert sum(f"[{type(estimator).__name__}(" in name for name in names) > 40, names
