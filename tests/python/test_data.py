"""Rows come in as they are: without a copy where there need not be one, and without rounding in any case."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

import poise
from conftest import table

STORED = [np.uint8, np.int16, np.int32, np.float16, np.float32, np.float64]
LAYOUTS = {
    "C": lambda X: X,
    "Fortran": np.asfortranarray,
    "every second column": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "some columns": lambda X: np.hstack([X, X])[:, 1:],
    "backwards": lambda X: X[::-1],
    "both backwards": lambda X: X[::-1, ::-1],
    "one row": lambda X: X[:1],
    "one column": lambda X: X[:, 1:2],
}


@pytest.mark.parametrize("dtype", STORED)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_array_is_looked_at_where_it_is(dtype, layout):
    X = LAYOUTS[layout](np.arange(12).reshape(4, 3).astype(dtype))
    data = poise.dataset(X)
    assert data.features.dtype == dtype
    assert data.features.__array_interface__["data"][0] == X.__array_interface__["data"][0]
    assert (data.features == X).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("hidden", [[], [4]])
def test_the_order_in_memory_is_no_part_of_the_result(dtype, hidden):
    X, y = table(rows=500, features=7)
    X = np.abs(20 * X).astype(dtype)
    options = {"hidden": hidden, "epochs": 2} if hidden else {"l2": 1e-3}
    bits = {poise.train(LAYOUTS[name](X), y, **options).model.to_bytes() for name in ("C", "Fortran")}
    wide = np.empty((500, 20), dtype=dtype)
    wide[:, 3:10] = X
    bits |= {poise.train(wide[:, 3:10], y, **options).model.to_bytes()}
    assert len(bits) == 1


def test_every_float16_is_what_numpy_takes_it_for():
    X = np.arange(2**16, dtype=np.uint16).view(np.float16).reshape(-1, 64)
    finite = np.where(np.isfinite(X), X, np.float16(0))
    with np.errstate(invalid="ignore"):
        clf = poise.train(finite, np.arange(len(X)) % 2, l2=1e-3, scale="none", measure=False).model
    wide = poise.dataset(finite.astype(np.float64))
    assert (clf.scores(finite) == clf.scores(wide)).all()
    assert (poise.dataset(finite).features == finite).all()


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16", "float64", "uint8", "int64"])
def test_tensors_are_looked_at_where_they_are(kind):
    torch = pytest.importorskip("torch")
    tensor = (torch.arange(12).reshape(4, 3) / 2).to(getattr(torch, kind))
    features = poise.dataset(tensor).features
    assert (features == tensor.to(torch.float64).numpy()).all()
    if kind not in ("int64", "bfloat16"):  # numpy has no bfloat16: `features` shows float32
        assert features.__array_interface__["data"][0] == tensor.data_ptr()
    changed = poise.dataset(tensor)
    tensor[0, 0] = 7
    assert (changed.features[0, 0] == 7) == (kind != "int64")
    assert poise.dataset(tensor.float().requires_grad_()).rows == 4


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16"])
def test_tensors_of_any_strides_are_looked_at_where_they_are(kind):
    torch = pytest.importorskip("torch")
    whole = torch.arange(48).reshape(6, 8).to(getattr(torch, kind))
    for view in (whole.T, whole[:, 2:5], whole[::2, ::3], whole.T[1:, ::2]):
        data = poise.dataset(view)
        assert (data.features == view.to(torch.float64).numpy()).all()
        if kind != "bfloat16":
            assert data.features.__array_interface__["data"][0] == view.data_ptr()
        before = view[1, 1].clone()
        view[1, 1] = 100
        assert data.features[1, 1] == 100
        view[1, 1] = before


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_tensors_of_half_precision_have_the_optimum_of_their_numbers(kind):
    torch = pytest.importorskip("torch")
    X, y = table()
    half = torch.from_numpy(X).to(getattr(torch, kind))
    options = {"l2": 0.01, "tolerance": 1e-13, "measure": False}
    given = poise.train(half, y, **options).model
    plain = poise.train(half.float(), y, **options).model
    np.testing.assert_allclose(given.layers[0][0], plain.layers[0][0], atol=1e-9)
    assert (given.predict(half) == plain.predict(half.float())).all()


def test_bfloat16_has_the_optimum_of_its_numbers():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    X, y = table()
    half = X.astype(ml_dtypes.bfloat16)
    assert (poise.dataset(half).features == half.astype(np.float32)).all()
    given = poise.train(half, y, l2=0.01, tolerance=1e-13, measure=False).model
    plain = poise.train(half.astype(np.float32), y, l2=0.01, tolerance=1e-13, measure=False).model
    np.testing.assert_allclose(given.layers[0][0], plain.layers[0][0], atol=1e-9)


class Tensor:
    """What DLPack asks of an array of another library."""

    def __init__(self, array, device=1):
        self.array, self.place = array, device
        self.ndim, self.dtype, self.device = array.ndim, f"other.{array.dtype}", "there"

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return (self.place, 0)


@pytest.mark.parametrize("dtype", [*STORED, np.int64])
def test_arrays_of_other_libraries_are_looked_at_by_dlpack(dtype):
    X = np.arange(12).reshape(4, 3).astype(dtype)
    features = poise.dataset(Tensor(X)).features
    assert (features == X).all()
    same = features.__array_interface__["data"][0] == X.__array_interface__["data"][0]
    assert same == (dtype != np.int64)
    with pytest.raises(poise.PoiseError, match="memory of the CPU"):
        poise.dataset(Tensor(X, device=2))


def test_compressed_rows_are_looked_at_where_they_are():
    sparse = pytest.importorskip("scipy.sparse")
    X = sparse.csr_array(np.array([[0, 2, 0], [0, 0, 0], [3, 0, 1]], dtype=np.float32))
    X.indices, X.indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)
    data = poise.dataset(X)
    assert data.features.data.__array_interface__["data"][0] == X.data.__array_interface__["data"][0]
    X.indices[0] = 2  # scipy makes a copy of the indices that `features` shows it
    assert data.features.toarray().tolist() == [[0, 0, 2], [0, 0, 0], [3, 0, 1]]
    finer = X.astype(np.float64) / 3
    seen = poise.dataset(finer).features
    assert seen.data.__array_interface__["data"][0] == finer.data.__array_interface__["data"][0]


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


def test_soft_targets_are_distributions():
    X = np.eye(3)
    rounded = poise.dataset(X, [[0.33333, 0.66666], [1, 0], [0, 1]])
    np.testing.assert_allclose(rounded.targets.sum(axis=1), 1, atol=1e-15)
    assert "1 of 3 rows of targets do not sum to 1" in rounded.notices[0]
    for row in ([1, 2], [1.5, -0.5], [float("nan"), 1]):
        with pytest.raises(poise.PoiseError, match="sum to 1"):
            poise.dataset(X, [row, [1, 0], [0, 1]])


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


@pytest.mark.parametrize("kind", ["float32", "uint8", "float64", "Fortran", "columns", "mapped", "float16"])
def test_a_fit_takes_no_second_copy_of_the_rows(kind, tmp_path):
    """The solver begins with a copy of a sixteenth of the rows; a copy of all would be half as much, or more."""
    code = f"""
        import resource, numpy as np, poise
        kind, n, d = {kind!r}, 125_000, 200
        dtype = np.dtype(kind if kind in ("uint8", "float16", "float64") else "float32")
        n = n * 4 // max(dtype.itemsize, 2)
        if kind == "mapped":
            X = np.lib.format.open_memmap({str(tmp_path / "x.npy")!r}, mode="w+", dtype=dtype, shape=(n, d))
        else:
            X = np.zeros((n, 2 * d if kind == "columns" else d), dtype=dtype, order="F" if kind == "Fortran" else "C")
        X[:, :8] = np.random.default_rng(0).integers(0, 9, size=(n, 8), dtype=np.uint8)
        X[:, 8:] = 1
        y = (X[:, 0] + X[:, 1] > np.random.default_rng(1).integers(0, 17, size=n, dtype=np.uint8)).astype(np.int32)
        X = X[:, :d] if kind == "columns" else X
        def fit(rows, labels):
            poise.train(rows, labels, l2=1e-3, measure=False, scale="none", max_iterations=3)
        fit(X[:, :8], y)  # takes what there is besides for each row: labels, scores, weights
        fit(X[:20_000], y[:20_000])  # and what there is for each thread, and for each weight
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        fit(X, y)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
        print(grown / (n * d * dtype.itemsize))
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=300, check=False
    )
    assert float(run.stdout or "nan") < 0.12, run.stderr


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
