"""Models whose target is their input, from a file made by hand (tests/cli/inputs.py), so that the answers are known."""

import pickle
import sys

import numpy as np
import pytest

import poise
from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "cli"))
import inputs

X = np.array([[0.0, 0.0], [2.0, 4.0], [4.0, 2.0], [6.0, 6.0]])


@pytest.fixture
def mean():
    """x and y become their mean, which is the code."""
    layers = [
        {"weights": [[0.5, 0.5]], "bias": [0.0], "activation": "identity"},
        {"weights": [[1.0], [1.0]], "bias": [0.0, 0.0]},
    ]
    return poise.Model.from_bytes(inputs.network(["x", "y"], layers, head="linear", metadata={"feature_units": "1 2"}))


def test_reconstruction_and_code(mean):
    assert mean.reconstruct(X).tolist() == [[0, 0], [3, 3], [3, 3], [6, 6]]
    assert mean.hidden_states(X, 1).tolist() == [[0], [3], [3], [6]]
    assert mean.classes == []
    assert mean.feature_names == ["x", "y"]


def test_evaluation_needs_no_labels(mean):
    found = mean.evaluate(X)
    assert found["explained_variance"] == pytest.approx(0.9)
    assert found["mean_squared_error"] == pytest.approx(0.3125)
    assert [one["feature"] for one in found["features"]] == ["x", "y"]
    weighted = mean.evaluate(X, sample_weight=[1, 2, 0, 1])
    assert weighted["variance"] == pytest.approx(2.96875)


def test_a_file_is_read_as_the_model_says(mean, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("label,y,x\na,4,2\n")
    assert mean.reconstruct(path).tolist() == [[3, 3]]
    assert mean.evaluate(path)["rows"] == 1


def test_pickle_keeps_it(mean):
    assert pickle.loads(pickle.dumps(mean)).reconstruct(X).tolist() == mean.reconstruct(X).tolist()


def test_what_is_of_classes_is_refused(mean):
    for method in (mean.predict, mean.predict_proba, mean.scores, mean.certify):
        with pytest.raises(poise.PoiseError, match="reconstructs features"):
            method(X)
    with pytest.raises(poise.PoiseError, match="hidden layer 2"):
        mean.hidden_states(X, 2)


def test_a_classifier_has_hidden_states_and_no_reconstruction():
    run = poise.train("digits", hidden=[5], epochs=1, activation="relu", measure=False)
    rows = poise.read("digits:test")
    states = run.model.hidden_states(rows, 1)
    weights, bias, _ = run.model.layers[0]
    by_hand = np.maximum((np.asarray(rows.features, float) - run.model.center) @ weights.T + bias, 0)
    np.testing.assert_allclose(states, by_hand, atol=1e-12)
    with pytest.raises(poise.PoiseError, match="this is a classifier"):
        run.model.reconstruct(rows)
