#!/usr/bin/env python3
"""Measures full synchronization of two redis-servers in turns, and prints a Markdown table.

    scripts/bench/sync.py [--quick] [--rounds N] [--keys K] [--patience S] [--ours PATH] [--real PATH] [--out FILE]

Master and replica are of the same kind. The lines of the table:

- first contact: from REPLICAOF until the link is up, a thousand keys, all settings at their defaults (five seconds
  are repl-diskless-sync-delay), and with a delay of 0;
- WAIT 1: from sending SET and WAIT 1 0 together until both are answered, median and 99th of a hundred;
- full sync: from REPLICAOF until the link is up, a million random values of 1,000 bytes, the master idle, with
  repl-diskless-sync no and yes (repl-diskless-sync-delay 0, since waiting for company is no work);
- under load: redis-benchmark writes 1,000-byte values (8 clients, -P 8) all the time; two replicas are attached, both
  have to be up at once while it runs. All settings at their defaults.
"""

import os
import socket
import statistics
import subprocess
import sys
import time

from measure import Server, arguments, machine, number, run, say, wait

VALUE = 1000


def fill(server, count):
    """`count` keys with values of their own of random bytes, which do not compress."""
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        for start in range(0, count, 1000):
            end = min(start + 1000, count)
            noise = os.urandom(VALUE * (end - start))
            form = b"*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n$%d\r\n%s\r\n"
            values = (noise[VALUE * i:VALUE * (i + 1)] for i in range(end - start))
            sock.sendall(b"".join(form % (start + i, VALUE, value) for i, value in enumerate(values)))
            missing = 5 * (end - start)
            while missing > 0:
                got = len(sock.recv(1 << 20))
                if got == 0:
                    sys.exit("the server closed while keys were loaded")
                missing -= got


def is_up(replica):
    return replica.info("master_link_status") == "up"


def attach(replica, master, expected=None):
    """Seconds from REPLICAOF until the link is up."""
    start = time.monotonic()
    replica("REPLICAOF", "127.0.0.1", master.port)
    wait(lambda: is_up(replica), "the link is up")
    took = time.monotonic() - start
    if expected is not None and int(replica("DBSIZE")) != expected:
        sys.exit(f"{replica.binary}: the replica has {replica('DBSIZE')} keys")
    return took


def wait_one(master, count=100):
    """Milliseconds of SET and WAIT 1, sorted."""
    took = []
    with socket.create_connection(("127.0.0.1", master.port)) as sock, sock.makefile("rb") as reply:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(count):
            start = time.monotonic()
            sock.sendall(b"SET key %d\r\nWAIT 1 0\r\n" % i)
            answers = reply.readline(), reply.readline()
            took.append((time.monotonic() - start) * 1000)
            if answers != (b"+OK\r\n", b":1\r\n"):
                sys.exit(f"WAIT: {answers}")
            time.sleep(0.002)
    return sorted(took)


class Bench:
    def __init__(self, options, root):
        self.options, self.root, self.rows = options, root, []
        self.kinds = (("ours", options.ours), ("real", options.real))

    def start(self, kind, *extra):
        return Server(*kind, self.root, *extra)

    def row(self, what, ours, real):
        ours, real = statistics.median(ours), statistics.median(real)
        self.rows.append(f"| {what} | {number(ours)} | {number(real)} | **{ours / real:.2f}** |")

    def small(self):
        say("first contact and WAIT")
        contact, prompt, middle, late = ({"ours": [], "real": []} for _ in range(4))
        for _ in range(self.options.rounds):
            for kind in self.kinds:
                master, replica = self.start(kind), self.start(kind)
                fill(master, 1000)
                contact[kind[0]].append(attach(replica, master, 1000))
                master("CONFIG", "SET", "repl-diskless-sync-delay", 0)
                second = self.start(kind)
                prompt[kind[0]].append(attach(second, master, 1000) * 1000)
                second.stop()
                took = wait_one(master)
                middle[kind[0]].append(statistics.median(took))
                late[kind[0]].append(took[len(took) * 99 // 100])
                master.stop()
                replica.stop()
        self.row("first contact, 1,000 keys, defaults: s", contact["ours"], contact["real"])
        self.row("another, repl-diskless-sync-delay 0: ms", prompt["ours"], prompt["real"])
        self.row("SET and WAIT 1: median ms", middle["ours"], middle["real"])
        self.row("SET and WAIT 1: 99th ms", late["ours"], late["real"])

    def large(self):
        masters = [self.start(kind, "--repl-diskless-sync-delay", 0) for kind in self.kinds]
        for master in masters:
            say(f"filling {master.name}")
            fill(master, self.options.keys)
        for label, diskless in (("by file", "no"), ("diskless", "yes")):
            say(f"full sync, {label}")
            seconds = {"ours": [], "real": []}
            for _ in range(self.options.rounds):
                for kind, master in zip(self.kinds, masters):
                    master("CONFIG", "SET", "repl-diskless-sync", diskless)
                    replica = self.start(kind)
                    seconds[kind[0]].append(attach(replica, master, self.options.keys))
                    replica.stop()
            self.row(f"full sync, {label}, {self.options.keys:,} x {VALUE} random bytes: s",
                     seconds["ours"], seconds["real"])
        for master in masters:
            master.stop()

    def loop(self):
        cells = []
        for kind in self.kinds:
            say(f"under load, {kind[0]}")
            master = self.start(kind)
            fill(master, self.options.keys)
            command = ["redis-benchmark", "-p", master.port, "-t", "set", "-d", VALUE, "-c", 8, "-P", 8]
            command += ["-r", self.options.keys, "-n", 2_000_000_000, "-q"]
            load = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL)
            replicas = [self.start(kind), self.start(kind)]
            try:
                start = time.monotonic()
                for replica in replicas:
                    replica("REPLICAOF", "127.0.0.1", master.port)
                while not all(map(is_up, replicas)) and time.monotonic() - start < self.options.patience:
                    time.sleep(0.1)
                took = time.monotonic() - start
                up = sum(map(is_up, replicas))
                if load.poll() is not None:
                    sys.exit("the load ended too early")
                cells.append(f"{up} up after {took:.0f} s, sync_full {master.info('sync_full')}")
            finally:
                load.kill()
                load.wait()
            for server in (*replicas, master):
                server.stop()
        self.rows.append(f"| two replicas under load | {cells[0]} | {cells[1]} | |")

    def table(self):
        version = [subprocess.run([path, "--version"], capture_output=True, text=True).stdout.strip()
                   for _, path in self.kinds]
        return "\n".join([
            f"{machine()}. Medians of {self.options.rounds} rounds in turns.", "",
            f"- ours: `{version[0].split(' sha=')[0]}`",
            f"- real: `{version[1].split(' sha=')[0]}`", "",
            "| | ours | real | ratio |",
            "|---|---:|---:|---:|",
            *self.rows,
        ])


def main():
    parts = ("small", "large", "loop")
    parser = arguments(__doc__, "a tenth of the data, one round", parts)
    parser.add_argument("--keys", type=int)
    parser.add_argument("--patience", type=float, default=120, help="seconds that replicas have to come up under load")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.keys = options.keys or (100_000 if options.quick else 1_000_000)
    run(Bench, options, parts)


if __name__ == "__main__":
    main()
