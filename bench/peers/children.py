"""Runs of peers as processes of their own: a process goes through several settings, so that starting and loading do not
cost what is measured many times over. A setting far beyond its time limit is killed, and a new process takes the rest.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

from common.processes import busy_seconds, session_seconds, share_of_others, wheel_environment

LOADING = 60.0  # seconds that a peer may take to start, load and warm up


def interpreter(packages):
    """That of the tool's own environment, where it has one (scripts/bench_python.sh), or this one."""
    folder = pathlib.Path(sys.prefix).parent
    own = [folder / package / "bin/python" for package in packages if (folder / package / "bin/python").exists()]
    return str(own[0]) if own else sys.executable


def last_line(path):
    lines = path.read_text(errors="replace").strip().splitlines() if path.exists() else []
    return lines[-1][:200] if lines else "no message"


class Child:
    """A process that works through specs[first:], each in folder/<its number>."""

    def __init__(self, module, specs, folder, threads, first):
        self.specs, self.folder, self.current = specs, folder, first
        command = [interpreter(specs[0]["packages"]), "-m", module, str(folder), str(first)]
        with open(folder / "stdout.txt", "wb") as out, open(folder / "stderr.txt", "wb") as err:
            self.process = subprocess.Popen(command, stdout=out, stderr=err, env=wheel_environment(threads),
                                            start_new_session=True)
        self.next_job()

    def next_job(self):
        self.since, self.begun, self.busy = time.monotonic(), False, self.seconds_so_far()

    def seconds_so_far(self):
        """Processor seconds: of anyone, and of this child with all that it started."""
        return busy_seconds()[0], session_seconds(self.process.pid)

    def job_folder(self):
        return self.folder / str(self.current)

    def others(self):
        return share_of_others(self.busy, self.seconds_so_far(), max(time.monotonic() - self.since, 1e-3))

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def wait_for_job(self):
        """What is to be known of the current setting's run beside its points."""
        while True:
            ended = self.process.poll() is not None
            if (self.job_folder() / "about.json").exists():
                return json.loads((self.job_folder() / "about.json").read_text()) | dict(others=self.others())
            if ended:
                return self.lost(f"failed (exit code {self.process.returncode}): {last_line(self.folder / 'stderr.txt')}")
            if not self.begun and (self.job_folder() / "started").exists():
                self.next_job()
                self.begun = True
            limit = 1.1 * self.specs[self.current]["budget"] + 2 if self.begun else LOADING
            if time.monotonic() - self.since > limit:
                others = self.others()
                self.kill()
                return self.lost("time limit" if self.begun else "did not start in time", others)
            time.sleep(0.005)

    def lost(self, remark, others=None):
        return dict(remark=remark, version="", peak_mib=None, others=others)


def run_jobs(module, specs, folder, threads):
    """Yields (folder of the run, what is to be known of it) for each of `specs`; the folder is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    for number, spec in enumerate(specs):
        (folder / str(number)).mkdir(parents=True)
        (folder / str(number) / "spec.json").write_text(json.dumps(spec))
    child = None
    for number in range(len(specs)):
        if child is None or child.process.poll() is not None:
            child = Child(module, specs, folder, threads, number)
        child.current = number
        child.next_job()
        about = child.wait_for_job()
        yield folder / str(number), about
    child.process.wait()
    child.kill()  # workers that it left
    shutil.rmtree(folder)
