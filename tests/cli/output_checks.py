"""What is said on stdout and stderr, and what becomes of it where it cannot be."""


def check_a_full_stdout_is_no_internal_error(t):
    t.run("train digits --out run --quiet")
    for command in ("predict run digits --proba", "predict run digits", "predict run digits --json", "evaluate run digits",
                    "certify run digits", "thermo run digits", "inspect digits", "inspect run", "train digits --out new --quiet",
                    "train digits --hidden 4 --epochs 1 --out new --quiet", "convert digits new.csv --json", "--help", "predict --help",
                    "--version", "thermo --compare digits --neurons 16 --epochs 1 --seeds 1 --quiet",
                    "reproduce f-adjoint --data digits --epochs 1 --seeds 1 --quiet --out new"):
        with open("/dev/full", "wb") as full:
            result = t.run(command, None, stdout=full)
        t.equal(result.code, 4, f"the exit code\n{result}\n")
        t.check("cannot write to stdout: No space left on device; expected room for the answer" in result.stderr,
                f"stderr does not say why\n{result}")
