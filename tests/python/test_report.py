"""poise.report: what `poise report` writes, from Python."""

import subprocess

import pytest

import poise


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return poise.train("digits", out=str(tmp_path_factory.mktemp("runs") / "digits"))


def test_is_what_the_tool_writes(run, tool, tmp_path):
    made = poise.report(run, tmp_path / "page.html")
    subprocess.run([tool, "report", run.figures["run"], "-o", tmp_path / "tool.html", "--quiet"], check=True)
    assert (tmp_path / "page.html").read_text() == made.html == (tmp_path / "tool.html").read_text()
    assert (tmp_path / "page.md").read_text() == made.markdown == (tmp_path / "tool.md").read_text()


def test_of_paths_and_of_several(run):
    one, two = poise.report(run.figures["run"]), poise.report([run, run.figures["run"]])
    assert "is proven within" in one.html
    assert repr(two) == "<Report: 2 runs compared>"


def test_notebooks_show_it_in_a_frame(run):
    html = poise.report(run)._repr_html_()
    assert html.startswith("<iframe") and "<!DOCTYPE" not in html and "&lt;!DOCTYPE html&gt;" in html


def test_notebooks_show_a_run(run):
    assert run._repr_html_() == poise.report(run)._repr_html_()
    small = poise.train("digits", measure=False, label_smoothing=0.1, time_limit=60)
    assert small._repr_html_().startswith("<p>64 -&gt; 10 softmax<br><b>certified</b>: the duality gap")
    measured = poise.train("digits")._repr_html_()
    assert "<td>accuracy</td><td>cross entropy</td>" in measured and "<td>test</td><td>0.9" in measured


def test_of_what_was_not_written():
    with pytest.raises(ValueError, match="out="):
        poise.report(poise.train("digits", measure=False))
    with pytest.raises(poise.PoiseError, match="nothing"):
        poise.report("nothing")
