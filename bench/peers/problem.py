"""One softmax-regression problem on disk, and its float64 objective.

Objective: f(W, b) = mean_i [ logsumexp(z_i) − z_{i,y_i} ] + λ/2 ‖W‖²,  z_i = (x_i/unit) W + b,  W d×K, b free unless
`bias_penalty` μ says that μ/2 ‖b‖² is part of f.
A parameter vector `theta` is the (d+1)×K matrix [W; b] flattened in C order; every tool's result is brought to it.
"""
import dataclasses
import functools
import hashlib
import json
import pathlib

import numpy as np
import scipy.sparse

BLOCK_ROWS = 8192


@dataclasses.dataclass(frozen=True)
class Problem:
    """What the files in `folder` hold. `unit` is what raw features are divided by before λ applies."""
    folder: pathlib.Path
    name: str
    title: str
    l2: float
    unit: float
    rows: int
    columns: int
    classes: int
    sparse: bool
    stored_bytes: int
    nonzeros: int
    fingerprint: str
    poise_arguments: list
    bias_penalty: float = 0.0

    @functools.cached_property
    def labels(self):
        return np.load(self.folder / "y.npy")

    def features(self, dtype):
        """x/unit as a C-order array or CSR matrix of `dtype`. Read in pieces: the peak memory is the result's."""
        if self.sparse:
            return scipy.sparse.load_npz(self.folder / "X.npz").astype(dtype)
        return read_scaled(self.folder / "X.npy", dtype, self.unit)

    @functools.cached_property
    def exact_features(self):
        return self.features(np.float64)

    def objective(self, weights, bias, center=None):
        """f in float64 of weights in units of x/unit. Scores are (x/unit − center) W + b when a center is given."""
        features, labels = self.exact_features, self.labels
        loss = 0.0
        for first in range(0, self.rows, BLOCK_ROWS):
            block = features[first:first + BLOCK_ROWS]
            scores = (block if center is None else block - center) @ weights + bias
            top = scores.max(axis=1)
            chosen = scores[np.arange(len(scores)), labels[first:first + BLOCK_ROWS]]
            loss += np.sum(np.log(np.exp(scores - top[:, None]).sum(axis=1)) + (top - chosen))
        penalty = self.l2 * np.sum(np.square(weights)) + self.bias_penalty * np.sum(np.square(bias))
        return loss / self.rows + 0.5 * penalty

    def objective_of(self, theta):
        matrix = np.asarray(theta, dtype=np.float64).reshape(self.columns + 1, self.classes)
        return float(self.objective(matrix[:-1], matrix[-1]))


@dataclasses.dataclass(frozen=True)
class Sample(Problem):
    """A few rows of a problem, to warm up with."""
    chosen: np.ndarray = None

    @functools.cached_property
    def labels(self):
        return np.load(self.folder / "y.npy")[self.chosen]

    def features(self, dtype):
        if self.sparse:
            return scipy.sparse.load_npz(self.folder / "X.npz")[self.chosen].astype(dtype)
        stored = np.load(self.folder / "X.npy", mmap_mode="r")
        return np.ascontiguousarray(np.divide(stored[self.chosen], self.unit).astype(dtype))


def sample(problem, rows=300):
    """The first rows, and the first two of each class."""
    firsts = [np.flatnonzero(problem.labels == label)[:2] for label in range(problem.classes)]
    chosen = np.union1d(np.arange(min(rows, problem.rows)), np.concatenate(firsts))
    fields = {field.name: getattr(problem, field.name) for field in dataclasses.fields(problem)}
    return Sample(**(fields | dict(rows=len(chosen))), chosen=chosen)


def read_scaled(path, dtype, unit):
    """The .npy matrix at `path`, divided by `unit`, as `dtype`."""
    with open(path, "rb") as file:
        np.lib.format.read_magic(file)
        shape, _, stored = np.lib.format.read_array_header_1_0(file)
        result = np.empty(shape, dtype=dtype)
        for first in range(0, shape[0], BLOCK_ROWS):
            count = min(BLOCK_ROWS, shape[0] - first)
            block = np.fromfile(file, dtype=stored, count=count * shape[1]).reshape(count, shape[1])
            np.divide(block, unit, out=result[first:first + count], casting="unsafe")
    return result


def save_problem(folder, name, title, features, labels, l2, unit=1.0, poise_arguments=None):
    """Writes features (dense or CSR) and labels 0…K−1 to `folder`; meta.json last: its presence means complete."""
    folder.mkdir(parents=True, exist_ok=True)
    labels = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    sparse = scipy.sparse.issparse(features)
    digest = hashlib.sha256(labels.tobytes())
    if sparse:
        scipy.sparse.save_npz(folder / "X.npz", features, compressed=False)
        arrays = (features.data, features.indices, features.indptr)
    else:
        features = np.ascontiguousarray(features)
        np.save(folder / "X.npy", features)
        arrays = (features,)
        poise_arguments = [str(folder / "X.npy"), "--labels", str(folder / "y.npy")]
        if unit != 1.0:
            poise_arguments += ["--unit", f"{unit:g}"]
    for array in arrays:
        digest.update(array)
    digest.update(json.dumps([l2, unit, features.shape]).encode())
    np.save(folder / "y.npy", labels)
    meta = dict(name=name, title=title, l2=l2, unit=unit, rows=features.shape[0], columns=features.shape[1],
                classes=int(labels.max()) + 1, sparse=sparse, stored_bytes=sum(array.nbytes for array in arrays),
                nonzeros=int(features.nnz) if sparse else int(features.size), fingerprint=digest.hexdigest()[:16],
                poise_arguments=poise_arguments)
    (folder / "meta.json").write_text(json.dumps(meta, indent=1))


def open_problem(folder):
    folder = pathlib.Path(folder)
    return Problem(folder=folder, **json.loads((folder / "meta.json").read_text()))
