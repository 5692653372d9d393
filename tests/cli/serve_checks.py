"""--serve: the same bits with and without, the page from the first to the last moment, and what it refuses."""

import json
import re
import signal
import socket
import threading
import time
import urllib.request

URL = re.compile(r"http://127\.0\.0\.1:(\d+)/[0-9a-f]{32}/")


def serving(t, command):
    """The training under way, and the URL of its page."""
    process = t.start(command)
    told = ""
    while not URL.search(told):
        line = process.stderr.readline().decode()
        told += line
        if not line:
            result = t.finish(process)
            if "without cpp-httplib" in told:
                t.skip("this build has no server")
            t.check(False, f"no URL\n{told}{result}")
    return process, URL.search(told).group()


def page_of(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


class Reader(threading.Thread):
    """Follows a page to its end."""

    def __init__(self, url):
        super().__init__()
        self.url, self.events, self.fault = url, [], None
        self.start()

    def run(self):
        try:
            with urllib.request.urlopen(self.url + "events?since=0", timeout=60) as stream:
                self.events = [json.loads(line[6:]) for line in stream if line.startswith(b"data: ")]
        except (OSError, ValueError) as error:
            self.fault = error


def check_served_trainings_have_the_same_bits(t):
    for number, words in enumerate(["digits", "digits --l2-path 1,0.1,0.01 --validation 0.2", "digits --l2 auto --folds 3 --no-report",
                                    "digits --hidden 16 --epochs 5 --telemetry light", "digits --target features --epochs 2"]):
        t.run(f"train {words} --out plain{number} --quiet")
        process, url = serving(t, f"train {words} --out served{number} --serve --json")
        reader = Reader(url)
        result = t.finish(process)
        reader.join()
        t.equal(result.code, 0, f"the exit code of {words}\n{result}\n")
        t.equal(t.read(f"served{number}/model.onnx"), t.read(f"plain{number}/model.onnx"), f"the model of {words}")
        served, plain = (json.loads(t.read(f"{name}{number}/run.json")) for name in ("served", "plain"))
        t.equal(served["command"], plain["command"], "the command")
        t.check(not reader.fault and reader.events, f"events of {words}: {reader.fault}")
        t.check("Training has ended." in reader.events[-1].get("page", ""), f"{words}: the last event is not the report")


def check_a_page_is_whole_at_any_moment(t):
    process, url = serving(t, "train digits --hidden 24 --epochs 1000000 --out run --quiet --serve")
    deadline = time.monotonic() + 60
    while "epoch" not in (page := page_of(url)) or "<svg" not in page:
        t.check(time.monotonic() < deadline, "no curve within a minute")
        time.sleep(0.1)
    t.check(page.startswith("<!DOCTYPE html>") and page.rstrip().endswith("</html>"), "half a page")
    process.send_signal(signal.SIGINT)
    result = t.finish(process, 60)
    t.equal(result.code, 130, f"the exit code\n{result}\n")
    t.equal(result.stderr.count("http://"), 0, "the URL is said once")


def check_what_came_before_a_resumed_run_is_shown(t):
    command = "train digits --hidden 24 --epochs 1000000 --checkpoint-every 0.001 --out run --quiet"
    t.interrupt(command, "epoch", 20)
    process, url = serving(t, command + " --resume --serve")
    deadline = time.monotonic() + 60
    while "<svg" not in (page := page_of(url)):
        t.check(time.monotonic() < deadline, "no curve within a minute")
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    t.finish(process, 60)
    first = re.search(r'<table class="data">.*?<tbody><tr><td class=n>([^<]*)', page).group(1)
    t.equal(first, "1", "the first epoch of the curve")


def check_readers_who_do_not_read_keep_nobody(t):
    process, url = serving(t, "train digits --hidden 24 --epochs 1000000 --out run --quiet --serve")
    port, path = int(URL.search(url).group(1)), url[url.index("/", 8):]
    readers = [socket.create_connection(("127.0.0.1", port)) for _ in range(12)]
    for reader in readers[:6]:
        reader.sendall(f"GET {path}events?since=0 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    readers[0].recv(1)
    readers[1].close()
    process.send_signal(signal.SIGINT)
    t.equal(t.finish(process, 60).code, 130, "the exit code")
    for reader in readers:
        reader.close()


def check_what_cannot_be_served_is_refused_before_training(t):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = t.run(f"train digits --serve {port} --out run", exit=None)
        if "without cpp-httplib" in refused.stderr:
            t.skip("this build has no server")
        t.equal(refused.code, 4, f"the exit code\n{refused}\n")
        t.check("Address already in use" in refused.stderr and "hint: --serve without a number" in refused.stderr, f"stderr\n{refused}")
    t.equal(t.files(), {}, "the files")
    for words in ("--serve 70000", "--serve -1", "--serve-address 127.0.0.1", "--serve --serve-address ''", "--serve x"):
        t.run(f"train digits {words} --out run", exit=2)
    nowhere = t.run("train digits --serve --serve-address '' --out run", exit=2).stderr
    t.check("an empty name; expected an address of this machine" in nowhere, f"stderr\n{nowhere}")
    t.equal(t.files(), {}, "the files")
    failed = t.run("train not-there.csv --serve --out run", exit=4)
    t.check("http://127.0.0.1:" in failed.stderr, f"stderr\n{failed}")


def check_the_port_may_be_left_out_anywhere(t):
    """What follows --serve is its value only where it is a number."""
    t.write("options.toml", "serve = true\n")
    for words in ("--serve digits", "digits --serve --quiet", "digits --config options.toml", "digits --serve=0", "digits --serve 0"):
        result = t.run(f"train {words} --l2 1 --out run")
        t.check(URL.search(result.stderr), f"no URL\n{result}")
    elsewhere = t.run("train digits --l2 1 --serve --serve-address 0.0.0.0 --out run")
    t.check("not only this machine can reach 0.0.0.0" in elsewhere.stderr, f"no warning\n{elsewhere}")
