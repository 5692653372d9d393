"""The public sets: those of R packages (exported by sets.R), scikit-learn's, and the development suite's tables (not news20,
which is sparse). Each is a list of columns of text, and the classes of the rows; an empty cell is a missing value."""
import csv
import gzip
import shutil
import subprocess
import sys

import numpy as np
from sklearn import datasets

FROM_SKLEARN = {"sk-wine": datasets.load_wine, "sk-breast-cancer": datasets.load_breast_cancer, "sk-digits": datasets.load_digits}
# name: (file, delimiter, label column, lines before the rows, columns to leave out)
FROM_SUITE = {"satimage": ("sat.trn", " ", -1, 0, ()), "adult": ("adult.data.gz", ",", -1, 0, ()),
              "mushrooms": ("agaricus-lepiota.data", ",", 0, 0, ()), "letter-recognition": ("letter-recognition.data", ",", 0, 0, ()),
              "yeast": ("yeast.data", None, -1, 0, (0,)), "wine-quality-white": ("winequality-white.csv", ";", -1, 1, ()),
              "leaves-shape": ("data_Sha_64.txt.gz", ",", 0, 0, ()), "dry-bean": ("Dry_Bean_Dataset.csv.gz", ";", -1, 1, ())}


def export_from_r(folder):
    """CSV files of the sets in R packages, made once; what is not installed is said and left out."""
    if shutil.which("Rscript") is None:
        print("left out: the sets of R packages (no Rscript; scripts/install-deps.sh --bench installs them)", file=sys.stderr)
        return
    if not (folder / "complete").exists():
        done = subprocess.run(["Rscript", "bench/defaults/sets.R", str(folder)], capture_output=True, text=True, check=True)
        print(done.stderr, end="", file=sys.stderr)
        (folder / "complete").touch()


def names(r_folder):
    """All sets that are here, the small ones first."""
    files = sorted(r_folder.glob("*.csv"), key=lambda path: path.stat().st_size)
    return [path.stem for path in files] + list(FROM_SKLEARN) + list(FROM_SUITE)


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        columns = [list(column) for column in zip(*list(csv.reader(file))[1:])]
    return columns[:-1], columns[-1]


def read_suite(name, folder):
    file, delimiter, label, header, left_out = FROM_SUITE[name]
    path = folder / name / file
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt") as lines:
        rows = [[cell.strip() for cell in line.strip().split(delimiter)] for line in lines if line.strip()][header:]
    columns = [["" if cell == "?" else cell for cell in column] for column in zip(*rows)]
    classes = columns.pop(label)
    return [column for k, column in enumerate(columns) if k not in left_out], classes


def load(name, r_folder, suite_folder):
    """Columns of text and class numbers; classes of one row are left out, as they cannot be both learned and tested."""
    if name in FROM_SKLEARN:
        features, classes = FROM_SKLEARN[name](return_X_y=True)
        columns = [[repr(float(value)) for value in column] for column in features.T]
    else:
        columns, classes = read_suite(name, suite_folder) if name in FROM_SUITE else read_csv(r_folder / f"{name}.csv")
    _, labels = np.unique(classes, return_inverse=True)
    kept = np.bincount(labels)[labels] >= 2
    _, labels = np.unique(labels[kept], return_inverse=True)
    return [np.array(column, dtype=object)[kept] for column in columns], labels
