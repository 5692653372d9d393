"""The benchmark's problems: each maker reads (or generates) the data once and saves it under the work directory."""
import csv
import gzip
import pathlib

import numpy as np

from peers.embeddings import generate_embeddings
from peers.problem import open_problem, save_problem

DIGITS = pathlib.Path(__file__).parents[2] / "data/digits/digits.csv.gz"


def read_idx(path):
    """An IDX file of bytes (gzip): magic 0,0,8,rank, then big-endian sizes, then the bytes."""
    content = gzip.decompress(path.read_bytes())
    rank = content[3]
    shape = np.frombuffer(content, ">i4", rank, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


def read_table(path, delimiter):
    with gzip.open(path, "rt", newline="") as file:
        return [[cell.strip() for cell in row] for row in csv.reader(file, delimiter=delimiter) if row]


def make_images(folder, data_dir, name, title, l2):
    images = read_idx(data_dir / name / "train-images-idx3-ubyte.gz")
    labels = read_idx(data_dir / name / "train-labels-idx1-ubyte.gz")
    save_problem(folder, name, title, images.reshape(len(images), -1), labels, l2, unit=255.0)


def make_mnist(folder, data_dir):
    make_images(folder, data_dir, "mnist", "MNIST", 1e-4)


def make_fashion_mnist(folder, data_dir):
    make_images(folder, data_dir, "fashion-mnist", "Fashion-MNIST", 1e-4)


def make_digits(folder, data_dir):
    """All 1,797 rows of the repository's own 8×8 digits: 64 pixels of 0…16, then the digit."""
    table = np.loadtxt(DIGITS, delimiter=",", dtype=np.uint8)
    save_problem(folder, "digits", "digits", table[:, :-1], table[:, -1], 1e-3, unit=16.0)


def make_embeddings(folder, data_dir):
    features, labels, _ = generate_embeddings()
    save_problem(folder, "embeddings", "embeddings", features, labels, 1e-5)


def make_probe(folder, data_dir):
    """The shape of ImageNet's labels on the embeddings of a vision transformer."""
    features, labels, _ = generate_embeddings(200_000, 1024, 1000, mean_length=5.0)
    save_problem(folder, "probe", "probe of 1,000 classes", features, labels, 1e-5)


def make_news20(folder, data_dir):
    from sklearn.datasets import load_svmlight_file
    path = data_dir / "suite/news20/news20.libsvm.gz"
    features, labels = load_svmlight_file(str(path), dtype=np.float32)
    save_problem(folder, "news20", "news20", features, labels, 1e-5, poise_arguments=[str(path)])


def make_news20_halves(folder, data_dir):
    """Two classes, news20's first ten against the others: sparse data on LIBLINEAR's home ground."""
    from sklearn.datasets import dump_svmlight_file, load_svmlight_file
    features, labels = load_svmlight_file(str(data_dir / "suite/news20/news20.libsvm.gz"), dtype=np.float32)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rows.libsvm"
    dump_svmlight_file(features, labels > 10, str(path), zero_based=False)
    save_problem(folder, "news20-halves", "news20 in halves, two classes", features, labels > 10, 1e-5, poise_arguments=[str(path)])


def make_dry_bean(folder, data_dir):
    """Raw measurements, 1e-4 to 2.6e5; rounded to float32 for everyone, so that all tools see the same numbers."""
    rows = read_table(data_dir / "suite/dry-bean/Dry_Bean_Dataset.csv.gz", ";")[1:]
    features = np.array([row[:-1] for row in rows], dtype=np.float32)
    save_problem(folder, "dry-bean", "dry-bean, unscaled", features, [row[-1] for row in rows], 1e-6)


def make_adult(folder, data_dir):
    """Two classes. Six numeric columns standardized, eight categorical ones one-hot with `?` as a value of its own."""
    rows = read_table(data_dir / "suite/adult/adult.data.gz", ",")
    numeric = (0, 2, 4, 10, 11, 12)
    blocks = []
    for column in range(14):
        cells = np.array([row[column] for row in rows])
        if column in numeric:
            values = cells.astype(np.float64)
            blocks.append(((values - values.mean()) / values.std())[:, None])
        else:
            blocks.append(cells[:, None] == np.unique(cells))
    features = np.hstack(blocks).astype(np.float32)
    save_problem(folder, "adult", "adult, two classes", features, [row[14] for row in rows], 1e-5)


MAKERS = {
    "mnist": make_mnist,
    "fashion-mnist": make_fashion_mnist,
    "digits": make_digits,
    "embeddings": make_embeddings,
    "probe": make_probe,
    "news20": make_news20,
    "news20-halves": make_news20_halves,
    "dry-bean": make_dry_bean,
    "adult": make_adult,
}


def get_problem(name, work_dir, data_dir):
    folder = work_dir / "problems" / name
    if not (folder / "meta.json").exists():
        MAKERS[name](folder, data_dir)
    return open_problem(folder)
