#!/usr/bin/env python3
"""Measures a release build of clerkhook and prints the table of docs/performance.md.

    cargo build --release --locked
    tests/bench/run.py [--only version,size,up,serve] [--binary PATH]

Needs Python 3, GNU time for the memory and wrk for `serve` (Debian: `apt-get install time wrk`); what is absent is
skipped and said so. Exit code 1 when a target is missed.
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import pathlib
import platform
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# What each call of the sandbox waits before it is handled, in milliseconds.
CALL, AGENT = 150, 800

# The calls of `up --sandbox --serve --once` in the order of the code, as (name, ms). Rows stand for what runs one
# after the other; the entries of a row are chains that run at the same time.
PHASES = [
    [[("portal URL", CALL), ("one-time token", CALL), ("list endpoints", CALL)], [("agent start", AGENT)]],
    [[("create endpoint", CALL)]],
    [[("signing secret", CALL)]],
    [[("send example", CALL)]],
    [[("attempts", CALL)]],
]
CLEANUP = [[[("disable endpoint", CALL)]], [[("log out", CALL)]]]


def chain(phases):
    """The longest path."""
    return sum(max(sum(ms for _, ms in way) for way in phase) for phase in phases)


def total(phases):
    """What one call after the other would take."""
    return sum(ms for phase in phases for way in phase for _, ms in way)


class Table:
    """Rows of `what | measured | target`, and whether every target was met."""

    def __init__(self):
        self.rows, self.met = [], True

    def add(self, what, measured, target="", met=True):
        self.met &= met
        self.rows.append((what, measured, target if met else f"{target} MISSED"))

    def show(self):
        print("| what | measured | target |\n|---|---|---|")
        for row in self.rows:
            print("| " + " | ".join(row) + " |")


def environment(home):
    """Nothing of the caller's settings."""
    return {"HOME": home, "PATH": "/usr/bin:/bin", "USER": "bench", "CLERKHOOK_AGENT_PORTS": "1-1"}


def wall_ms(command, runs):
    """Median and 95th percentile of the wall time of a command that is started anew each time."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        times.append((time.perf_counter() - start) * 1000)
    times.sort()
    return statistics.median(times), times[int(len(times) * 0.95)]


def version(binary, table, runs):
    wall_ms(["/bin/true"], 20)
    floor, _ = wall_ms(["/bin/true"], runs)
    median, p95 = wall_ms([binary, "--version"], runs)
    words = f"{median:.2f} ms (p95 {p95:.2f} ms; `/bin/true` {floor:.2f} ms)"
    table.add(f"`--version`, wall time, median of {runs}", words, "< 5 ms", median < 5)
    # Not by wait4 from here: a child's peak begins at the size of the Python that forked it.
    if shutil.which("time"):
        run = subprocess.run(["/usr/bin/time", "-f", "%M", binary, "--version"], capture_output=True, text=True)
        mebibytes = int(run.stderr.split()[-1]) / 1024
        table.add("`--version`, peak memory", f"{mebibytes:.1f} MiB", "< 10 MiB", mebibytes < 10)
    else:
        table.add("`--version`, peak memory", "skipped: GNU time is not installed")


def size(binary, table):
    megabytes = os.path.getsize(binary) / 1e6
    table.add("release binary", f"{megabytes:.2f} MB", "< 8 MB", megabytes < 8)


def up(binary, table, runs):
    """From the start of the process to its `ready` line, and to its end."""
    command = [binary, "up", "--sandbox", "--serve", "--once", "--json"]
    command += ["--latency", f"clerk={CALL}ms,svix={CALL}ms,agent={AGENT}ms"]
    ready, ended = [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as home:
            start = time.perf_counter()
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=environment(home), cwd=home, text=True,
            )
            for line in child.stdout:
                if json.loads(line)["type"] == "ready":
                    ready.append((time.perf_counter() - start) * 1000)
            if child.wait() != 0:
                sys.exit(f"`up` ended with {child.returncode}")
            ended.append((time.perf_counter() - start) * 1000)
    longest, sequential = chain(PHASES), total(PHASES)
    median = statistics.median(ready)
    words = f"{median:.0f} ms = {median / longest:.3f} × {longest} ms (one after the other: {sequential} ms)"
    table.add(f"`up`, until `ready`, median of {runs}", words, "≤ 1.1 × the chain", median <= 1.1 * longest)
    longest, sequential = chain(PHASES + CLEANUP), total(PHASES + CLEANUP)
    median = statistics.median(ended)
    words = f"{median:.0f} ms = {median / longest:.3f} × {longest} ms (one after the other: {sequential} ms)"
    table.add("`up --once`, cleanup included", words, "≤ 1.1 × the chain", median <= 1.1 * longest)


def event(length):
    """A `user.created` of exactly this many bytes."""
    frame = json.dumps({"data": {"id": "user_2abc", "first_name": ""}, "object": "event", "type": "user.created"})
    return frame.replace('"first_name": ""', '"first_name": "' + "x" * (length - len(frame)) + '"').encode()


def signed(key, body):
    """The headers of a delivery that was signed now; they hold for 300 s."""
    identifier, now = "msg_2abcdefghijklmnopqrstuvwxyz", str(int(time.time()))
    code = hmac.new(key, b".".join([identifier.encode(), now.encode(), body]), hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(code).decode()
    return {"svix-id": identifier, "svix-timestamp": now, "svix-signature": signature}


def ask(url, body, headers):
    """Status and JSON of one delivery."""
    request = urllib.request.Request(url, body, {"content-type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def wait_for(port):
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    sys.exit("`serve` does not listen")


def serve(binary, table, connections, seconds):
    """`serve -q --reject-invalid` answers 200 to a verified delivery and to nothing else, so a 200 is a proof."""
    what = f"`serve -q`, verified 1.5 kB events, {connections} connections, {seconds} s"
    if not shutil.which("wrk"):
        table.add(what, "skipped: wrk is not installed")
        return
    key, body = bytes(range(24)), event(1500)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api/webhooks"
    with tempfile.TemporaryDirectory() as home:
        secret = pathlib.Path(home, "secret")
        secret.write_text("whsec_" + base64.b64encode(key).decode())
        pathlib.Path(home, "body").write_bytes(body)
        command = [binary, "serve", "-q", "--reject-invalid", "--port", str(port), "--secret-file", str(secret)]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment(home), cwd=home)
        try:
            wait_for(port)
            headers = signed(key, body)
            status, answer = ask(url, body, headers)
            if (status, answer["signature"]) != (200, "valid"):
                sys.exit(f"a genuine delivery was answered {status} {answer}")
            if ask(url, body + b" ", headers)[0] != 400:
                sys.exit("a changed delivery was not refused")
            run = wrk(url, home, headers, connections, seconds)
        finally:
            child.terminate()
            _, _, used = os.wait4(child.pid, 0)
            child.returncode = 0
    served = int(re.search(r"(\d+) requests in", run)[1])
    cpu = (used.ru_utime + used.ru_stime) / served * 1e6
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", run)[1])
    p99 = re.search(r"99%\s+(\S+)", run)[1]
    clean = "Non-2xx" not in run and "Socket errors" not in run
    words = f"{rate:,.0f} requests/s, p99 {p99}, {cpu:.1f} µs of processor time each, " + ("every answer 200, no errors" if clean else "WITH ERRORS")
    table.add(what, words, "≥ 40,000 requests/s", clean and rate >= 40_000)


def wrk(url, home, headers, connections, seconds):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(HERE / "delivery.lua"), url]
    variables = {"BODY": f"{home}/body", **{name.replace("-", "_").upper(): text for name, text in headers.items()}}
    run = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=True)
    return run.stdout


def machine():
    cpu = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())
    cpu = cpu[1] if cpu else platform.machine()
    return f"{cpu}, {os.cpu_count()} cores, {int(memory[1]) / 1048576:.0f} GiB, {platform.system()} {platform.release()}"


def main():
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser = argparse.ArgumentParser(description="Measures a release build of clerkhook.")
    parser.add_argument("--binary", default=str(target / "release" / "clerkhook"))
    parser.add_argument("--only", default="version,size,up,serve", help="some of version,size,up,serve")
    parser.add_argument("--runs", type=int, default=10, help="runs of `up`; `--version` runs 20 times as often")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    if not os.access(options.binary, os.X_OK):
        sys.exit(f"no {options.binary}: run `cargo build --release --locked` first")
    binary, table, wanted = os.path.abspath(options.binary), Table(), options.only.split(",")
    if "version" in wanted:
        version(binary, table, options.runs * 20)
    if "size" in wanted:
        size(binary, table)
    if "up" in wanted:
        up(binary, table, options.runs)
    if "serve" in wanted:
        serve(binary, table, options.connections, options.seconds)
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}\n")
    table.show()
    return 0 if table.met else 1


if __name__ == "__main__":
    sys.exit(main())
