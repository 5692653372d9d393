"""--save: what a benchmark prints goes into bench/results/<date>/<benchmark>.md as well, below machine, commit and command."""
import os
import pathlib
import platform
import shlex
import subprocess
import sys
import time

FOLDER = pathlib.Path("bench/results")
VARIABLES = ("OMP_WAIT_POLICY", "OPENBLAS_CORETYPE")
PLACES = ("--save", "--data-dir", "--work-dir", "--records")  # say where files are: no figure depends on them


def machine():
    """Processor, cores and memory of this machine."""
    lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    flags = next((line.split() for line in lines if line.startswith("flags")), ())
    widest = next((name for flag, name in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags), "no AVX2")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} cores, {widest}, {memory:.0f} GiB; load {os.getloadavg()[0]:.1f} at the start"


def commit():
    """The commit checked out, and whether tracked files differ from it."""
    def git(*words):
        return subprocess.run(["git", *words], capture_output=True, text=True).stdout.strip()

    try:
        found = git("rev-parse", "--short", "HEAD") or "unknown"
        return found + (" with changes" if git("status", "--porcelain", "--untracked-files=no") else "")
    except OSError:
        return "unknown"


def command(prog, words):
    """The command line, with the environment that matters and without the options that say where files are."""
    kept, skip = [*(f"{name}={os.environ[name]}" for name in VARIABLES if name in os.environ), prog], False
    for word in words:
        if word.startswith("-"):
            skip = word in PLACES
        if not skip and word.split("=")[0] not in PLACES:
            kept.append(shlex.quote(word))
    return " ".join(kept)


def title(benchmark):
    return f"# {benchmark}, {time.strftime('%Y-%m-%d')}\n\nWhat is measured, and how: [bench/README.md](../../README.md#{benchmark}).\n"


def run_head(prog, words):
    return (f"\n## Run of {time.strftime('%H:%M')}\n\n- Machine: {machine()}\n- Commit: {commit()}\n"
            f"- Command: `{command(prog, words)}`\n\n")


class Copy:
    """Stands for sys.stdout: writes to it and, from the first word on, to the file of results."""

    def __init__(self, stdout, path, benchmark, head):
        self.stdout, self.path, self.benchmark, self.head, self.file = stdout, path, benchmark, head, None

    def write(self, text):
        if self.file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.file = open(self.path, "a", encoding="utf-8")
            self.file.write(("" if self.file.tell() else title(self.benchmark)) + self.head)
        self.file.write(text)
        return self.stdout.write(text)

    def flush(self):
        self.stdout.flush()
        if self.file is not None:
            self.file.flush()


def save(folder, prog):
    """From now on stdout is copied to folder/<today>/<benchmark>.md; a second run on one day is added below the first."""
    benchmark = prog.split()[-1]
    path = folder / time.strftime("%Y-%m-%d") / f"{benchmark}.md"
    sys.stdout = Copy(sys.stdout, path, benchmark, run_head(prog, sys.argv[1:]))
