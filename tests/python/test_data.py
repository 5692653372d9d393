"""Rows come in as they are: without a copy where there need not be one, and without rounding in any case."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

import poise
from conftest import table

STORED = [np.uint8, np.int16, np.int32, np.float32, np.float64]


@pytest.mark.parametrize("dtype", STORED)
def test_a_contiguous_array_is_looked_at_where_it_is(dtype):
    X = np.arange(12).reshape(4, 3).astype(dtype)
    features = poise.dataset(X).features
    assert features.dtype == dtype
    assert features.__array_interface__["data"][0] == X.__array_interface__["data"][0]


def test_a_mapped_file_is_looked_at_where_it_is(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(12, dtype=np.float32).reshape(4, 3))
    X = np.load(tmp_path / "x.npy", mmap_mode="r")
    features = poise.dataset(X).features
    assert features.__array_interface__["data"][0] == X.__array_interface__["data"][0]


def test_an_array_lives_as_long_as_the_data_set():
    data = poise.dataset(np.full((1000, 100), 7.0))
    for _ in range(3):
        np.zeros((1000, 100))
    assert (data.features == 7).all()
    features = data.features
    del data
    assert (features == 7).all()


@pytest.mark.parametrize(
    "view",
    [
        np.asfortranarray,
        lambda X: np.repeat(X, 2, axis=1)[:, ::2],
        lambda X: X[::-1][::-1],
        lambda X: X.astype(">f8"),
        lambda X: X.tolist(),
    ],
)
def test_other_layouts_hold_the_same_numbers(view):
    X = np.random.default_rng(0).normal(size=(5, 3))
    assert (poise.dataset(view(X)).features == X).all()


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.uint32, np.int64, np.uint64, np.float16])
def test_other_types_hold_the_same_numbers(dtype):
    X = np.array([[0, 1], [1, 0]]).astype(dtype)
    assert (poise.dataset(X).features == X).all()


def test_integers_that_would_be_rounded_are_refused():
    with pytest.raises(ValueError, match=r"2\^53"):
        poise.dataset(np.array([[2**53 + 1, 0]]))


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("kind", ["csr_array", "csr_matrix", "csc_array", "coo_array"])
def test_sparse_matrices_hold_the_same_numbers(kind, dtype, index):
    sparse = pytest.importorskip("scipy.sparse")
    dense = np.array([[0, 2, 0], [0, 0, 0], [3, 0, 1]]).astype(dtype) / (3 if dtype == np.float64 else 1)
    X = sparse.csr_array(dense.astype(dtype))
    X.indices, X.indptr = X.indices.astype(index), X.indptr.astype(index)
    features = poise.dataset(getattr(sparse, kind)(X)).features
    assert sparse.issparse(features)
    assert (features.toarray() == dense).all()


def test_entries_of_one_place_are_summed_and_columns_put_in_order():
    sparse = pytest.importorskip("scipy.sparse")
    X = sparse.csr_array((np.array([1.0, 2.0, 4.0]), np.array([2, 0, 2]), np.array([0, 3])), shape=(1, 3))
    assert poise.dataset(X).features.toarray().tolist() == [[2, 0, 5]]


@pytest.mark.parametrize("name", ["pandas", "polars", "pyarrow"])
def test_frames_bring_their_names_along(name):
    module = pytest.importorskip(name)
    numbers = {"age": [30, 40, 50], "size": [1.5, 2.5, 0.1]}
    data = poise.dataset(module.table(numbers) if name == "pyarrow" else module.DataFrame(numbers))
    assert data.feature_names == ["age", "size"]
    assert (data.features == np.array([[30, 1.5], [40, 2.5], [50, 0.1]])).all()


def test_labels_targets_and_weights():
    X = np.eye(3)
    data = poise.dataset(X, ["b", "a", "b"], sample_weight=[1, 2, 3])
    assert data.classes == ["a", "b"]
    assert data.labels.tolist() == [1, 0, 1]
    assert data.sample_weight.tolist() == [1, 2, 3]
    soft = poise.dataset(X, [[0.5, 0.5], [1, 0], [0, 1]], classes=["no", "yes"])
    assert soft.classes == ["no", "yes"]
    assert soft.targets.tolist() == [[0.5, 0.5], [1, 0], [0, 1]]
    assert soft.labels is None


def test_labels_that_are_no_class_are_named():
    with pytest.raises(poise.PoiseError, match="'c'"):
        poise.dataset(np.eye(2), ["a", "c"], classes=["a", "b"])


def test_soft_targets_have_the_optimum_of_rows_repeated_by_class():
    """A row with target (¼, ¾) is a row of class 0 with weight ¼ and one of class 1 with weight ¾."""
    X, _ = table(classes=2)
    share = 1 / (1 + np.exp(-X[:, 0]))
    soft = poise.train(X, np.stack([1 - share, share], axis=1), l2=0.01, tolerance=1e-13, measure=False)
    both = poise.dataset(
        np.vstack([X, X]),
        np.repeat([0, 1], len(X)),
        sample_weight=np.concatenate([1 - share, share]).astype(np.float32),
    )
    hard = poise.train(both, l2=0.01, tolerance=1e-13, measure=False)
    np.testing.assert_allclose(soft.model.layers[0][0], hard.model.layers[0][0], atol=1e-6)


def test_a_fit_takes_no_second_copy_of_the_rows():
    """400 MB of float32 are trained on within 150 MB more."""
    code = """
        import resource, numpy as np, poise
        X = np.zeros((500_000, 200), dtype=np.float32)
        X[:, :8] = np.random.default_rng(0).integers(0, 9, size=(len(X), 8))
        y = (X[:, 0] + X[:, 1] > np.random.default_rng(1).integers(0, 17, size=len(X))).astype(np.int32)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        poise.train(X, y, l2=1e-3, measure=False, scale="none", max_iterations=3)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """
    grown = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, capture_output=True, text=True)
    assert int(grown.stdout) / 1024 < 150


def test_messages_name_parameters_and_not_options_of_the_command_line(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,kind,z\n" + "".join(f"{k},{'ab'[k % 2]},{k % 3}\n" for k in range(20)))
    notices = poise.read(path).notices
    assert any("`label` names another" in notice for notice in notices)
    assert not any("--" in notice for notice in notices)
    with pytest.raises(poise.PoiseError) as caught:
        poise.read(path, label="kind", ignore=["kind"])
    assert "--" not in str(caught.value)
    assert caught.value.parameter in ("ignore", "label")
    with pytest.raises(poise.PoiseError) as caught:
        poise.train("digits", hidden=[4], dropout=1.5)
    assert caught.value.parameter == "dropout"
    with pytest.raises(poise.PoiseError) as caught:
        poise.read(tmp_path / "none.csv")
    assert caught.value.parameter is None
