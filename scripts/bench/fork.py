#!/usr/bin/env python3
"""What a snapshot child costs, beside another redis-server, in turns.

    scripts/bench/fork.py [--quick] [--rounds N] [--ours PATH] [--real PATH] [--out FILE]

Each server holds a gigabyte: values of 16,000 random bytes, and then of 100 bytes. fork: what BGSAVE takes until it
answers, as INFO says (latest_fork_usec). peak: while the child saves, redis-benchmark overwrites keys at random without
pause; parent and child together, shared pages counted once (Pss), over what the parent held before.
"""

import pathlib
import random
import re
import socket
import subprocess
import time

from measure import Server, arguments, compared, machine, run, say, wait

SIZES = (16_000, 100)


class Bench:
    def __init__(self, options, root):
        self.options, self.root, self.rows = options, root, []

    def fork(self):
        for size in SIZES:
            fork, peak, seconds, written = ({"ours": [], "real": []} for _ in range(4))
            for _ in range(self.options.rounds):
                for name in ("ours", "real"):
                    say(f"{name}, values of {size:,}")
                    server = Server(name, getattr(self.options, name), self.root)
                    keys = self.options.bytes // (size + (60 if size < 1000 else 0))
                    fill(server, keys, size)
                    figures = save(server, keys, size)
                    for values, figure in zip((fork, peak, seconds, written), figures):
                        values[name].append(figure)
                    server.stop()
            label = f"{self.options.bytes >> 20:,} MiB in values of {size:,}"
            self.rows += [f"| fork, {label}: ms | {compared(fork['ours'], fork['real'])} |",
                          f"| peak of parent and child, {label}: times the data | {compared(peak['ours'], peak['real'])} |",
                          f"| the save, {label}: s | {compared(seconds['ours'], seconds['real'])} |",
                          f"| overwritten meanwhile, {label}: times the data | "
                          f"{compared(written['ours'], written['real'])} |"]

    def table(self):
        return "\n".join([f"{time.strftime('%Y-%m-%d')}, {machine()}. Medians of {self.options.rounds} rounds in turns.",
                          "", "| | ours | real | ratio |", "|---|---:|---:|---:|", *self.rows])


def fill(server, keys, size):
    """Random bytes under the names that redis-benchmark writes to."""
    pool = random.Random(1).randbytes(1 << 20)
    connection = socket.create_connection(("127.0.0.1", server.port))
    for start in range(0, keys, 500):
        names = range(start, min(start + 500, keys))
        requests = b"".join(b"*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n$%d\r\n%b\r\n"
                            % (i, size, pool[(i * 37) % (len(pool) - size):][:size]) for i in names)
        connection.sendall(requests)
        got = 0
        while got < 5 * len(names):
            got += len(connection.recv(1 << 16))
    connection.close()


def pss(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    found = re.search(r"^Pss:\s+(\d+)", text, re.M)
    return int(found.group(1)) * 1024 if found else 0


def save(server, keys, size):
    """Milliseconds of fork; peak, in times of what there was before; seconds; how often all was overwritten."""
    before = pss(server.process.pid)
    commands = int(server.info("total_commands_processed"))
    load = subprocess.Popen(["redis-benchmark", "-p", str(server.port), "-t", "set", "-n", "100000000", "-r", str(keys),
                             "-d", str(size), "-c", "8", "-P", "4", "-q"], stdout=subprocess.DEVNULL)
    start = time.monotonic()
    server("BGSAVE")
    most = 0
    while server.info("rdb_bgsave_in_progress") == "1":
        children = pathlib.Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
        most = max(most, pss(server.process.pid) + sum(pss(child) for child in children))
        time.sleep(0.02)
    seconds = time.monotonic() - start
    written = (int(server.info("total_commands_processed")) - commands) / keys
    load.kill()
    load.wait()
    return int(server.info("latest_fork_usec")) / 1e3, most / before, seconds, written


def main():
    parser = arguments(__doc__, "a tenth of the data, one round", ("fork",))
    parser.add_argument("--bytes", type=int)
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.bytes = options.bytes or (100 << 20 if options.quick else 1 << 30)
    run(Bench, options, ("fork",))


if __name__ == "__main__":
    main()
