"""Which peers run on which problem: every tool at its candidates for best – number type, BLAS, threads."""
import dataclasses
import importlib.util
import shutil
import subprocess

from common.processes import blas_folder

SMALL_BYTES = 16 << 20  # up to here one thread may beat two


@dataclasses.dataclass(frozen=True)
class Variant:
    tool: str
    module: str
    dtype: str = "float64"
    blas: str = "openblas"
    threads: int = 2
    options: dict = dataclasses.field(default_factory=dict)

    @property
    def label(self):
        words = [self.tool, "f32" if self.dtype == "float32" else "f64"]
        if self.module in ("sklearn_path", "torch_lbfgs"):
            words += [{"openblas": "OpenBLAS", "blis": "BLIS"}[self.blas], f"×{self.threads}"]
        return " ".join(words)


def has_glmnet():
    if not shutil.which("Rscript"):
        return False
    return subprocess.run(["Rscript", "-e", "library(glmnet)"], capture_output=True).returncode == 0


def solvers(problem):
    """(tool, module, number types, options) of the tools that run on BLAS."""
    both, double = ("float64", "float32"), ("float64",)
    found = [("sklearn lbfgs", "sklearn_path", both, dict(solver="lbfgs")),
             ("sklearn newton-cg", "sklearn_path", both, dict(solver="newton-cg"))]
    if problem.name == "dry-bean":
        found += [("sklearn lbfgs (centered by hand)", "sklearn_path", double, dict(solver="lbfgs", center=True)),
                  ("sklearn newton-cg (centered by hand)", "sklearn_path", double, dict(solver="newton-cg", center=True))]
    if importlib.util.find_spec("torch"):
        found.append(("torch L-BFGS", "torch_lbfgs", both, {}))
        if problem.name == "dry-bean":
            found.append(("torch L-BFGS (standardized by hand)", "torch_lbfgs", double, dict(standardize=True)))
    return found


def variants(problem):
    small = problem.stored_bytes <= SMALL_BYTES and not problem.sparse
    libraries = [name for name in ("openblas", "blis") if blas_folder(name)] or ["openblas"]
    if problem.sparse:
        libraries = libraries[:1]  # sparse products do not go through BLAS
    found = [Variant(tool, module, dtype, blas, threads, options)
             for tool, module, dtypes, options in solvers(problem)
             for dtype in dtypes for blas in libraries for threads in ((1, 2) if small else (2,))]
    if problem.classes == 2:
        found += [Variant("LIBLINEAR", "sklearn_restarts", options=dict(solver="liblinear")),
                  Variant("sklearn newton-cholesky", "sklearn_restarts", options=dict(solver="newton-cholesky"))]
    if has_glmnet():
        found.append(Variant("glmnet", "glmnet"))
    return found
