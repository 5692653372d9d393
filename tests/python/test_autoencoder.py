"""The transformer that reconstructs: scikit-learn's rules, and the components that linear algebra knows."""

import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import poise
from conftest import assert_many_checks
from poise import Autoencoder, SoftmaxClassifier


def stochastic(estimator):
    return {"check_sample_weight_equivalence_on_dense_data": "batches of weighted rows are not those of repeated ones"}


@parametrize_with_checks([Autoencoder()], expected_failed_checks=stochastic)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_scikit_learns_checks_are_many(request):
    assert_many_checks(request, [Autoencoder()])


def plane(rows=400):
    """Three columns near a plane, of different units."""
    random = np.random.default_rng(0)
    return random.normal(size=(rows, 2)) @ [[2.0, 0.1, 30.0], [1.0, -0.3, 5.0]] + 0.1 * random.normal(size=(rows, 3))


def test_a_linear_one_comes_near_the_principal_components():
    X = plane()
    net = Autoencoder((2,), activation="identity", epochs=200, validation_fraction=0).fit(X)
    scaled = StandardScaler().fit_transform(X)
    best = PCA(2).fit(scaled).explained_variance_ratio_.sum()
    assert best - 0.01 < net.score(X) <= best + 1e-6


@pytest.mark.parametrize("activation", ["identity", "relu", "tanh", "sigmoid"])
def test_codes_give_the_features_again(activation):
    X = plane()
    net = Autoencoder((5, 2, 4), activation=activation, epochs=3, validation_fraction=0).fit(X)
    codes = net.transform(X)
    assert codes.shape == (400, 2) and net.n_components_ == 2
    np.testing.assert_allclose(net.inverse_transform(codes), net.reconstruct(X), atol=1e-9)
    assert net.get_feature_names_out().tolist() == ["autoencoder0", "autoencoder1"]
    variance = X.var(axis=0)
    error = ((net.reconstruct(X) - X) ** 2).mean(axis=0) / variance
    assert net.score(X) == pytest.approx(1 - error.mean(), abs=1e-6)
    with pytest.raises(ValueError, match="3 columns"):
        net.inverse_transform(X)


def test_pixels_are_within_their_unit(digits):
    X, _ = digits
    net = Autoencoder((8,), loss="binary-cross-entropy", scale="none", epochs=5).fit(X / 16)
    again = net.reconstruct(X / 16)
    assert again.min() >= 0 and again.max() <= 1
    np.testing.assert_allclose(net.inverse_transform(net.transform(X / 16)), again, atol=1e-9)


def test_files_and_pickles_hold_it(tmp_path):
    X = plane()
    net = Autoencoder((2,), epochs=3).fit(X)
    net.save(tmp_path / "model.onnx")
    for again in (pickle.loads(pickle.dumps(net)), Autoencoder.load(tmp_path / "model.onnx")):
        assert (again.transform(X) == net.transform(X)).all()
        assert (again.reconstruct(X) == net.reconstruct(X)).all()
    SoftmaxClassifier().fit(X, X[:, 0] > 0).save(tmp_path / "classes.onnx")
    with pytest.raises(poise.PoiseError, match="classifier"):
        Autoencoder.load(tmp_path / "classes.onnx")
    with pytest.raises(NotFittedError):
        Autoencoder().transform(X)


def test_it_works_in_pipelines_and_searches(digits):
    X, y = digits
    chain = make_pipeline(Autoencoder((16,), epochs=10), SoftmaxClassifier()).fit(X, y)
    assert chain.score(X, y) > 0.8
    search = GridSearchCV(Autoencoder(epochs=5), {"hidden_layer_sizes": [(1,), (16,)]}, cv=2).fit(X)
    assert search.best_params_ == {"hidden_layer_sizes": (16,)}
    assert (clone(chain[0]).fit(X).transform(X) == chain[0].transform(X)).all()


def test_weights_are_shares_of_the_loss():
    X = plane()
    wild = np.arange(400) % 2 == 0
    mixed = np.where(wild[:, None], 10 * np.random.default_rng(1).normal(size=X.shape), X)
    net = Autoencoder((2,), activation="identity", epochs=50)
    weighted = clone(net).fit(mixed, sample_weight=np.where(wild, 1e-9, 1))
    assert weighted.score(mixed, sample_weight=np.where(wild, 0, 1)) > 0.95


def test_frames_keep_their_names():
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(plane(), columns=list("abc")).assign(d=["u", "v"] * 200)
    net = Autoencoder((3,), epochs=3).fit(X)
    assert net.feature_names_in_.tolist() == list("abcd")
    assert net.reconstruct(X).shape == (400, 5)
    assert net.set_output(transform="pandas").transform(X).columns.tolist() == [f"autoencoder{k}" for k in range(3)]
