"""Who takes part: every tool at its candidates for best – number type, BLAS, threads, OpenMP wait policy."""
import dataclasses
import importlib.util

from common.processes import libraries

BLAS_NAMES = {"openblas": "OpenBLAS", "blis": "BLIS"}
OWN_FLOAT32, OWN_BF16 = "Poise float32", "Poise bf16"


@dataclasses.dataclass(frozen=True)
class Entry:
    """One way to run one tool. Entries of a `family` compete to be its best; `against` names Poise's family that runs
    just before, so that ratios are between neighbors in time."""
    family: str
    module: str
    threads: int
    blas: str = ""
    wait: str = "passive"
    against: str = OWN_FLOAT32
    options: dict = dataclasses.field(default_factory=dict, hash=False)

    @property
    def label(self):
        words = [self.family, BLAS_NAMES.get(self.blas, ""), f"×{self.threads}"]
        if self.wait != "passive":
            words.append(f"({self.wait} wait)")
        return " ".join(word for word in words if word)


def own_training():
    return [Entry(family, "poise_train", threads, options=dict(precision=precision))
            for family, precision in ((OWN_FLOAT32, "float32"), (OWN_BF16, "bf16")) for threads in (1, 2)]


def own_rules():
    """Poise's other ways to train, measured against its own adjoint rule with a given step."""
    return [Entry(family, "poise_train", threads, options=options) for threads in (1, 2)
            for family, options in (("Poise equilibrium", dict(rule="equilibrium")),
                                    ("Poise golden step", dict(step="golden")))]


def training_peers(dlib):
    found = []
    if importlib.util.find_spec("torch"):
        found += [Entry("PyTorch float32", "torch_train", threads, blas) for blas in libraries() for threads in (1, 2)]
        found += [Entry("PyTorch float32", "torch_train", 2, blas, "active") for blas in libraries()]
        found += [Entry("PyTorch bf16", "torch_train", threads, "openblas", wait, OWN_BF16, dict(bf16=True))
                  for threads, wait in ((1, "passive"), (2, "passive"), (2, "active"))]
    found += [Entry("scikit-learn", "sklearn_train", threads, blas) for blas in libraries() for threads in (1, 2)]
    if dlib:
        found += [Entry("dlib", "dlib_train", threads, blas) for blas in libraries() for threads in (1, 2)]
    return found


def own_inference():
    return [Entry(OWN_FLOAT32, "poise_infer", threads) for threads in (1, 2)]


def inference_peers():
    found = []
    if importlib.util.find_spec("torch"):
        found += [Entry("PyTorch float32", "torch_infer", threads, blas) for blas in libraries() for threads in (1, 2)]
    if importlib.util.find_spec("onnxruntime"):
        found += [Entry("onnxruntime", "onnxruntime_infer", threads) for threads in (1, 2)]
    return found + [Entry("scikit-learn", "sklearn_infer", threads, blas) for blas in libraries() for threads in (1, 2)]
