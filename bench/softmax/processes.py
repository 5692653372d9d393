"""Runs a command as a process of its own and measures its peak memory."""
import dataclasses
import os
import pathlib
import subprocess
import time

BLAS_FOLDERS = {"openblas": "openblas-openmp", "blis": "blis-openmp"}


@dataclasses.dataclass(frozen=True)
class Finished:
    code: int
    seconds: float
    peak_mib: float
    stdout: str
    stderr: str


def blas_folder(name):
    """Debian's folder of that BLAS's libblas.so.3, or None if it is not installed."""
    found = sorted(pathlib.Path("/usr/lib").glob(f"*/{BLAS_FOLDERS[name]}"))
    return found[0] if found else None


def environment(threads, blas="openblas"):
    """The process environment that gives numpy and PyTorch this BLAS and this many threads."""
    result = dict(os.environ)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS"):
        result[variable] = str(threads)
    folder = blas_folder(blas)
    if folder:
        inherited = result.get("LD_LIBRARY_PATH")
        result["LD_LIBRARY_PATH"] = f"{folder}:{inherited}" if inherited else str(folder)
    return result


def run(command, time_limit, env=None, log_folder=pathlib.Path(".")):
    """Waits for `command`, at most `time_limit` seconds (then it is killed; the code is negative)."""
    log_folder.mkdir(parents=True, exist_ok=True)
    out, err = log_folder / "stdout.txt", log_folder / "stderr.txt"
    start = time.perf_counter()
    with open(out, "wb") as stdout, open(err, "wb") as stderr:
        process = subprocess.Popen([str(word) for word in command], stdout=stdout, stderr=stderr, env=env)
        while True:
            done, status, usage = os.wait4(process.pid, os.WNOHANG)
            if done:
                break
            if time.perf_counter() - start > time_limit:
                process.kill()
                _, status, usage = os.wait4(process.pid, 0)
                break
            time.sleep(0.002)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Finished(process.returncode, time.perf_counter() - start, usage.ru_maxrss / 1024,
                    out.read_text(errors="replace"), err.read_text(errors="replace"))
