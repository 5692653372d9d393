"""Limits of the address space (ulimit -v): enough, or exit code 6; never a hang."""

import resource
import signal
import subprocess

LOADER = 127  # the system's own loader found no room for the program's libraries


def no_room_to_begin(code):
    """Neither had the loader, or the kernel for the program itself, which it then ends by a signal."""
    return code in (LOADER, -signal.SIGSEGV, -signal.SIGKILL)


def limited(t, megabytes, *words):
    """The exit code and stderr of a run within a limit."""
    limit, stack = int(megabytes * 1e6), 8 << 20  # the stack of every thread counts, too

    def limit_addresses():
        resource.setrlimit(resource.RLIMIT_STACK, (stack, resource.getrlimit(resource.RLIMIT_STACK)[1]))
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    done = subprocess.run([t.program, *words], cwd=t.folder, env=t.environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                          encoding="utf-8", errors="replace", preexec_fn=limit_addresses)
    return done.returncode, done.stderr


def skip_with_sanitizers(t):
    with open(t.program, "rb") as program:
        if b"__sanitizer_" in program.read():
            t.skip("sanitizers want terabytes of addresses")


def enough_for_the_loader(t):
    """In MB: what the loader needs, found by halving, and one more for a heap; less than that is no place for C++."""
    low, high = 0, 1000
    t.equal(limited(t, high, "--version"), (0, ""), f"--version within {high} MB")
    while high - low > 0.25:
        middle = (low + high) / 2
        low, high = (middle, high) if no_room_to_begin(limited(t, middle, "--version")[0]) else (low, middle)
    return high + 1


def check_version_and_help_run_wherever_the_loader_does(t):
    skip_with_sanitizers(t)
    least = enough_for_the_loader(t)
    for megabytes in (least, least + 1, least + 5, least + 20, 200, 350):
        for words in (["--version"], ["--help"], ["train", "--help"], ["help", "train"]):
            t.equal(limited(t, megabytes, *words), (0, ""), f"{words} within {megabytes} MB")


def check_training_ends_well_or_says_what_it_lacks(t):
    skip_with_sanitizers(t)
    least = enough_for_the_loader(t)
    for kind in ([], ["--hidden", "32", "--epochs", "1"]):
        for megabytes in [least + more for more in (0, 1, 2, 3, 5, 7, 9, 12, 20, 40)] + [200, 350, 1000]:
            code, said = limited(t, megabytes, "train", "digits", "--threads", "2", "--out", f"run{megabytes}", "--quiet", *kind)
            t.check(code in (0, 6), f"exit code {code} within {megabytes} MB\n{said}")
            t.check(code == 0 or "expected" in said.splitlines()[-1], f"no message within {megabytes} MB\n{said}")
            t.check(code == 0 or megabytes < 200, f"exit code {code} within {megabytes} MB\n{said}")


def check_threads_that_cannot_start_are_named(t):
    skip_with_sanitizers(t)
    code, said = limited(t, enough_for_the_loader(t) + 10, "train", "digits", "--threads", "1000", "--out", "run", "--quiet")
    t.equal(code, 6, "the exit code")
    t.check("threads can be started" in said and "hint: fewer threads" in said, said)
