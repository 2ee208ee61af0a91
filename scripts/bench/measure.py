#!/usr/bin/env python3
"""Measures two redis-servers in turns; compare.sh is the way to call it.

Each measurement alternates the two (ours, real, ours, real, ...), so that a busy
moment of the machine meets both, and takes the median of the rounds. CPU is the
server's own user and system time from /proc: it is disturbed far less by a load
generator that wants the same cores than the throughput is. Requests come from
redis-benchmark: 50 clients, a million random keys.
"""

import argparse
import atexit
import datetime
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

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CLIENTS = 50
# redis-benchmark's name of the test, and whether the size of the value matters.
TESTS = (("SET", "set", True), ("GET", "get", True), ("INCR", "incr", False), ("PING", "ping_mbulk", False))


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


class Server:
    """One process in a temporary folder."""

    def __init__(self, name, binary, root, *options):
        self.name, self.binary = name, binary
        self.dir = tempfile.mkdtemp(dir=root)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        settings = ["--port", self.port, "--bind", "127.0.0.1", "--dir", self.dir, "--save", "", "--logfile", "log"]
        command = [str(word) for word in (binary, *settings, *options)]
        self.process = subprocess.Popen(command, cwd=self.dir)
        atexit.register(self.process.kill)  # however this ends
        wait(lambda: self.alive() and self.ping(), f"{binary} answers")

    def alive(self):
        if self.process.poll() is not None:
            sys.exit(f"{self.binary} ended: see {self.dir}/log")
        return True

    def ping(self):
        try:
            return self("PING") == "PONG"
        except OSError:
            return False

    def __call__(self, *args):
        """One command; enough of the protocol for what is asked here."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=120) as sock, sock.makefile("rb") as reply:
            words = [str(a).encode() for a in args]
            sock.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
            line = reply.readline().decode().rstrip()
            if line.startswith("-"):
                sys.exit(f"{self.name}: {' '.join(map(str, args))}: {line}")
            return reply.read(int(line[1:])).decode() if line.startswith("$") else line[1:]

    def info(self, field):
        return re.search(rf"^{field}:(.*?)\r?$", self("INFO", "everything"), re.M).group(1)

    def cpu(self):
        """Seconds of user and system time, without children."""
        after_name = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(after_name[11]) + int(after_name[12])) / TICK

    def rss(self):
        return int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE

    def stop(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


def wait(condition, what, seconds=300):
    """Seconds until the condition holds."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > seconds:
            sys.exit(f"waited in vain: {what}")
        time.sleep(0.002)
    return time.monotonic() - start


def requests(server, test, pipeline, size, keys, count):
    """(requests per second, CPU seconds per million requests) of one run of redis-benchmark.

    `test` is the name of one of its tests, or a whole command.
    """
    before = server.cpu()
    command = ["redis-benchmark", "-h", "127.0.0.1", "-p", server.port, "-P", pipeline, "-d", size]
    command += ["-c", CLIENTS, "-r", keys, "-n", count, "--csv"]
    command += test.split() if " " in test else ["-t", test]
    output = subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout
    rate = float(output.strip().splitlines()[-1].split(",")[1].strip('"'))
    return rate, (server.cpu() - before) * 1e6 / count


def load(server, count, size):
    """`count` keys of 16 bytes, each with a value of `size` bytes, over one connection."""
    value = b"x" * size
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        for start in range(0, count, 2000):
            end = min(start + 2000, count)
            form = b"*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n$%d\r\n%s\r\n"
            sock.sendall(b"".join(form % (i, size, value) for i in range(start, end)))
            missing = 5 * (end - start)
            while missing > 0:
                got = len(sock.recv(1 << 20))
                if got == 0:
                    sys.exit("the server closed while keys were loaded")
                missing -= got


class Bench:
    def __init__(self, options, root):
        self.options, self.root, self.requests, self.rows = options, root, [], []
        self.kinds = (("ours", options.ours), ("real", options.real))

    def start(self, kind, *extra):
        return Server(*kind, self.root, *extra)

    def row(self, what, ours, real):
        self.rows.append(f"| {what} | {compared(ours, real)} |")

    def throughput(self):
        """The first table: requests per second, CPU per million requests, and requests per CPU second."""
        servers = [self.start(kind) for kind in self.kinds]
        for size in (64, 1024):
            for server in servers:
                server("FLUSHALL")
                load(server, self.options.keys, size)
            for name, test, sized in TESTS:
                if not sized and size != 64:
                    continue
                for pipeline in (1, 16, 64):
                    self.alternate(servers, f"{name} {size} B, -P {pipeline}" if sized else f"{name}, -P {pipeline}",
                                   test, pipeline, size)
        for server in servers:
            server.stop()

    def alternate(self, servers, label, test, pipeline, size):
        say(label)
        probe = requests(servers[1], test, pipeline, size, self.options.keys, 20_000)[0]
        count = int(max(20_000, probe * self.options.seconds))
        rate, cpu = {s.name: [] for s in servers}, {s.name: [] for s in servers}
        for _ in range(self.options.rounds):
            for server in servers:
                r, c = requests(server, test, pipeline, size, self.options.keys, count)
                rate[server.name].append(r)
                cpu[server.name].append(c)
        efficiency = statistics.median(cpu["real"]) / max(statistics.median(cpu["ours"]), 1e-9)
        cells = compared(rate["ours"], rate["real"]), compared(cpu["ours"], cpu["real"]), f"{efficiency:.2f}"
        self.requests.append(f"| {label} | {' | '.join(cells)} |")

    def memory(self):
        """What a key of 16 bytes with a value of 64 bytes costs."""
        used, rss = {"ours": [], "real": []}, {"ours": [], "real": []}
        say("memory")
        for _ in range(min(3, self.options.rounds)):
            for kind in self.kinds:
                server = self.start(kind)
                before = int(server.info("used_memory")), server.rss()
                load(server, self.options.keys, 64)
                time.sleep(1)  # rehashing ends, buffers of clients go
                used[server.name].append((int(server.info("used_memory")) - before[0]) / self.options.keys)
                rss[server.name].append((server.rss() - before[1]) / self.options.keys)
                server.stop()
        self.row("memory per key of 16 B with 64 B: used_memory, bytes", used["ours"], used["real"])
        self.row("memory per key of 16 B with 64 B: RSS, bytes", rss["ours"], rss["real"])

    def full_sync(self):
        """From REPLICAOF until the link is up; master and replica of the same kind, the master idle."""
        masters = [self.start(kind, "--repl-diskless-sync-delay", 0) for kind in self.kinds]
        for master in masters:
            load(master, self.options.keys, 64)
        for label, diskless in (("full sync, diskless", "yes"), ("full sync, by file", "no")):
            say(label)
            seconds = {"ours": [], "real": []}
            for _ in range(self.options.rounds):
                for kind, master in zip(self.kinds, masters):
                    master("CONFIG", "SET", "repl-diskless-sync", diskless)
                    replica = self.start(kind)
                    start = time.monotonic()
                    replica("REPLICAOF", "127.0.0.1", master.port)
                    wait(lambda: replica.info("master_link_status") == "up", "the link is up")
                    seconds[master.name].append(time.monotonic() - start)
                    if int(replica("DBSIZE")) != self.options.keys:
                        sys.exit(f"{kind[0]}: the replica has {replica('DBSIZE')} keys")
                    replica.stop()
            self.row(f"{label}, {self.options.keys:,} keys: seconds", seconds["ours"], seconds["real"])
        for master in masters:
            master.stop()

    def table(self):
        version = [subprocess.run([path, "--version"], capture_output=True, text=True).stdout.strip()
                   for _, path in self.kinds]
        lines = [
            f"{datetime.date.today()}, {machine()}. Medians of {self.options.rounds} rounds of about "
            f"{self.options.seconds:g} s in turns; redis-benchmark with {CLIENTS} clients on the same machine, "
            f"{self.options.keys:,} random keys.",
            "",
            f"- ours: `{version[0].split(' sha=')[0]}`",
            f"- real: `{version[1].split(' sha=')[0]}`",
            "",
            "| | requests/s ours | real | ratio | CPU s per million ours | real | ratio | requests per CPU s, ratio |",
            "|---|---:|---:|---:|---:|---:|---:|---:|",
            *self.requests,
            "",
            "| | ours | real | ratio |",
            "|---|---:|---:|---:|",
            *self.rows,
        ]
        return "\n".join(lines)


def compared(ours, real):
    """Cells: median of ours, median of the real one, their ratio."""
    ours, real = statistics.median(ours), statistics.median(real)
    return f"{number(ours)} | {number(real)} | **{ours / real:.2f}**" if real else f"{number(ours)} | 0 | -"


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 100 else f"{value:.2f}"


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PHYS_PAGES") * PAGE / 2**30
    name = model.group(1) if model else platform.machine()
    return f"{name}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}"


def arguments(description, quick, parts):
    """The parser of a bench that runs by itself: what is measured, how often, and where the table goes."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", default=str(REPOSITORY / "target/release/redis-server"))
    parser.add_argument("--real", default="/usr/bin/redis-server")
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only", choices=parts, help="one part of the table")
    parser.add_argument("--out", help="write the table to this file, too")
    return parser


def run(bench, options, parts):
    """Measures the parts that are wanted and prints the table; `bench` makes the measurer for a folder."""
    for name in ("ours", "real"):
        # Not resolved: behind Debian's link is a program that goes by the name it is called.
        setattr(options, name, str(pathlib.Path(getattr(options, name)).absolute()))
    with tempfile.TemporaryDirectory(prefix="replis-bench-") as root:
        bench = bench(options, root)
        for part in parts:
            if getattr(options, "only", None) in (None, part):
                getattr(bench, part)()
    print(bench.table())
    if options.out:
        pathlib.Path(options.out).write_text(bench.table() + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", required=True)
    parser.add_argument("--real", required=True)
    parser.add_argument("--quick", action="store_true", help="about a minute")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="of one run of redis-benchmark")
    parser.add_argument("--keys", type=int)
    parser.add_argument("--out", help="write the table to this file, too")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    options.seconds = options.seconds or (0.3 if options.quick else 2)
    options.keys = options.keys or (200_000 if options.quick else 1_000_000)
    run(Bench, options, ("throughput", "memory", "full_sync"))


if __name__ == "__main__":
    main()
