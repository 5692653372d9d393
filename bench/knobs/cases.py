"""The suite's sets as split files, as they are and with all features multiplied by 1,000 and by 0.001.

Every set becomes build/bench/knobs/SET/FACTOR/{train,test}: .npy with -labels.npy beside it, or .libsvm. Both sides read the
same numbers: Poise's own encoding of the table, rounded to float32.
"""
import dataclasses
import pathlib

import numpy as np
from sklearn.datasets import dump_svmlight_file, load_svmlight_file

from common.suite import SETS, split
from common.tool import poise

SPLIT_SEED = 1
FACTORS = (1, 1000, 0.001)
HIDDEN = ("64", "256,128")
WORDS = ("adult", "mushrooms")  # (nearly) all features stand for words: multiplying them means nothing
SLOW = {"news20"}               # one hidden size and a smaller grid: 62,061 features


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    folder: pathlib.Path
    sparse: bool

    @property
    def factors(self):
        return FACTORS[:1] if self.name in WORDS else FACTORS

    @property
    def hidden(self):
        return HIDDEN[:1] if self.name in SLOW else HIDDEN

    def path(self, part, factor=1):
        return self.folder / f"x{factor:g}" / f"{part}.{'libsvm' if self.sparse else 'npy'}"

    def load(self, part):
        """Features and labels."""
        if self.sparse:
            return load_svmlight_file(str(self.path(part)), n_features=self.features, dtype=np.float32)
        return np.load(self.path(part)), np.load(self.path(f"{part}-labels"))

    @property
    def features(self):
        return int((self.folder / "features").read_text())

    def test_rows(self):
        return len(self.load("test")[1])

    def train_rows(self):
        return len(self.load("train")[1])


def write(case, part, factor, features, labels):
    path = case.path(part, factor)
    path.parent.mkdir(parents=True, exist_ok=True)
    if case.sparse:
        dump_svmlight_file(features * factor, labels.astype(int), str(path), zero_based=False)
    else:
        np.save(path, (features * factor).astype(np.float32))
        np.save(case.path(f"{part}-labels", factor), labels)


def read_set(tool, source, label, folder):
    """All rows of a suite file: features in float64, labels."""
    if label is None:
        return load_svmlight_file(str(source))
    poise(tool, "convert", source, folder / "all.npy", "--label", label)
    return np.load(folder / "all.npy").astype(np.float64), np.load(folder / "all-labels.npy")


def open_case(name, tool, suite_dir, work_dir):
    """The set's files, made when they are not there; the file `features` is written last."""
    _, file, label = next(entry for entry in SETS if entry[0] == name)
    case = Case(name, work_dir / "knobs" / name, label is None)
    if not (case.folder / "features").exists():
        case.folder.mkdir(parents=True, exist_ok=True)
        features, labels = read_set(tool, suite_dir / name / file, label, case.folder)
        parts = split(len(labels), np.random.default_rng(SPLIT_SEED))
        for factor in case.factors:
            for part, rows in zip(("train", "test"), parts):
                write(case, part, factor, features[rows], labels[rows])
        (case.folder / "features").write_text(str(features.shape[1]))
    return case
