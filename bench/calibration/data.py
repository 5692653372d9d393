"""The data sets, as Poise reads them, with labels for numpy; and the rows that Poise holds out."""
import dataclasses
import gzip
import pathlib

import numpy as np

from knobs.cases import open_case

IMAGES = ("mnist", "fashion-mnist")
SUITE = ("letter-recognition", "satimage", "wine-quality-white")
HIDDEN = {name: "128" for name in IMAGES} | {name: "64" for name in SUITE}
GOLDEN_GAMMA, WORD = 0x9E3779B97F4A7C15, (1 << 64) - 1


@dataclasses.dataclass(frozen=True)
class Data:
    name: str
    train: str  # what `poise train` is given
    test: str
    train_labels: np.ndarray  # of all rows of `train`
    test_labels: np.ndarray


def idx_labels(path):
    return np.frombuffer(gzip.open(path).read()[8:], dtype=np.uint8).astype(int)


def open_images(name, data_dir):
    labels = [idx_labels(data_dir / name / f"{part}-labels-idx1-ubyte.gz") for part in ("train", "t10k")]
    return Data(name, name, f"{name}:test", *labels)


def open_suite(name, tool, data_dir, work_dir):
    case = open_case(name, tool, data_dir / "suite", work_dir)
    labels = [case.load(part)[1].astype(int) for part in ("train", "test")]
    return Data(name, str(case.path("train")), str(case.path("test")), *labels)


def open_data(name, tool, data_dir, work_dir):
    if name in IMAGES:
        return open_images(name, data_dir)
    return open_suite(name, tool, pathlib.Path(data_dir), pathlib.Path(work_dir))


def random_bits(seed, counters):
    """src/base/random.h, of many counters."""
    def mix(z):
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))

    with np.errstate(over="ignore"):
        key = mix(np.array([(seed + GOLDEN_GAMMA) & WORD], dtype=np.uint64))
        return mix(key + counters.astype(np.uint64) * np.uint64(GOLDEN_GAMMA))


def held_out_rows(rows, count, seed):
    """The rows that `train --validation` holds out (split_rows), so that everyone calibrates on the same."""
    uniform = (random_bits(seed, np.arange(rows + 1)) >> np.uint64(11)) * 2.0**-53
    order = list(range(rows))
    for i in range(rows, 1, -1):
        j = int(uniform[i] * i)
        order[i - 1], order[j] = order[j], order[i - 1]
    return np.sort(order[rows - count:])
