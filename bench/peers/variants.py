"""Which peers run on which problem, and the settings in which each is tried: solver, number type, threads."""
import dataclasses
import importlib.util
import pathlib
import shutil
import subprocess
import sys

SMALL_BYTES = 16 << 20  # up to here one thread may beat two
MOST_NEWTON_FLOPS = 3e11  # of one dense Hessian: above, newton-cholesky is left out (MNIST: 4e12, a minute an iteration)
BOTH, DOUBLE, SINGLE = ("float64", "float32"), ("float64",), ("float32",)


@dataclasses.dataclass(frozen=True)
class Variant:
    """A tool in one setting; `module` is a file of peers/tools."""
    tool: str
    packages: tuple
    module: str
    words: str = ""
    dtype: str = "float64"
    threads: int = 1
    options: dict = dataclasses.field(default_factory=dict)

    @property
    def label(self):
        number = {"float32": "f32", "float64": "f64"}[self.dtype]
        return " ".join(word for word in (self.tool, self.words, number, f"×{self.threads}") if word)


@dataclasses.dataclass(frozen=True)
class Tool:
    """A row: a tool with all its variants for a problem. Its optimum is another where it penalizes the bias."""
    name: str
    variants: tuple
    penalizes_bias: bool = False


def is_installed(package):
    folder = pathlib.Path(sys.prefix).parent / package / "bin/python"
    return folder.exists() or importlib.util.find_spec(MODULES.get(package, package)) is not None


MODULES = {"scikit-learn": "sklearn", "scikit-learn-intelex": "sklearnex", "liblinear-official": "liblinear"}


def has_glmnet():
    if not shutil.which("Rscript"):
        return False
    return subprocess.run(["Rscript", "-e", "library(glmnet)"], capture_output=True).returncode == 0


def settings(name, packages, module, dtypes, threads, choices):
    """A variant for each choice (words → options), number type and number of threads."""
    return tuple(Variant(name, packages, module, words, dtype, count, options)
                 for words, options in choices.items() for dtype in dtypes for count in threads)


def restarts(name, packages, tool, dtypes, threads, choices):
    return settings(name, packages, "restarts", dtypes, threads,
                    {words: dict(tool=tool) | options for words, options in choices.items()})


def scikit_learn(problem, threads):
    name, packages = "scikit-learn", ("scikit-learn", "numpy", "scipy")
    found = settings(name, packages, "sklearn_path", BOTH, threads,
                     {"lbfgs": dict(solver="lbfgs"), "newton-cg": dict(solver="newton-cg")})
    if problem.name == "dry-bean":
        found += settings(name, packages, "sklearn_path", DOUBLE, threads[-1:], {
            "lbfgs, centered by hand": dict(solver="lbfgs", center=True),
            "newton-cg, centered by hand": dict(solver="newton-cg", center=True)})
    unknowns = problem.columns * (1 if problem.classes == 2 else problem.classes)
    if not problem.sparse and 2 * problem.rows * unknowns**2 <= MOST_NEWTON_FLOPS:
        found += restarts(name, packages, "sklearn_fit", DOUBLE, threads, {"newton-cholesky": dict(solver="newton-cholesky")})
    return Tool(name, found)


def pytorch(problem, threads):
    name, packages = "PyTorch L-BFGS", ("torch",)
    found = settings(name, packages, "torch_lbfgs", BOTH, threads, {"history 100": dict(history=100)})
    if not problem.sparse:
        found += settings(name, packages, "torch_lbfgs", BOTH, threads[-1:], {"history 20": dict(history=20)})
    if problem.name == "dry-bean":
        found += settings(name, packages, "torch_lbfgs", DOUBLE, threads[-1:],
                          {"standardized by hand": dict(history=100, standardize=True)})
    return Tool(name, found)


def of_many_classes(problem, threads):
    yield scikit_learn(problem, threads)
    if not problem.sparse:  # the extension hands sparse rows and all solvers but lbfgs on to scikit-learn
        yield Tool("scikit-learn-intelex", settings("scikit-learn-intelex", ("scikit-learn-intelex",), "sklearn_path", BOTH,
                                                    threads, {"lbfgs": dict(solver="lbfgs", library="sklearnex")}))
    yield pytorch(problem, threads)
    yield Tool("Cyanure", restarts("Cyanure", ("cyanure",), "cyanure_fit", BOTH, threads, {
        "auto": dict(solver="auto"), "qning-miso": dict(solver="qning-miso")}))
    yield Tool("adelie", restarts("adelie", ("adelie",), "adelie_fit", BOTH, threads,
                                  {"path": dict(path=True), "λ alone": dict(path=False)}))
    if has_glmnet():
        yield Tool("glmnet (R)", settings("glmnet (R)", (), "glmnet", DOUBLE, (1,), {"": {}}))


def of_two_classes(problem, threads):
    yield Tool("LIBLINEAR", restarts("LIBLINEAR", ("liblinear-official",), "liblinear_fit", DOUBLE, (1,), {"": {}}))
    yield Tool("glum", restarts("glum", ("glum",), "glum_fit", BOTH, threads, {
        "irls-ls": dict(solver="irls-ls"), "lbfgs": dict(solver="lbfgs")}))
    yield Tool("skglm", restarts("skglm", ("skglm",), "skglm_fit", DOUBLE, threads[-1:], {
        "prox-newton": dict(solver="prox-newton"), "anderson-cd": dict(solver="anderson-cd")}))
    yield Tool("Snap ML", restarts("Snap ML", ("snapml",), "snapml_fit", SINGLE, threads, {"dual": {}}), penalizes_bias=True)


def tools_for(problem):
    """The tools that solve this problem and are installed."""
    threads = (1, 2) if problem.stored_bytes <= SMALL_BYTES else (2,)
    found = [*of_many_classes(problem, threads), *(of_two_classes(problem, threads) if problem.classes == 2 else ())]
    return [tool for tool in found if all(is_installed(package) for package in tool.variants[0].packages)]
