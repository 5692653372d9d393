"""What is said about the options: `help VERB`, the manual page, docs/cli.md, and the completion of bash."""

import os
import re
import shutil
import subprocess


def verbs(t):
    section = t.run("--help").stdout.split("Subcommands:\n")[1].split("\n\n")[0]
    return re.findall(r"^  ([a-z]+) ", section, re.M)


def options_in_help(text):
    """All names with a dash at the head of an entry of --help."""
    names = set()
    for entry in re.findall(r"^  (-[^ \n]+)", text, re.M):
        names.update(re.sub(r"\{.*?\}", "", name) for name in entry.split(","))
    return names


def completions(t, *words):
    """What bash proposes for the last of the words of `poise …`; nothing where it is to complete names of files."""
    script = t.run("help bash-completion").stdout
    line = " ".join("'" + word + "'" for word in ("poise",) + words)
    ask = f"{script}\nCOMP_WORDS=({line}) COMP_CWORD={len(words)}\n_poise\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""
    answer = subprocess.run(["bash", "--norc", "-euc", ask], capture_output=True, text=True, check=True)
    return answer.stdout.split()


def check_help_of_a_verb_is_its_help(t):
    t.equal(t.run("help").stdout, t.run("--help").stdout, "help")
    t.equal(t.run("-V").stdout, t.run("--version").stdout, "-V")
    for verb in verbs(t):
        t.equal(t.run(f"help {verb}").stdout, t.run(f"{verb} --help").stdout, f"help {verb}")


def check_completion_knows_every_verb_and_option(t):
    t.equal(set(verbs(t)) | {"help", "-h", "--help", "-V", "--version"}, set(completions(t, "")), "first words")
    t.equal(completions(t, "cert"), ["certify"], "words that begin with cert")
    t.equal(set(completions(t, "help", "")), set(verbs(t)) | {"man-page", "bash-completion", "markdown"}, "topics of help")
    for verb in verbs(t):
        t.equal(set(completions(t, verb, "-")), options_in_help(t.run(f"{verb} --help-all").stdout), f"options of {verb}")


def check_completion_proposes_the_values_that_are_accepted(t):
    for option in ("--solver", "--missing", "--activation", "--rule", "--telemetry", "--class-weight"):
        refused = t.run(f"train digits {option} nonsense", exit=2).stderr
        expected = re.findall(r"'([^']+)'", refused.split("expected")[1].split("; hint")[0])
        t.equal(sorted(completions(t, "train", "digits", option, "")), sorted(expected), f"values of {option}")
        t.equal(sorted(completions(t, "train", "digits", option, "=")), sorted(expected), f"values of {option}=")
        some = expected[0]
        t.equal(completions(t, "train", option, "=", some), [name for name in expected if name.startswith(some)], f"{option}={some}")


def check_completion_leaves_files_to_bash(t):
    t.equal(completions(t, "train", "dig"), [], "data")
    t.equal(completions(t, "predict", "run", "data.csv", "-o", ""), [], "a file after -o")


def check_the_manual_page_is_sound_and_complete(t):
    page = t.run("help man-page").stdout
    plain = page.replace("\\-", "-")
    for verb in verbs(t):
        section = plain.split(f".SS poise {verb} ")[1].split(".SS ")[0]
        for name in options_in_help(t.run(f"{verb} --help-all").stdout):
            t.check(f"\\fB{name}\\fR" in section, f"{name} of {verb} is not in the manual page")
    if not shutil.which("groff"):
        t.skip("groff is not here")
    shown = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-P-cbou"], input=page, capture_output=True, text=True, check=True)
    t.equal(shown.stderr, "", "warnings of groff")
    for heading in ("NAME", "SYNOPSIS", "VERBS", "EXIT STATUS", "poise train"):
        t.check(heading in shown.stdout, f"{heading} is not shown")


# Who trains a classifier has no use for them.
EXPERIMENTS = {"--solver", "--loss", "--initialization", "--gain", "--order", "--relaxation", "--relaxation-rate", "--relaxation-steps",
               "--temperature", "--mean-energy", "--compat", "--momentum-phase", "--reduction", "--entropy-weight", "--cooling", "--no-cooling", "--solve-head-every"}


def check_plain_help_leaves_out_what_is_for_experiments(t):
    plain, whole = t.run("train --help").stdout, t.run("train --help-all").stdout
    t.equal(options_in_help(whole) - options_in_help(plain), EXPERIMENTS, "what --help-all has beyond --help")
    t.check("--help-all has the options for experiments" in plain, "--help does not say where the others are")
    t.check("For experiments:" in whole and "--help-all has" not in whole, "the heading of the others")
    for verb in set(verbs(t)) - {"train", "compare"}:
        t.equal(t.run(f"{verb} --help").stdout, t.run(f"{verb} --help-all").stdout, f"--help-all of {verb}")


def check_the_page_about_the_command_line_is_up_to_date(t):
    page = t.run("help markdown").stdout
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/cli.md"), encoding="utf-8") as file:
        t.check(file.read() == page, "docs/cli.md is not what `poise help markdown` prints: poise help markdown > docs/cli.md")
    for verb in verbs(t):
        section = page.split(f"## poise {verb}\n")[1].split("\n## ")[0]
        for name in options_in_help(t.run(f"{verb} --help-all").stdout):
            t.check(re.search(f"^- `(.*, )?{re.escape(name)}[ `,]", section, re.M), f"{name} of {verb} is not in docs/cli.md")


def check_ranges_are_those_of_the_library(t):
    for option, refused, expected in (("--l2", "-1", "a number, 0 or more, or auto"), ("--label-smoothing", "1", "a number in [0, 1)"),
                                      ("--unit", "0", "a number above 0"), ("--dropout", "1", "a number in [0, 1)"),
                                      ("--gain", "0", "a number in (0, 1000]"), ("--relaxation-rate", "0", "a number in (0, 2)"),
                                      ("--relaxation-rate", "2", "a number in (0, 2)"), ("--relaxation-steps", "0", "a whole number from 1"),
                                      ("--momentum", "1", "a number in [0, 1)"), ("--momentum-phase", "inf", "a finite number"),
                                      ("--epochs", "0", "a whole number from 1"), ("--hidden", "0", "a whole number from 1"),
                                      ("--min-category-rows", "0", "a whole number from 1"), ("--l2-path", "-1", "a number, 0 or more"),
                                      ("--validation", "1", "a number in [0, 1), or a file"), ("--tolerance", "inf", "a number above 0"),
                                      ("--seed", "-1", "a whole number from 0"), ("--threads", "0", "a whole number from 1")):
        error = t.run(f"train digits {option} {refused}", exit=2).stderr
        fault = "is not finite" if refused == "inf" else "is out of range"
        t.check(f"{option}: {refused} {fault}; expected {expected}" in error, f"{option} {refused} says '{error}'")
    for option in ("--label-smoothing", "--dropout", "--momentum"):  # allowed: the largest number below 1
        t.run(f"train digits --hidden 2 --epochs 1 {option} 0.9999999999999999 --out run --quiet", exit=0 if option != "--momentum" else None)
    for draws, code in ((1, 2), (2, 0)):
        t.run("train digits --hidden 2 --epochs 1 --out run --quiet")
        t.run(f"thermo run digits --rows 20 --draws {draws} --label-draws 2", exit=code)
