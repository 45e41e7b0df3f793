#!/usr/bin/env python3
"""Measures a release build of clerkhook and prints the table of docs/performance.md.

    cargo build --release --locked
    tests/bench/run.py [--only version,size,up,serve,events,delay,idle] [--binary PATH]

Needs Python 3, GNU time for the memory and wrk for `serve` (Debian: `apt-get install time wrk`); what is absent is
skipped and said so. Exit code 1 when a target is missed.
"""

import argparse
import base64
import contextlib
import hashlib
import hmac
import http.client
import http.server
import json
import os
import pathlib
import platform
import queue
import re
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# What the events of `serve` are signed with; `baseline.rs` knows it too.
KEY = bytes(range(24))

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


PARTS = "version,size,up,serve,events,delay,idle"


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
    table.add("release binary", f"{megabytes:.2f} MB", "≤ 10 MB", megabytes <= 10)


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
    what = f"`serve -q`, verified and kept 1.5 kB events, {connections} connections, {seconds} s"
    if not shutil.which("wrk"):
        table.add(what, "skipped: wrk is not installed")
        return
    with tempfile.TemporaryDirectory() as home:
        secret = pathlib.Path(home, "secret")
        secret.write_text("whsec_" + base64.b64encode(KEY).decode())
        port = free_port()
        command = [binary, "serve", "-q", "--reject-invalid", "--port", str(port), "--secret-file", str(secret)]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment(home), cwd=home)
        try:
            wait_for(port)
            ours = load(port, home, connections, seconds)
        finally:
            child.terminate()
            _, _, used = os.wait4(child.pid, 0)
            child.returncode = 0
    cpu = (used.ru_utime + used.ru_stime) / ours["served"] * 1e6
    words = f"{ours['rate']:,.0f} requests/s, p99 {ours['p99']}, {cpu:.1f} µs of processor time each, {ours['words']}"
    table.add(what, words, "≥ 40,000 requests/s", ours["clean"] and ours["rate"] >= 40_000)
    program = baseline()
    if program is None:
        table.add("the same beside bare hyper with one HMAC", "skipped: `cargo bench --no-run --bench baseline` failed")
        return
    with tempfile.TemporaryDirectory() as home:
        child = subprocess.Popen([program, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        bare = load(int(child.stdout.readline()), home, connections, seconds)
        child.stdin.close()
        child.wait()
    ratio = ours["rate"] / bare["rate"]
    words = f"{ratio:.2f} of its {bare['rate']:,.0f} requests/s, p99 {bare['p99']}, {bare['words']}"
    table.add("the same beside bare hyper with one HMAC", words, "≥ 0.7", bare["clean"] and ratio >= 0.7)


def baseline():
    """The program of `baseline.rs`, built as `serve` is."""
    command = ["cargo", "bench", "--no-run", "--locked", "--bench", "baseline", "--message-format=json"]
    run = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    programs = [message.get("executable") for message in messages if message.get("target", {}).get("name") == "baseline"]
    return next((program for program in programs if program), None)


def load(port, home, connections, seconds):
    """What a server does under wrk, after it was seen to verify."""
    url, body = f"http://127.0.0.1:{port}/api/webhooks", event(1500)
    pathlib.Path(home, "body").write_bytes(body)
    headers = signed(KEY, body)
    status, answer = ask(url, body, headers)
    if (status, answer["signature"]) != (200, "valid"):
        sys.exit(f"a genuine delivery was answered {status} {answer}")
    if ask(url, body + b" ", headers)[0] != 400:
        sys.exit("a changed delivery was not refused")
    run = wrk(url, home, headers, connections, seconds)
    clean = "Non-2xx" not in run and "Socket errors" not in run
    return {
        "served": int(re.search(r"(\d+) requests in", run)[1]),
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", run)[1]),
        "p99": re.search(r"99%\s+(\S+)", run)[1],
        "clean": clean,
        "words": "every answer 200, no errors" if clean else "WITH ERRORS",
    }


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def post(connection, number, body=None):
    """One event over a kept connection, with a message id of its own."""
    body = body or event(1500)
    headers = {"content-type": "application/json", "svix-id": f"msg_bench{number:06}"}
    connection.request("POST", "/api/webhooks", body, headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        sys.exit(f"a post was answered {answer.status}")


def rows(home, where="1"):
    """How many deliveries the history holds."""
    path = pathlib.Path(home, ".local/state/clerkhook/history.sqlite")
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(path)) as database:
        try:
            return database.execute(f"SELECT count(*) FROM deliveries WHERE {where}").fetchone()[0]
        except sqlite3.OperationalError:
            return 0


def until(holds, what, within=60):
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            sys.exit(f"{what}: not within {within} s")
        time.sleep(0.0005)


def events(binary, table, runs):
    """`events` on a history of 10,000 deliveries, each time a new process."""
    with tempfile.TemporaryDirectory() as home:
        port = free_port()
        command = [binary, "serve", "-q", "--port", str(port)]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment(home), cwd=home)
        wait_for(port)
        connection, body = http.client.HTTPConnection("127.0.0.1", port), event(1500)
        for number in range(10_000):
            post(connection, number, body)
            if number % 1000 == 999:
                until(lambda: rows(home) == number + 1, "they are kept")
        child.terminate()
        child.wait()
        for words, target in [("list", 50), ("list -n 10000", 50), ("show last", 20)]:
            command = ["env", "-i", *[f"{name}={value}" for name, value in environment(home).items()]]
            median, p95 = wall_ms([*command, binary, "events", *words.split()], runs)
            what = f"`events {words}`, 10,000 kept, median of {runs}"
            table.add(what, f"{median:.1f} ms (p95 {p95:.1f} ms)", f"< {target} ms", median < target)


@contextlib.contextmanager
def set_up(binary, home, command):
    """A set-up on a sandbox of another process; gives `up` and its `ready` line."""
    sandbox = subprocess.Popen(
        [binary, "sandbox", "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment(home), text=True
    )
    told = json.loads(sandbox.stdout.readline())
    variables = {
        **environment(home), "CLERK_API_URL": told["clerk_api_url"], "SVIX_SERVER_URL": told["svix_server_url"],
        "CLERKHOOK_NGROK_BIN": told["ngrok_bin"], "CLERK_SECRET_KEY": told["clerk_secret_key"],
    }
    child = subprocess.Popen(
        [binary, *command, "--ngrok-config", told["ngrok_config"], "--json"], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=variables, cwd=home, text=True,
    )
    try:
        for line in child.stdout:
            line = json.loads(line)
            if line["type"] == "ready":
                yield child, line
                break
    finally:
        child.terminate()
        child.wait()
        sandbox.terminate()
        sandbox.wait()


class App(http.server.BaseHTTPRequestHandler):
    """An app of somebody's own."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(404 if "clerkhook-probe" in self.headers else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    do_GET = do_HEAD = lambda self: self.send_error(404)

    def log_message(self, *_):
        pass


def delay(binary, table, runs):
    """From the app's answer to the line on stdout, and to the row in the history."""
    app = http.server.ThreadingHTTPServer(("127.0.0.1", 0), App)
    threading.Thread(target=app.serve_forever, daemon=True).start()
    for command, target in [(["up", "--serve"], 50), (["up", str(app.server_address[1])], 250)]:
        with tempfile.TemporaryDirectory() as home:
            with set_up(binary, home, [*command, "--no-env", "--no-test"]) as (child, ready):
                lines = queue.Queue()
                threading.Thread(target=lambda: [lines.put((time.perf_counter(), line)) for line in child.stdout], daemon=True).start()
                shown, kept = [], []
                connection = http.client.HTTPConnection(*ready["public_url"].removeprefix("http://").split(":"))
                for number in range(runs):
                    # Beyond the time in which the agent is asked sooner.
                    time.sleep(2.3)
                    post(connection, number)
                    answered = time.perf_counter()
                    until(lambda: rows(home, f"message_id = 'msg_bench{number:06}' AND status = 200"), "it is kept")
                    kept.append((time.perf_counter() - answered) * 1000)
                    while True:
                        at, line = lines.get(timeout=10)
                        if f"msg_bench{number:06}" in line:
                            break
                    shown.append((at - answered) * 1000)
        what = "the sample app" if "--serve" in command else "an app that only the agent sees"
        for words, times in [("shown", shown), ("kept", kept)]:
            worst = f"median {statistics.median(times):.0f} ms, longest {max(times):.0f} ms of {runs}"
            table.add(f"from the answer of {what} until {words}", worst, f"≤ {target} ms", max(times) <= target)
    app.shutdown()


def processor(pid):
    """Seconds of processor time that a process took until now."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle(binary, table, seconds):
    """The processor time of an `up` that waits, alone and while somebody follows."""
    with tempfile.TemporaryDirectory() as home:
        with set_up(binary, home, ["up", "--serve", "--no-env"]) as (child, _):
            threading.Thread(target=lambda: list(child.stdout), daemon=True).start()
            time.sleep(3)
            following = None
            for what in ["alone", "beside `events --follow`"]:
                if what != "alone":
                    command = [binary, "events", "--follow", "--json"]
                    following = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment(home), cwd=home)
                    time.sleep(1)
                pids = [child.pid] + ([following.pid] if following else [])
                before = [processor(pid) for pid in pids]
                time.sleep(seconds)
                shares = [(processor(pid) - start) / seconds * 100 for pid, start in zip(pids, before)]
                words = " and ".join(f"{share:.2f} % of a core" for share in shares)
                table.add(f"`up` idle, {what}, {seconds} s", words, "< 0.5 % each", max(shares) < 0.5)
            following.terminate()
            following.wait()


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
    parser.add_argument("--only", default=PARTS, help=f"some of {PARTS}")
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
    if "events" in wanted:
        events(binary, table, options.runs)
    if "delay" in wanted:
        delay(binary, table, options.runs)
    if "idle" in wanted:
        idle(binary, table, options.seconds)
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}\n")
    table.show()
    return 0 if table.met else 1


if __name__ == "__main__":
    sys.exit(main())
