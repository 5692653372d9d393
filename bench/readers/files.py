"""The files to read: about 100 MB each of CSV (reals, integers) and of LIBSVM text, made once from a fixed seed."""
import numpy as np

MEGABYTES = 100
CHUNK_ROWS = 1000


def write_rows(path, make_line):
    """Appends lines until the file has its size; complete files only, under their final name."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part, random = path.with_suffix(".part"), np.random.default_rng(20261121)
    with open(part, "w", encoding="ascii") as file:
        while file.tell() < MEGABYTES * 10**6:
            file.write("".join(make_line(random) for _ in range(CHUNK_ROWS)))
    part.rename(path)


def csv_line(random):
    """32 numbers of six significant digits, then a label 0…9."""
    cells = [f"{value:.6g}" for value in random.standard_normal(32)]
    return ",".join(cells) + f",{random.integers(10)}\n"


def integer_line(random):
    """32 integers of one and two digits, then a label 0…9."""
    return ",".join(map(str, random.integers(100, size=32))) + f",{random.integers(10)}\n"


def libsvm_line(random):
    """A label 0…9, then some 80 of 50,000 features: half of them counts, half fractions, as texts have."""
    columns = np.unique(random.integers(1, 50_001, 80))
    counts = random.geometric(0.5, len(columns))
    weights = random.random(len(columns))
    cells = [f"{column}:{weight:.6f}" if column % 2 else f"{column}:{count}"
             for column, count, weight in zip(columns, counts, weights)]
    return f"{random.integers(10)} " + " ".join(cells) + "\n"


def make_files(folder):
    """Paths of the reals, the integers and the LIBSVM text."""
    makers = {"numbers.csv": csv_line, "integers.csv": integer_line, "counts.libsvm": libsvm_line}
    for name, make_line in makers.items():
        write_rows(folder / name, make_line)
    return [folder / name for name in makers]
