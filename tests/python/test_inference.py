"""The uncertainty of weights is that of statsmodels, and is refused where there is none."""

import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn")

import poise
from conftest import table
from poise import PoiseError, SoftmaxClassifier, SoftmaxClassifierCV


def fitted(X, y, **fit):
    return SoftmaxClassifier(l2=0, scale="none").fit(X, y, **fit)


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("offset", [0, 1000])
def test_standard_errors_are_those_of_mnlogit(classes, offset):
    sm = pytest.importorskip("statsmodels.api")
    X, y = table(rows=600, features=4, classes=classes, seed=3)
    found = fitted(X + offset, y).inference(X + offset, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = sm.MNLogit(y, sm.add_constant(X)).fit(method="newton", tol=1e-14, maxiter=100, disp=0)
    params, errors = theirs.params.T, theirs.bse.T  # the constant first
    np.testing.assert_allclose(found.estimate[:, :-1], params[:, 1:], atol=1e-6)
    np.testing.assert_allclose(found.standard_error[:, :-1], errors[:, 1:], atol=1e-6)
    np.testing.assert_allclose(found.p_value[:, :-1], theirs.pvalues.T[:, 1:], atol=1e-6)
    if offset:
        return
    np.testing.assert_allclose(found.estimate[:, -1], params[:, 0], atol=1e-6)
    np.testing.assert_allclose(found.standard_error[:, -1], errors[:, 0], atol=1e-6)
    order = np.concatenate([np.r_[1 : X.shape[1] + 1, 0] + a * (X.shape[1] + 1) for a in range(classes - 1)])
    np.testing.assert_allclose(found.covariance, theirs.cov_params()[np.ix_(order, order)], atol=1e-6)
    interval = theirs.conf_int(0.05)[:, 1:]
    np.testing.assert_allclose(found.low[:, :-1], interval[..., 0].reshape(classes - 1, -1), atol=1e-6)


def test_the_sandwich_is_that_of_logit():
    sm = pytest.importorskip("statsmodels.api")
    X, y = table(rows=500, features=3, classes=2, seed=5)
    found = fitted(X, y).inference(X, y, variance="sandwich")
    theirs = sm.Logit(y, sm.add_constant(X)).fit(method="newton", tol=1e-14, disp=0, cov_type="HC0")
    np.testing.assert_allclose(found.standard_error[0], np.roll(theirs.bse, -1), atol=1e-6)


def test_the_sandwich_of_more_classes_is_that_of_the_scores():
    sm = pytest.importorskip("statsmodels.api")
    X, y = table(rows=500, features=3, classes=3, seed=6)
    found = fitted(X, y).inference(X, y, variance="sandwich")
    model = sm.MNLogit(y, np.column_stack([X, np.ones(len(X))]))
    theirs = model.fit(method="newton", tol=1e-14, disp=0)
    params = theirs.params.to_numpy() if hasattr(theirs.params, "to_numpy") else theirs.params
    scores = model.score_obs(params.ravel("F"))
    bread = theirs.cov_params()
    expected = bread @ (scores.T @ scores) @ bread
    np.testing.assert_allclose(found.covariance, expected, atol=1e-6)


@pytest.mark.parametrize("variance", ["hessian", "sandwich"])
def test_weights_count_rows(variance):
    X, y = table(rows=200, features=3, classes=3, seed=7)
    weight = np.random.default_rng(1).integers(1, 4, size=len(y))
    once = fitted(X, y, sample_weight=weight).inference(X, y, weight, variance=variance)
    X2, y2 = np.repeat(X, weight, axis=0), np.repeat(y, weight)
    repeated = fitted(X2, y2).inference(X2, y2, variance=variance)
    assert once.rows == repeated.rows == weight.sum()
    np.testing.assert_allclose(once.covariance, repeated.covariance, rtol=1e-6, atol=1e-10)


def test_two_classes_have_the_row_of_coef_():
    X, y = table(rows=300, features=3, classes=2)
    clf = SoftmaxClassifier(l2=0, tolerance=1e-13).fit(X, np.array(["no", "yes"])[y])
    found = clf.inference(X, np.array(["no", "yes"])[y])
    np.testing.assert_allclose(found.estimate, np.column_stack([clf.coef_, clf.intercept_]), atol=1e-5)
    assert (found.classes, found.reference, found.feature_names[-1]) == (["yes"], "no", "(bias)")
    other = clf.inference(X, np.array(["no", "yes"])[y], reference="yes", level=0.5)
    np.testing.assert_allclose(other.estimate, -found.estimate)
    assert (other.high - other.low < found.high - found.low).all()
    assert len(found.table()) == 4 and "against no" in repr(found)


def test_a_penalty_is_said_and_narrows():
    X, y = table(rows=150, features=5)
    weak = SoftmaxClassifier(l2=0).fit(X, y).inference(X, y)
    strong = SoftmaxClassifier(l2=0.1).fit(X, y).inference(X, y)
    assert (strong.standard_error[:, :-1] < weak.standard_error[:, :-1]).all()
    assert "draw" in strong.meaning and "penalty" not in weak.meaning


def refused(call):
    with pytest.raises(PoiseError) as caught:
        call()
    return caught.value


def test_it_is_refused_with_the_features_named(tmp_path):
    X, y = table(rows=100, features=2, classes=2)
    apart = (X[:, 0] > np.median(X[:, 0])).astype(int)
    error = refused(lambda: fitted(X, apart).inference(X, apart))
    assert error.code == "inference.no_minimizer" and "column 0" in str(error)
    twice = np.column_stack([X, X[:, 0] + 2 * X[:, 1].round()]).round(2)
    twice[:, 2] = twice[:, 0] * 2  # exact
    error = refused(lambda: fitted(twice, y).inference(twice, y))
    assert error.code == "inference.singular"
    clf = fitted(X, y)
    assert refused(lambda: clf.inference(X[:50], y[:50])).code == "inference.other_rows"
    assert refused(lambda: clf.inference(X, y + 7)).code == "usage.inference"
    assert refused(lambda: clf.inference(X, y, level=2.0)).kind == "usage"
    with pytest.raises(PoiseError):
        poise.train("digits", hidden=[4], epochs=1).model.inference("digits")


def test_a_file_and_the_estimator_that_chooses_have_it_too():
    X, y = table(rows=120, features=3)
    assert SoftmaxClassifierCV().fit(X, y).inference(X, y).l2 > 0
    assert poise.train("digits").model.inference("digits").covariance.shape == (585, 585)
