"""The benchmark's networks and their data, saved once under the work directory as peers like them: float32, scaled."""
import dataclasses

import numpy as np

from peers.catalog import DIGITS, read_idx


@dataclasses.dataclass(frozen=True)
class Net:
    """`poise_data`: what `poise train` is given (the same rows as bytes). `learning_rate` goes with momentum 0.9; it
    keeps training stable for everyone and has no bearing on the speed."""
    name: str
    poise_data: str
    rows: int
    widths: tuple
    activation: str
    batch: int
    learning_rate: float

    @property
    def title(self):
        return f"{'-'.join(map(str, self.widths))} {self.activation}, batch {self.batch}, {self.name.split('-')[0]}"

    @property
    def unit(self):
        """What counts as 1 in the data's own units."""
        return 16 if self.name.startswith("digits") else 255

    @property
    def hidden(self):
        return ",".join(map(str, self.widths[1:-1]))

    @property
    def inference_flops(self):
        """Multiplications and additions of the scores of one row, products alone."""
        return 2 * sum(inputs * outputs for inputs, outputs in zip(self.widths, self.widths[1:]))

    @property
    def training_flops(self):
        """Scores, weight gradients, and adjoints of all layers but the first, whose inputs need none."""
        return 3 * self.inference_flops - 2 * self.widths[0] * self.widths[1]


MOMENTUM = 0.9
NETS = {net.name: net for net in (
    Net("mnist-128", "mnist", 60_000, (784, 128, 10), "sigmoid", 128, 0.05),
    Net("mnist-512-256", "mnist", 60_000, (784, 512, 256, 10), "relu", 128, 0.01),
    Net("digits-64", "digits:all", 1_797, (64, 64, 10), "relu", 32, 0.02),
)}


def read_rows(name, data_dir):
    """Pixels between 0 and 1 as float32, and labels."""
    if name.startswith("digits"):
        table = np.loadtxt(DIGITS, delimiter=",", dtype=np.float32)
        return table[:, :-1] / 16, table[:, -1].astype(np.int64)
    images = read_idx(data_dir / name / "train-images-idx3-ubyte.gz")
    labels = read_idx(data_dir / name / "train-labels-idx1-ubyte.gz")
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255), labels.astype(np.int64)


def data_folder(net, work_dir, data_dir):
    """The folder with features.npy and labels.npy; made when it is not there. labels.npy is written last."""
    folder = work_dir / "network" / net.poise_data.split(":")[0]
    if not (folder / "labels.npy").exists():
        folder.mkdir(parents=True, exist_ok=True)
        features, labels = read_rows(net.poise_data, data_dir)
        np.save(folder / "features.npy", np.ascontiguousarray(features))
        np.save(folder / "labels.npy", labels)
    return folder
