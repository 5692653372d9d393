"""Who takes part: each is given a split and answers with accuracy and cross-entropy on its test rows."""
import dataclasses
import pathlib
import shutil
import warnings

import numpy as np
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from common.tool import poise
from defaults import splits

HIDDEN = 64
OLD_L2 = 1e-4  # of the softmax layer, whatever the rows; networks had none


@dataclasses.dataclass
class Task:
    """One split of one set; files are written when they are first asked for."""
    tool: pathlib.Path
    folder: pathlib.Path
    columns: list
    labels: np.ndarray
    train: np.ndarray
    test: np.ndarray
    seed: int

    def __post_init__(self):
        self.encoded = splits.encode(self.columns, self.train)
        self.rows, self.classes = len(self.train), int(self.labels.max()) + 1

    def array(self, standardized):
        """Train and test files of the encoded features, one-hot columns as 0 and 1 or standardized like numbers."""
        name = "standardized" if standardized else "raw"
        if not (self.folder / f"{name}-train.npy").exists():
            features = self.encoded.standardized(self.train) if standardized else self.encoded.features
            for part in ("train", "test"):
                splits.write_npy(self.folder, f"{name}-{part}", features[getattr(self, part)], self.labels[getattr(self, part)])
        return self.folder / f"{name}-train.npy", self.folder / f"{name}-test.npy"

    def table(self):
        """The same rows as a user has them."""
        paths = self.folder / "train.csv", self.folder / "test.csv"
        if not paths[0].exists():
            for path, rows in zip(paths, (self.train, self.test)):
                splits.write_table(path, self.columns, self.train, rows, self.labels)
        return paths


def run_poise(task, files, *options):
    """The tool on these train and test files."""
    train, test = files
    run = task.folder / "run"
    result = poise(task.tool, "train", train, "--test", test, "--seed", task.seed + 1, "--out", run, *options)
    shutil.rmtree(run)
    return dict(accuracy=result["test"]["accuracy"], loss=result["test"]["cross_entropy"], seconds=result["seconds"],
                status=result["status"])


def on_array(task, l2=None, standardized=False, network=False):
    """On the encoded features as they are, which are in the units that tables get; l2 None: the default."""
    hidden = ("--hidden", HIDDEN) if network else ()
    penalty = () if l2 is None else ("--l2", f"{l2:.9g}")
    return run_poise(task, task.array(standardized), "--scale", "none", *penalty, *hidden)


def on_table(task, network=False):
    """As a user would: the table, with nothing said but which column is the label."""
    hidden = ("--hidden", HIDDEN) if network else ()
    return run_poise(task, task.table(), "--label", "class", "--unknown-category", "zero", *hidden)


def log_probabilities(classifier, features):
    """From scores where there are any: probabilities of two classes, [1 − p, p], may be rounded to 0."""
    if not hasattr(classifier, "decision_function"):
        return np.log(np.maximum(classifier.predict_proba(features), 1e-300))
    scores = classifier.decision_function(features)
    scores = scores if scores.ndim == 2 else np.column_stack([np.zeros_like(scores), scores])
    return scores - logsumexp(scores, axis=1, keepdims=True)


def by_sklearn(task, classifier):
    features, labels = task.encoded.features, task.labels
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that 200 iterations were not enough, MLPClassifier's default
        classifier.fit(features[task.train], labels[task.train])
    found, expected = log_probabilities(classifier, features[task.test]), labels[task.test]
    return dict(accuracy=float((classifier.classes_[found.argmax(1)] == expected).mean()),
                loss=float(-found[np.arange(len(expected)), expected].mean()))


SOFTMAX = {"before": lambda task: on_array(task, OLD_L2, standardized=True), "now": on_array,
           "scikit-learn": lambda task: by_sklearn(task, LogisticRegression(max_iter=2000))}
NETWORKS = {"network before": lambda task: on_array(task, 0, standardized=True, network=True),
            "network now": lambda task: on_array(task, network=True),
            "MLPClassifier": lambda task: by_sklearn(task, MLPClassifier((HIDDEN,), random_state=task.seed))}
AS_TABLES = {"now": on_table, "network now": lambda task: on_table(task, network=True)}
AUTO = {"auto": lambda task: run_poise(task, task.array(False), "--scale", "none", "--l2", "auto")}
PENALTIES = (0.1, 0.3, 0.5, 1, 2, 3, 5, 10, 30)  # times 1/n


def candidates(task):
    """Softmax layers of many penalties: 1e-4 with both units of one-hot columns, and c/n with raw ones."""
    found = {("standardized", "1e-4"): on_array(task, OLD_L2, standardized=True), ("raw", "1e-4"): on_array(task, OLD_L2)}
    return found | {("raw", c): on_array(task, c / task.rows) for c in PENALTIES}
