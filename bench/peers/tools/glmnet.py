"""R's glmnet through glmnet.R; alpha = 0, standardize = FALSE: its penalty is then λ/2 ‖β‖² on the mean loss, ours.

It shows no iterates: fitted anew at ever smaller thresholds, each along a path of 20 penalties as its manual advises.
"""
import subprocess

import numpy as np

from peers.tools.binary import binary_theta, is_binary, vector_penalty

SCRIPT = __file__.replace(".py", ".R")


def write_input(problem, folder):
    """The features column by column as R stores them (sparse: as compressed columns), and the labels."""
    features = problem.features(np.float64)
    if problem.sparse:
        columns = features.tocsc()
        columns.data.tofile(folder / "values.bin")
        columns.indices.astype(np.int32).tofile(folder / "rows.bin")
        columns.indptr.astype(np.int32).tofile(folder / "starts.bin")
    else:
        features.T.tofile(folder / "values.bin")
    problem.labels.astype(np.int32).tofile(folder / "labels.bin")


def train(problem, dtype, threads, recorder):
    folder = recorder.folder
    write_input(problem, folder)
    words = [problem.rows, problem.columns, "sparse" if problem.sparse else "dense",
             "binomial" if is_binary(problem) else "multinomial", repr(vector_penalty(problem))]
    remark = "paths at thresholds 1e-7, 1e-10, 1e-14"
    for path in folder.glob("point-*.bin"):
        path.unlink()  # of the warm-up
    recorder.start()
    try:
        # Room for R to start and read the data; a point that took longer than the time limit is dropped below.
        subprocess.run(["Rscript", "--vanilla", SCRIPT, folder, *map(str, words)], check=True,
                       timeout=recorder.budget + 4, stdout=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        remark = "time limit"
    for path in sorted(folder.glob("point-*.bin")):
        seconds, *theta = np.fromfile(path)
        if seconds <= recorder.budget:
            recorder.append(seconds, binary_theta(theta) if is_binary(problem) else np.array(theta))
    return remark
