"""The estimators keep scikit-learn's rules, and find the optimum that it finds, only exactly."""

import os
import pickle
import subprocess
import sys
import textwrap
import warnings

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")
sparse = pytest.importorskip("scipy.sparse")

from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from conftest import assert_many_checks, table
from poise import NetworkClassifier, PoiseError, SoftmaxClassifier

ESTIMATORS = [SoftmaxClassifier(), NetworkClassifier()]


def stochastic(estimator):
    """A row of weight 2 is in one batch, and two rows may be in two; a test below is about full batches."""
    if not isinstance(estimator, NetworkClassifier):
        return {}
    return {
        f"check_sample_weight_equivalence_on_{form}_data": "batches of weighted rows are not those of repeated ones"
        for form in ("dense", "sparse")
    }


@parametrize_with_checks(ESTIMATORS, expected_failed_checks=stochastic)
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def test_scikit_learns_checks_are_many(request):
    """A battery may be green because it is empty."""
    assert_many_checks(request, ESTIMATORS)


SETS = {
    "three classes": {},
    "two classes": {"classes": 2},
    "many classes": {"classes": 7, "rows": 600},
    "wide": {"features": 40, "rows": 150},
    "two classes, wide": {"classes": 2, "features": 30, "rows": 120},
    "four classes, long": {"classes": 4, "rows": 3000},
}


@pytest.mark.parametrize("C", [1.0, 0.05])
@pytest.mark.parametrize("form", ["float64", "float32", "csr"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", SETS)
def test_the_optimum_is_that_of_logistic_regression(name, weighted, form, C):
    X, y = table(**SETS[name])
    X = X.astype(np.float32).astype(np.float64)
    weight = np.random.default_rng(1).integers(0, 4, size=len(y)) / 2 if weighted else None
    given = {"float64": X, "float32": X.astype(np.float32), "csr": sparse.csr_array(X)}[form]
    ours = SoftmaxClassifier(C=C, tolerance=1e-14).fit(given, y, sample_weight=weight)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of a line search that has come to the end of float64
        theirs = LogisticRegression(C=C, solver="newton-cg", tol=1e-10, max_iter=10_000).fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)
    shift = (ours.intercept_ - theirs.intercept_).mean() if len(ours.classes_) > 2 else 0  # in no probability
    np.testing.assert_allclose(ours.intercept_ - shift, theirs.intercept_, atol=1e-5)
    np.testing.assert_allclose(ours.predict_proba(given), theirs.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("class_weight", ["balanced", {0: 3.0, 2: 0.5}])
def test_class_weights_are_those_of_logistic_regression(class_weight):
    X, y = table()
    X, y = X[(y != 1) | (np.arange(len(y)) % 3 == 0)], y[(y != 1) | (np.arange(len(y)) % 3 == 0)]
    ours = SoftmaxClassifier(C=0.5, tolerance=1e-14, class_weight=class_weight).fit(X, y)
    theirs = LogisticRegression(C=0.5, solver="lbfgs", tol=1e-10, max_iter=10_000, class_weight=class_weight).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)


def test_scores_agree_with_the_weights(digits):
    X, y = digits
    clf = SoftmaxClassifier().fit(X, y)
    np.testing.assert_allclose(clf.decision_function(X), X @ clf.coef_.T + clf.intercept_, atol=1e-9)
    two = SoftmaxClassifier().fit(X, y > 4)
    np.testing.assert_allclose(two.decision_function(X), (X @ two.coef_.T + two.intercept_)[:, 0], atol=1e-9)
    assert (two.predict(X) == (two.decision_function(X) > 0)).all()


def test_the_certificate_is_shown():
    X, y = table()
    clf = SoftmaxClassifier().fit(X, y)
    assert clf.certificate_.status == "certified"
    assert 0 <= clf.certificate_.gap <= clf.tolerance
    assert [event["iteration"] for event in clf.history_ if event["event"] == "iteration"][-1] == clf.n_iter_
    shown = clf._repr_mimebundle_()["text/html"]
    assert "certified" in shown and f"{clf.certificate_.gap:.2e}" in shown
    assert "SoftmaxClassifier" in clf._repr_html_()
    assert "certified" not in SoftmaxClassifier()._repr_html_()


def test_the_penalty_is_found_by_cross_validation():
    X, y = table(rows=120, features=20)
    clf = SoftmaxClassifier(l2="auto", random_state=3).fit(X, y)
    assert clf.figures_["l2_choice"]["folds"] == 5
    candidates = clf.figures_["l2_choice"]["candidates"]
    assert clf.l2_ == min(candidates, key=lambda c: c["cross_entropy"])["l2"]
    fixed = SoftmaxClassifier(l2=clf.l2_).fit(X, y)
    np.testing.assert_allclose(clf.coef_, fixed.coef_, atol=1e-3)


def test_a_weight_counts_rows():
    X, y = table(rows=100)
    weight = np.random.default_rng(0).integers(0, 4, size=100)
    weighted = SoftmaxClassifier(tolerance=1e-14).fit(X, y, sample_weight=weight)
    repeated = SoftmaxClassifier(tolerance=1e-14).fit(X.repeat(weight, axis=0), y.repeat(weight))
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, atol=1e-7)


def test_a_warm_start_goes_on_from_the_last_fit(digits):
    clf = SoftmaxClassifier(warm_start=True, l2=0.01).fit(*digits)
    first = clf.figures_["passes"]
    clf.set_params(l2=0.009).fit(*digits)
    assert clf.certificate_.status == "certified"
    assert clf.figures_["passes"] < first
    assert clf.fit(digits[0][:, :5], digits[1]).coef_.shape == (10, 5)


@pytest.mark.parametrize("estimator", [SoftmaxClassifier(), NetworkClassifier((8,), epochs=3)])
@pytest.mark.parametrize("labels", [int, str, bool, float])
def test_pickles_and_files_hold_the_model(estimator, labels, digits, tmp_path):
    X, y = digits[0], digits[1].astype(labels) if labels is not bool else digits[1] > 4
    clf = clone(estimator).fit(X, y)
    stored = pickle.dumps(clf)
    assert clf.to_onnx() in stored
    again = pickle.loads(stored)
    assert (again.predict(X) == clf.predict(X)).all()
    assert again.predict(X).dtype == y.dtype
    assert (again.predict_proba(X) == clf.predict_proba(X)).all()
    clf.save(tmp_path / "model.onnx")
    loaded = type(clf).load(tmp_path / "model.onnx")
    assert (loaded.predict_proba(X) == clf.predict_proba(X)).all()
    assert loaded.predict(X).astype(str).tolist() == clf.predict(X).astype(str).tolist()


def test_bits_do_not_depend_on_threads_or_on_the_run(digits):
    for estimator in (SoftmaxClassifier(), NetworkClassifier((16,), epochs=3)):
        one = clone(estimator).set_params(n_threads=1).fit(*digits)
        assert clone(estimator).set_params(n_threads=2).fit(*digits).to_onnx() == one.to_onnx()
        assert clone(estimator).fit(*digits).to_onnx() == one.to_onnx()


def test_seeds_decide_where_numbers_are_random(digits):
    def fit(seed):
        return NetworkClassifier((8,), epochs=1, random_state=seed).fit(*digits).to_onnx()

    assert fit(1) == fit(1) != fit(2)
    assert fit(np.random.RandomState(5)) == fit(np.random.RandomState(5))


def test_a_network_is_that_of_its_layers(digits):
    X, y = digits
    clf = NetworkClassifier((16, 8), activation="tanh", epochs=4).fit(X, y)
    assert [w.shape for w in clf.coefs_] == [(64, 16), (16, 8), (8, 10)]
    values = X.astype(float)
    for weights, bias in zip(clf.coefs_[:-1], clf.intercepts_[:-1], strict=True):
        values = np.tanh(values @ weights + bias)
    np.testing.assert_allclose(clf.decision_function(X), values @ clf.coefs_[-1] + clf.intercepts_[-1], atol=1e-8)
    assert clf.status_ == "finished" and clf.n_iter_ == 4


def test_convolutions_are_those_of_scipy(digits):
    from scipy.signal import correlate2d

    X, y = digits
    clf = NetworkClassifier(layers="conv:4x3,pool:2,dense:16", image="8x8", activation="tanh", epochs=4).fit(X, y)
    assert [w.shape for w in clf.coefs_] == [(9, 4), (64, 16), (16, 10)]
    some = (X[:50].astype(float) - clf.model_.center).reshape(-1, 8, 8)
    kernels = clf.coefs_[0].T.reshape(4, 3, 3)
    places = np.array([[correlate2d(image, kernel, mode="same") for kernel in kernels] for image in some])
    pooled = places.reshape(-1, 4, 4, 2, 4, 2).max(axis=(3, 5)).transpose(0, 2, 3, 1)
    states = np.tanh(pooled + clf.intercepts_[0]).reshape(len(some), -1)
    states = np.tanh(states @ clf.coefs_[1] + clf.intercepts_[1])
    np.testing.assert_allclose(clf.decision_function(X[:50]), states @ clf.coefs_[2] + clf.intercepts_[2], atol=1e-8)


def test_weights_of_a_network_are_shares_of_the_loss():
    """In full batches, with no rows held out, a row of weight 2 is two rows, and one of weight 0 is none."""
    X, y = table(rows=200)
    weight = np.random.default_rng(0).integers(0, 4, size=len(y))
    net = NetworkClassifier((8,), batch_size=1000, validation_fraction=0, epochs=20, l2=1e-3)
    weighted = clone(net).fit(X, y, sample_weight=weight)
    repeated = clone(net).fit(X.repeat(weight, axis=0), y.repeat(weight))
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), atol=1e-4)
    assert abs(weighted.predict_proba(X) - clone(net).fit(X, y).predict_proba(X)).max() > 0.01
    thrice = clone(net).fit(X, y, sample_weight=3.0 * weight)
    np.testing.assert_allclose(weighted.predict_proba(X), thrice.predict_proba(X), atol=1e-4)


def test_weights_of_a_network_count_in_batches_too():
    """The half of the rows that is labeled wrongly counts for nothing, in training and in what is held out."""
    X, y = table(rows=2000, classes=2)
    wrong = np.arange(2000) % 2 == 0
    flipped = np.where(wrong, 1 - y, y)
    net = NetworkClassifier((16,), epochs=10)
    right = clone(net).fit(X[~wrong], y[~wrong]).score(X, y)
    assert clone(net).fit(X, flipped, sample_weight=np.where(wrong, 1e-6, 1)).score(X, y) > right - 0.03
    assert clone(net).fit(X, flipped).score(X, y) < right - 0.1


def test_a_network_learns(digits):
    X, y = digits
    assert NetworkClassifier((64,), random_state=0).fit(X[:1000], y[:1000]).score(X[1000:], y[1000:]) > 0.9


def test_limits_are_told_of(digits):
    with pytest.warns(ConvergenceWarning, match="iteration_limit"):
        SoftmaxClassifier(solver="descent", max_iter=2).fit(*digits)


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"l2": -1.0}, "l2"),
        ({"C": 0.0}, "C is"),
        ({"solver": "saga"}, "newton"),
        ({"C": 1.0, "l2": 1.0}, "both l2 and C"),
        ({"tolerance": 0.0}, "tolerance"),
    ],
)
def test_parameters_that_make_no_sense_are_refused_in_fit(parameters, text):
    clf = SoftmaxClassifier(**parameters)
    with pytest.raises(ValueError, match=text) as caught:
        clf.fit([[0.0], [1.0], [2.0]], [0, 1, 0])
    assert isinstance(caught.value, PoiseError)


def test_nothing_is_known_before_fit():
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(SoftmaxClassifier(), method)([[1.0]])
    with pytest.raises(NotFittedError):
        SoftmaxClassifier().to_onnx()


def test_the_tools_of_scikit_learn(digits):
    X, y = digits
    search = GridSearchCV(
        make_pipeline(StandardScaler(), SoftmaxClassifier(scale="none")),
        {"softmaxclassifier__l2": [1e-3, 1e-1]},
        cv=3,
        n_jobs=2,
    ).fit(X, y)
    assert search.best_score_ > 0.9
    assert CalibratedClassifierCV(SoftmaxClassifier(), cv=3).fit(X, y).score(X, y) > 0.9
    importance = permutation_importance(SoftmaxClassifier().fit(X, y), X, y, n_repeats=1, random_state=0)
    assert importance.importances_mean[0] == 0  # the corner is white in every digit


def test_weights_are_routed():
    X, y = table()
    weight = np.random.default_rng(0).integers(1, 4, size=len(y)).astype(float)
    with sklearn.config_context(enable_metadata_routing=True):
        step = SoftmaxClassifier(l2=0.01, scale="none").set_fit_request(sample_weight=True)
        routed = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), step).fit(
            X, y, sample_weight=weight
        )
    direct = SoftmaxClassifier(l2=0.01, scale="none").fit(StandardScaler().fit_transform(X), y, sample_weight=weight)
    np.testing.assert_allclose(routed[-1].coef_, direct.coef_, atol=1e-12)


def test_weights_are_routed_through_a_search():
    X, y = table()
    weight = np.random.default_rng(0).integers(0, 3, size=len(y)).astype(float)
    for estimator in (SoftmaxClassifier(scale="none"), NetworkClassifier((4,), epochs=2)):
        with sklearn.config_context(enable_metadata_routing=True):
            step = clone(estimator).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
            found = GridSearchCV(step, {"l2": [1e-2, 1e-1]}, cv=2).fit(X, y, sample_weight=weight)
        direct = clone(estimator).set_params(**found.best_params_).fit(X, y, sample_weight=weight)
        np.testing.assert_allclose(found.predict_proba(X), direct.predict_proba(X), atol=1e-9)


def test_copies_and_workers_give_the_same_bits(digits):
    """clone, pickle into processes of joblib, and threads of Python that fit at once."""
    joblib = pytest.importorskip("joblib")
    X, y = digits
    for estimator in (SoftmaxClassifier(l2=1e-3), NetworkClassifier((8,), epochs=2)):
        alone = clone(estimator).fit(X, y)
        assert not hasattr(clone(alone), "model_") and clone(alone).get_params() == alone.get_params()
        for prefer in ("processes", "threads"):
            fits = [joblib.delayed(clone(estimator).fit)(X, y) for _ in range(3)]
            for one in joblib.Parallel(n_jobs=2, prefer=prefer)(fits):
                assert one.to_onnx() == alone.to_onnx()


def test_children_forked_after_a_fit_can_fit():
    """A pool of threads that the parent has had does not live on in a child, and nothing may wait for it."""
    code = """
        import os, signal, numpy as np
        from poise import NetworkClassifier, SoftmaxClassifier
        random = np.random.default_rng(0)
        X, y = random.normal(size=(300, 8)).astype(np.float32), random.integers(0, 3, size=300)
        make = [lambda: SoftmaxClassifier(l2=0.1, n_threads=2), lambda: NetworkClassifier((4,), epochs=1, n_threads=2)]
        bits = [one().fit(X, y).to_onnx() for one in make]
        for k in range(200):
            child = os.fork()
            if child == 0:
                signal.alarm(60)
                os._exit(0 if make[k % 2]().fit(X, y).to_onnx() == bits[k % 2] else 1)
            _, status = os.waitpid(child, 0)
            assert status == 0, (k, status)
        print("done")
    """
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.stdout == "done\n", run.stderr


def test_names_of_columns_are_kept_and_checked():
    pandas = pytest.importorskip("pandas")
    X, y = table()
    frame = pandas.DataFrame(X, columns=list("abcdef"))
    clf = SoftmaxClassifier().fit(frame, y)
    assert clf.feature_names_in_.tolist() == list("abcdef")
    with pytest.raises(ValueError, match="feature names"):
        clf.predict(frame[list("bacdef")])


def test_joblib_workers_use_their_share_of_threads(monkeypatch):
    from poise.data import threads

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert threads(None) == 1
    assert threads(3) == 3
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert threads(None) == 0


def test_a_fit_in_a_worker_of_joblib_starts_no_threads():
    joblib = pytest.importorskip("joblib")
    X, y = table(rows=2000)

    def grown(estimator):
        before = len(os.listdir("/proc/self/task"))
        estimator.fit(X, y)
        return os.environ.get("OMP_NUM_THREADS"), len(os.listdir("/proc/self/task")) - before

    jobs = max(2, os.cpu_count() or 1)  # joblib gives each the processors divided by the jobs
    found = joblib.Parallel(n_jobs=jobs)([joblib.delayed(grown)(SoftmaxClassifier()) for _ in range(4)])
    assert set(found) == {("1", 0)}


def test_control_c_ends_a_fit_with_a_usable_model():
    code = """
        import os, signal, threading, warnings, numpy as np
        from poise import SoftmaxClassifier
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background processes ignore it
        random = np.random.default_rng(0)
        X, y = random.normal(size=(200_000, 100)).astype(np.float32), random.integers(0, 50, size=200_000)
        SoftmaxClassifier(max_iter=1).fit(X[:100], y[:100] % 2)
        threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            clf = SoftmaxClassifier(solver="descent", l2=1e-9, tolerance=1e-15).fit(X, y)
        print(clf.certificate_.status, str(caught[-1].message).split(":")[0], clf.predict(X[:3]).shape)
    """
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.stdout == "interrupted interrupted (3,)\n", run.stderr
