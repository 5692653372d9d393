"""What is said about the options: `help VERB`, the manual page, and the completion of bash."""

import re
import shutil
import subprocess


def verbs(t):
    section = t.run("--help").stdout.split("Subcommands:\n")[1].split("\n\n")[0]
    return re.findall(r"^  ([a-z]+) ", section, re.M)


def options_in_help(text):
    """All names with a dash at the head of an entry of --help."""
    names = set()
    for entry in re.findall(r"^  (-[^ ]+)", text, re.M):
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
    t.equal(set(completions(t, "help", "")), set(verbs(t)) | {"man-page", "bash-completion"}, "topics of help")
    for verb in verbs(t):
        t.equal(set(completions(t, verb, "-")), options_in_help(t.run(f"{verb} --help").stdout), f"options of {verb}")


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
        for name in options_in_help(t.run(f"{verb} --help").stdout):
            t.check(f"\\fB{name}\\fR" in section, f"{name} of {verb} is not in the manual page")
    if not shutil.which("groff"):
        t.skip("groff is not here")
    shown = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-P-cbou"], input=page, capture_output=True, text=True, check=True)
    t.equal(shown.stderr, "", "warnings of groff")
    for heading in ("NAME", "SYNOPSIS", "VERBS", "EXIT STATUS", "poise train"):
        t.check(heading in shown.stdout, f"{heading} is not shown")
