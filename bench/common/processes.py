"""Runs a command as a process of its own, measures its peak memory, and sees how busy others kept the machine."""
import dataclasses
import os
import pathlib
import re
import resource
import subprocess
import time

BLAS_FOLDERS = {"openblas": "openblas-openmp", "blis": "blis-openmp"}


@dataclasses.dataclass(frozen=True)
class Finished:
    code: int
    seconds: float
    peak_mib: float
    others: float  # share of all processors' time that went to other work meanwhile
    stdout: str
    stderr: str


def blas_folder(name):
    """Debian's folder of that BLAS's libblas.so.3, or None if it is not installed."""
    found = sorted(pathlib.Path("/usr/lib").glob(f"*/{BLAS_FOLDERS[name]}"))
    return found[0] if found else None


def libraries():
    """The names of BLAS that are installed."""
    return [name for name in BLAS_FOLDERS if blas_folder(name)] or ["openblas"]


def openblas_core():
    """The kernels OpenBLAS should use here: it takes a processor younger than itself for one without AVX."""
    flags = set(pathlib.Path("/proc/cpuinfo").read_text().split())
    return "SkylakeX" if "avx512bw" in flags else "Haswell" if "avx2" in flags else ""


def environment(threads, blas="openblas", wait=None):
    """The process environment that gives numpy and PyTorch this BLAS, this many threads and this OMP_WAIT_POLICY."""
    result = dict(os.environ)
    if wait:
        result["OMP_WAIT_POLICY"] = wait
    if openblas_core():
        result.setdefault("OPENBLAS_CORETYPE", openblas_core())
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS"):
        result[variable] = str(threads)
    folder = blas_folder(blas)
    if folder:
        inherited = result.get("LD_LIBRARY_PATH")
        result["LD_LIBRARY_PATH"] = f"{folder}:{inherited}" if inherited else str(folder)
    return result


def wheel_environment(threads):
    """For packages of PyPI: what they bring along knows the processor, and computes on this many threads."""
    result = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        result[variable] = str(threads)
    return result


def peak_memory(pid):
    """The largest resident set of the program `pid` runs, in MiB, so far; 0 once it has ended.

    wait4's ru_maxrss would also count the pages of this harness, which the child holds between fork and exec.
    """
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def busy_seconds():
    """Processor seconds spent so far by anyone (the hypervisor's other guests included), and by ended children of ours."""
    ticks = [int(word) for word in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK"), own.ru_utime + own.ru_stime


def session_seconds(session):
    """Processor seconds of all running processes of a session (setsid), and of their ended children."""
    ticks = 0
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            ticks += sum(int(word) for word in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def share_of_others(before, after, seconds):
    """From two busy_seconds(), `seconds` apart. Ticks are coarse: short runs could come out below 0 or above 1."""
    return min(max(0.0, (after[0] - before[0] - (after[1] - before[1])) / (seconds * os.cpu_count())), 1.0)


def run(command, time_limit, env=None, log_folder=pathlib.Path(".")):
    """Waits for `command`, at most `time_limit` seconds (then it is killed; the code is negative)."""
    log_folder.mkdir(parents=True, exist_ok=True)
    out, err = log_folder / "stdout.txt", log_folder / "stderr.txt"
    before, start = busy_seconds(), time.perf_counter()
    with open(out, "wb") as stdout, open(err, "wb") as stderr:
        process = subprocess.Popen([str(word) for word in command], stdout=stdout, stderr=stderr, env=env)
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, peak_memory(process.pid))
            if time.perf_counter() - start > time_limit:
                process.kill()
            time.sleep(0.005)
    seconds = time.perf_counter() - start
    return Finished(process.returncode, seconds, peak, share_of_others(before, busy_seconds(), seconds),
                    out.read_text(errors="replace"), err.read_text(errors="replace"))


def failure(finished):
    """Why a process failed, in one line."""
    lines = finished.stderr.strip().splitlines()
    return f"failed (exit code {finished.code}): {lines[-1] if lines else 'no message'}"
