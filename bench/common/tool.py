"""Runs the poise tool with --json."""
import json
import os
import subprocess


class ToolError(Exception):
    """The tool ended with an exit code other than 0, or printed no JSON."""


def poise(tool, *arguments, data_dir=None):
    """What the tool printed. `data_dir`: where mnist and fashion-mnist are."""
    words = [str(tool), *map(str, arguments), "--json", "--quiet"]
    env = dict(os.environ) | (dict(POISE_DATA=str(data_dir)) if data_dir else {})
    done = subprocess.run(words, capture_output=True, text=True, env=env)
    if done.returncode != 0:
        raise ToolError(f"{' '.join(words)} failed with exit code {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)
