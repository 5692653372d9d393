"""Generated arrays: Gaussian features, labels drawn from a softmax of a teacher that is not quite linear."""
import dataclasses
import pathlib

import numpy as np

BLOCK_ROWS = 50_000


@dataclasses.dataclass(frozen=True)
class Problem:
    name: str
    rows: int
    columns: int
    classes: int

    def write(self, folder):
        """features.npy (float32) and labels.npy; the features are written in pieces."""
        folder.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(2)
        size = 1 / np.sqrt(self.columns)
        straight, bent = (scale * size * random.standard_normal((self.columns, self.classes)) for scale in (1.5, 1.0))
        shape = (self.rows, self.columns)
        features = np.lib.format.open_memmap(folder / "features.npy", "w+", np.float32, shape)
        labels = np.empty(self.rows, np.int64)
        for first in range(0, self.rows, BLOCK_ROWS):
            block = random.standard_normal((min(BLOCK_ROWS, self.rows - first), self.columns), dtype=np.float32)
            scores = block @ straight + np.abs(block) @ bent
            labels[first:first + len(block)] = np.argmax(scores + random.gumbel(size=scores.shape), axis=1)
            features[first:first + len(block)] = block
        features.flush()
        np.save(folder / "labels.npy", labels)
        return folder / "features.npy", folder / "labels.npy"

    def remove(self, folder):
        for name in ("features.npy", "labels.npy"):
            pathlib.Path(folder / name).unlink(missing_ok=True)


PROBLEMS = {problem.name: problem for problem in (
    Problem("million", 1_000_000, 128, 10),
    Problem("classes", 250_000, 64, 176),
    Problem("small", 20_000, 32, 5),
)}
