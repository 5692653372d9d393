"""Rows of a Dask cluster: the bits and the proof of one process, whatever becomes of the workers."""

import os
import pickle
import re
import signal
import time

import numpy as np
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("distributed")

import dask.array as da
import pandas as pd
from distributed import Client, LocalCluster
from sklearn.base import clone

import poise.dask
from conftest import ROOT, table
from poise import PoiseError, SoftmaxClassifier


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
        yield cluster


@pytest.fixture
def client(cluster):
    client = Client(cluster)
    client.wait_for_workers(2)
    yield client
    client.close()


def rows(kind=np.float32, classes=4, seed=1):
    X, y = table(rows=12000, features=9, classes=classes, seed=seed)
    if kind == np.uint8:
        X = np.clip(20 * X + 60, 0, 255)
    return X.astype(kind), y


def in_blocks(X, y, chunk=1700):
    return da.from_array(X, chunks=(chunk, 4)), da.from_array(y, chunks=chunk)


def assert_same_bits(there, here):
    assert there.certificate_.status == here.certificate_.status == "certified"
    assert there.certificate_.gap == here.certificate_.gap
    assert there.n_iter_ == here.n_iter_
    np.testing.assert_array_equal(there.coef_, here.coef_)
    np.testing.assert_array_equal(there.intercept_, here.intercept_)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.uint8])
@pytest.mark.parametrize("parts", [None, 1, 5])
def test_the_bits_of_one_process(client, kind, parts):
    X, y = rows(kind)
    clf = poise.dask.SoftmaxClassifier(client, parts=parts).fit(*in_blocks(X, y))
    here = SoftmaxClassifier().fit(X, y)
    assert_same_bits(clf, here)
    assert clf.l2_ == here.l2_ and clf.n_features_in_ == 9 and clf.classes_.tolist() == [0, 1, 2, 3]
    blocks = da.from_array(X, chunks=(5000, 5))
    for method in ("predict", "predict_proba", "decision_function", "predict_log_proba"):
        found = getattr(clf, method)(blocks)
        assert found.shape == getattr(here, method)(X).shape
        np.testing.assert_array_equal(found.compute(), getattr(here, method)(X))
        np.testing.assert_array_equal(getattr(clf, method)(X[:9]), getattr(here, method)(X[:9]))
    assert clf.score(*in_blocks(X, y)) == here.score(X, y)


def test_two_classes_with_weights_and_words(client):
    X, y = rows(classes=2)
    words, weight = np.array(["no", "yes"])[y], 1.0 + np.arange(len(y)) % 3
    options = {"C": 0.1, "class_weight": {"yes": 2.0}, "tolerance": 1e-10}
    here = SoftmaxClassifier(**options).fit(X, words, weight)
    dX, dy = in_blocks(X, words)
    for weights in (weight, da.from_array(weight, chunks=1000)):
        clf = poise.dask.SoftmaxClassifier(client, **options).fit(dX, dy, weights)
        assert_same_bits(clf, here)
    assert clf.predict(dX).compute().tolist() == here.predict(X).tolist()
    np.testing.assert_array_equal(clf.decision_function(dX).compute(), here.decision_function(X))
    balanced = poise.dask.SoftmaxClassifier(client, class_weight="balanced").fit(dX, dy)
    assert_same_bits(balanced, SoftmaxClassifier(class_weight="balanced").fit(X, words))


def test_frames(client):
    dd = pytest.importorskip("dask.dataframe")
    X, y = rows(np.float64)
    frame = pd.DataFrame(X, columns=list("abcdefghi"))
    frame["a"] = frame["a"].round().astype("Int64")
    there = dd.from_pandas(frame.assign(y=y), npartitions=5)
    clf = poise.dask.SoftmaxClassifier(client).fit(there.drop(columns="y"), there["y"])
    here = SoftmaxClassifier().fit(frame, y)
    assert_same_bits(clf, here)
    assert clf.feature_names_in_.tolist() == list("abcdefghi")
    np.testing.assert_array_equal(clf.predict_proba(there.drop(columns="y")).compute(), here.predict_proba(frame))
    assert clf.score(there.drop(columns="y"), there["y"]) == here.score(frame, y)
    selected = there[there["b"] > 0]  # blocks of rows that nobody has counted
    clf = poise.dask.SoftmaxClassifier(client).fit(
        selected.drop(columns="y").astype(float).to_dask_array(), selected["y"].to_dask_array()
    )
    kept = (frame["b"] > 0).to_numpy()
    assert_same_bits(clf, SoftmaxClassifier().fit(frame[kept].to_numpy(dtype=np.float64), y[kept]))
    with pytest.raises(PoiseError, match=r"b.*bool"):
        clf.fit(there.assign(b=there["b"] > 0).drop(columns="y"), there["y"])


def test_parameters_are_those_of_the_layer_and_copies_have_them(client):
    clf = poise.dask.SoftmaxClassifier(client, l2=0.01)
    assert clone(clf).client is client
    X, y = rows()
    clf.fit(*in_blocks(X, y))
    copy = pickle.loads(pickle.dumps(clf))
    assert copy.client is None
    np.testing.assert_array_equal(copy.predict(X), clf.predict(X))
    again = clf.set_params(warm_start=True, l2=0.02).fit(*in_blocks(X, y))
    np.testing.assert_allclose(again.coef_, SoftmaxClassifier(l2=0.02).fit(X, y).coef_, atol=1e-3)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"l2": 0.0}, "no penalty"),
        ({"l2": "auto"}, "'auto' for rows of a cluster"),
        ({"y": np.zeros(12000, int)}, "1 class"),
        ({"y": np.zeros(5, int)}, "y of 5 rows"),
        ({"X": np.zeros((4, 4))}, "ndarray"),
        ({"nan": 7000}, "NaN"),
    ],
)
def test_what_cannot_be(client, change, text):
    X, y = rows()
    if "nan" in change:
        X[change["nan"], 3] = np.nan
    dX, dy = in_blocks(X, y)
    clf = poise.dask.SoftmaxClassifier(client, l2=change.get("l2"))
    with pytest.raises(ValueError, match=text):
        clf.fit(change.get("X", dX), change.get("y", dy))


def test_runs_are_written(client, tmp_path):
    X, y = rows()
    dX, dy = in_blocks(X, y)
    test = poise.dataset(X[:500], y[:500])
    run = poise.dask.train(dX, dy, client=client, l2_path=[1e-2, 1e-3], test=test, out=tmp_path / "run")
    here = poise.train(poise.dataset(X, y), l2_path=[1e-2, 1e-3], test=test)
    assert run.status == here.status == "certified"
    np.testing.assert_array_equal(run.model.layers[0][0], here.model.layers[0][0])
    assert run.figures["test"] == here.figures["test"] and run.figures["train"] is None
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["metrics.jsonl", "model.onnx", "run.json"]
    assert poise.load(tmp_path / "run").classes == ["0", "1", "2", "3"]
    assert "certified" in poise.report(tmp_path / "run").markdown
    for options, text in (
        ({"l2": "auto"}, "folds"),
        ({"telemetry": "light"}, "telemetry"),
        ({"hidden": [4]}, "network"),
    ):
        with pytest.raises(PoiseError, match=text):
            poise.dask.train(dX, dy, client=client, **options)


def during(fit, monkeypatch, events):
    """Calls events[k] before the k-th time that a result is waited for."""
    times = 0
    result = poise.dask._Team.result

    def counting(team, part):
        nonlocal times
        times += 1
        if times in events:
            events[times]()
        return result(team, part)

    monkeypatch.setattr(poise.dask._Team, "result", counting)
    found = fit()
    assert times > max(events)
    return found


def test_workers_that_die(client, monkeypatch):
    X, y = rows()
    here = SoftmaxClassifier(solver="lbfgs").fit(X, y)
    dX, dy = in_blocks(X, y)
    clf = poise.dask.SoftmaxClassifier(client, solver="lbfgs")

    def kill():
        pids = client.run(os.getpid)
        os.kill(next(iter(pids.values())), signal.SIGKILL)

    assert_same_bits(during(lambda: clf.fit(dX, dy), monkeypatch, {4: kill, 13: kill, 30: kill}), here)


def test_workers_that_come_and_go(monkeypatch):
    X, y = rows()
    here = SoftmaxClassifier(solver="lbfgs").fit(X, y)
    dX, dy = in_blocks(X, y)
    options = {"threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(n_workers=1, **options) as own, Client(own, set_as_default=False) as client:
        clf = poise.dask.SoftmaxClassifier(client, solver="lbfgs", parts=4)

        def more():
            own.scale(3)
            client.wait_for_workers(3)

        def fewer():
            client.retire_workers(sorted(client.nthreads())[:1], close_workers=True)

        assert_same_bits(during(lambda: clf.fit(dX, dy), monkeypatch, {6: more, 15: fewer, 25: fewer}), here)


def test_ctrl_c_leaves_a_usable_model(client, monkeypatch):
    X, y = rows()
    dX, dy = in_blocks(X, y)
    clf = poise.dask.SoftmaxClassifier(client, solver="descent", tolerance=1e-14)
    with pytest.warns(UserWarning, match="interrupted"):
        during(lambda: clf.fit(dX, dy), monkeypatch, {60: lambda: os.kill(os.getpid(), signal.SIGINT)})
    assert clf.certificate_.status == "interrupted"
    assert clf.score(dX, dy) > 0.4


def test_the_example_of_the_tutorial_runs(client, monkeypatch):
    (block,) = re.findall(r"```py\n(.*?)```", (ROOT / "docs/python.md").read_text(), re.S)
    monkeypatch.setattr("distributed.Client", lambda: client)
    names = {}
    exec(block, names)
    assert names["clf"].certificate_.status == "certified"


def test_rows_are_given_back(client):
    X, y = rows()
    poise.dask.SoftmaxClassifier(client).fit(*in_blocks(X, y))
    for _ in range(50):
        if not any(client.has_what().values()):
            return
        time.sleep(0.1)
    raise AssertionError(client.has_what())
