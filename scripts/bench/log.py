#!/usr/bin/env python3
"""What the append-only file costs, beside another redis-server, in turns.

Parts: `everysec` and `always` (SET of 64 bytes, 50 clients: requests a second, and CPU of the server and of its
background threads), `files` (seconds of SAVE, of a start from that file, of a rewrite and of a start from the
append-only file).

    scripts/bench/log.py [--quick] [--only PART] [--out FILE]
"""

import datetime
import socket
import statistics
import time

from measure import Server, arguments, compared, machine, requests, run, say, wait


class Bench:
    def __init__(self, options, root):
        self.options, self.root, self.rows, self.versions = options, root, [], []

    def pair(self, *settings):
        return [Server(name, getattr(self.options, name), self.root, *settings) for name in ("ours", "real")]

    def policy(self, policy, pipelines):
        servers = self.pair("--appendonly", "yes", "--appendfsync", policy)
        for pipeline in pipelines:
            say(f"appendfsync {policy}, -P {pipeline}")
            rate, cpu = ({"ours": [], "real": []} for _ in range(2))
            count = self.options.requests if policy == "everysec" else self.options.requests // 10
            for _ in range(self.options.rounds):
                for server in servers:
                    per_second, per_million = requests(server, "set", pipeline, 64, 1_000_000, count)
                    rate[server.name].append(per_second)
                    cpu[server.name].append(per_million)
            name = f"SET, appendfsync {policy}, -P {pipeline}"
            self.rows.append(f"| {name}: requests/s | {compared(rate['ours'], rate['real'])} |")
            self.rows.append(f"| {name}: CPU, µs a request | {compared(cpu['ours'], cpu['real'])} |")
            work = [1 / statistics.median(cpu[name]) for name in ("ours", "real")]
            self.rows.append(f"| {name}: requests per CPU second | {compared([work[0] * 1e6], [work[1] * 1e6])} |")
        for server in servers:
            server.process.kill()
            server.process.wait()

    def everysec(self):
        self.policy("everysec", (1, 16))

    def always(self):
        self.policy("always", (1, 16))

    def files(self):
        seconds = {}
        kinds = (("strings", self.options.keys), ("hashes", self.options.keys // 20))
        for _ in range(self.options.rounds):
            for kind, count in kinds:
                for server in self.pair("--enable-debug-command", "yes", "--auto-aof-rewrite-percentage", "0"):
                    say(f"{server.name}: {count:,} {kind}")
                    fill(server, kind, count)
                    for what, done in steps(server):
                        began = time.monotonic()
                        done()
                        seconds.setdefault((what, kind, count), {"ours": [], "real": []})[server.name].append(
                            time.monotonic() - began)
                    server.process.kill()
                    server.process.wait()
        for (what, kind, count), taken in seconds.items():
            self.rows.append(f"| {what}, {count:,} {kind}: seconds | {compared(taken['ours'], taken['real'])} |")

    def table(self):
        return "\n".join([
            f"{datetime.date.today()}, {machine()}. Medians of {self.options.rounds} rounds in turns.",
            "",
            "| | ours | real | ratio |",
            "|---|---:|---:|---:|",
            *self.rows,
        ])


def fill(server, kind, count):
    """Strings of 100 bytes, or hashes of ten fields."""
    if kind == "strings":
        server("DEBUG", "POPULATE", count, "key", 100)
        return
    with socket.create_connection(("127.0.0.1", server.port)) as sock, sock.makefile("rb") as replies:
        for start in range(0, count, 500):
            batch = []
            for number in range(start, min(start + 500, count)):
                words = ["HSET", f"hash:{number}"] + [w for f in range(10) for w in (f"field:{f}", f"value:{number}:{f}")]
                batch.append(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words))
            sock.sendall(b"".join(batch))
            for _ in batch:
                replies.readline()


def steps(server):
    """SAVE; reading that file; a rewrite; reading the append-only file. Each a name and what to do."""
    def rewrite():
        server("CONFIG", "SET", "appendonly", "yes")
        wait(lambda: server.info("aof_rewrite_in_progress") == "0" and server.info("aof_rewrite_scheduled") == "0",
             "the rewrite is done")

    return (
        ("SAVE", lambda: server("SAVE")),
        ("loading the RDB file", lambda: server("DEBUG", "RELOAD", "NOSAVE")),
        ("BGREWRITEAOF", rewrite),
        ("loading the append-only file", lambda: server("DEBUG", "LOADAOF")),
    )


def main():
    parts = ("everysec", "always", "files")
    parser = arguments(__doc__, "a tenth of the work, one round", parts)
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.requests = 100_000 if options.quick else 1_000_000
    options.keys = 200_000 if options.quick else 2_000_000
    run(Bench, options, parts)


if __name__ == "__main__":
    main()
