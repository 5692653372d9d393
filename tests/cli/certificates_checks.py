"""scripts/fuzz_certificates.py for a few seconds: its referee is right, and the tool says nothing false."""

import os
import re
import subprocess
import sys

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "fuzz_certificates.py")


def run_script(t, *words):
    done = subprocess.run([sys.executable, "-B", SCRIPT, "--poise", t.program, "--keep", t.path("kept"), *words],
                          capture_output=True, text=True, timeout=300)
    if done.returncode == 77:
        t.skip(done.stderr.strip())
    return done


def check_referee(t):
    done = run_script(t, "--self-test")
    t.check(done.returncode == 0, f"the referee is wrong:\n{done.stdout}{done.stderr}")


def check_answers(t):
    done = run_script(t, "--problems", "60", "--seconds", "8")
    found = re.search(r"problems with a false answer: (\d+)", done.stdout)
    t.check(found, f"no count of false answers:\n{done.stdout}{done.stderr}")
    t.equal(done.returncode, 1 if int(found[1]) else 0, "the exit code")
    t.check("to be looked at" not in done.stdout, f"answers that could not be judged:\n{done.stdout}")
