"""Compiles dlib's peer program when libdlib-dev is there. BLAS is found at run time, as for the other peers."""
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).parent / "peers/dlib_train.cc"
HEADER = pathlib.Path("/usr/include/dlib/dnn.h")
FLAGS = ["-std=c++17", "-O3", "-march=native", "-DNDEBUG"]
LIBRARIES = ["-ldlib", "-lblas", "-llapack", "-lpthread"]


def build_dlib(work_dir):
    """The program's path, or None with a word on stderr."""
    program = work_dir / "network" / "dlib_train"
    if not HEADER.exists():
        print("no dlib (scripts/install-deps.sh --bench): its rows are left out", file=sys.stderr)
        return None
    if not program.exists() or program.stat().st_mtime < SOURCE.stat().st_mtime:
        program.parent.mkdir(parents=True, exist_ok=True)
        built = subprocess.run(["g++", *FLAGS, SOURCE, "-o", program, *LIBRARIES], capture_output=True, text=True)
        if built.returncode != 0:
            print(f"dlib's peer does not build, its rows are left out:\n{built.stderr[-2000:]}", file=sys.stderr)
            return None
    return program
