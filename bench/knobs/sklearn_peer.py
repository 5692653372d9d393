"""One fit of MLPClassifier with default options: python -m knobs.sklearn_peer CASE_FOLDER HIDDEN SEED STANDARDIZED."""
import json
import pathlib
import sys
import time
import warnings

import numpy as np
from scipy.sparse import issparse
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from knobs.cases import Case


def main():
    warnings.simplefilter("ignore")  # that 200 iterations were not enough, its default
    folder = pathlib.Path(sys.argv[1])
    case = Case(folder.name, folder, (folder / "x1/train.libsvm").exists())
    (features, labels), (test_features, test_labels) = case.load("train"), case.load("test")
    if int(sys.argv[4]):
        scaler = StandardScaler(with_mean=not issparse(features)).fit(features.astype(np.float64))
        features, test_features = (scaler.transform(rows).astype(np.float32) for rows in (features, test_features))
    hidden = tuple(int(width) for width in sys.argv[2].split(","))
    started = time.perf_counter()
    classifier = MLPClassifier(hidden, random_state=int(sys.argv[3])).fit(features, labels)
    seconds = time.perf_counter() - started
    print(json.dumps(dict(test=classifier.score(test_features, test_labels), seconds=seconds, epochs=classifier.n_iter_)))


main()
