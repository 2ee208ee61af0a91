#!/usr/bin/env python3
"""The collection types beside Debian's redis-server: memory per element, CPU per command, and what freeing costs.

    scripts/bench/families.py [--quick] [--rounds N] [--ours PATH] [--real PATH] [--only memory|speed|unlink] [--out FILE]

memory: used_memory of many small collections, and of one of 100,000 elements, over what the empty server uses.
speed:  redis-benchmark's own tests of these types at -P 1 and -P 16, the two servers in turns; the server's own CPU
        time is what counts, for the load generator wants the same cores.
unlink: while a sorted set of five million members is unlinked, another connection sends PING without pause; the
        longest answer is the stall. The same probe before it, on the idle server, is what the machine adds. The
        longest turn of our loop is what INFO debug says of it; Redis before 7.2 does not.
"""

import socket
import statistics
import sys
import threading
import time

from measure import CLIENTS, Server, arguments, compared, machine, requests, run, say

# redis-benchmark's names of its tests (LRANGE fills its own list first), or a command where not each version has a test.
SPEED = ("lpush", "rpush", "lpop", "rpop", "sadd", "hset", "spop", "zadd", "zpopmin",
         "lrange_100", "lrange_300", "lrange_500", "lrange_600", "mset", "XADD mystream * myfield xxx")
SMALL, BIG = 100_000, 100_000


def small_commands(kind, key):
    """The command that makes one small collection; its values differ from key to key, as those of a program do."""
    if kind == "hash of 5 small fields":
        return ["HSET", key] + [word for i in range(5) for word in (f"field{i}", f"value{i}")]
    if kind == "list of 10":
        return ["RPUSH", key] + [f"element:{i}" for i in range(10)]
    if kind == "set of 10 ints":
        return ["SADD", key] + [str(1000 + i * 7) for i in range(10)]
    return ["ZADD", key] + [word for i in range(10) for word in (str(i * 1.5), f"member:{i}")]


def big_commands(kind, start, end):
    """The command that adds elements `start` to `end` of the one big collection."""
    if kind == "hash":
        return ["HSET", "big"] + [word for i in range(start, end) for word in (f"field:{i:08}", f"value:{i:08}")]
    if kind == "set":
        return ["SADD", "big"] + [f"member:{i:08}" for i in range(start, end)]
    return ["ZADD", "big"] + [word for i in range(start, end) for word in (str(i * 0.5), f"member:{i:08}")]


def pipeline(server, commands):
    """Sends all of them over one connection and waits for as many one-line replies."""
    with socket.create_connection(("127.0.0.1", server.port)) as sock, sock.makefile("rb") as replies:
        batch, waiting = bytearray(), 0
        for command in commands:
            words = [word.encode() for word in command]
            batch += b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)
            waiting += 1
            if len(batch) > 200_000:
                collect(sock, replies, batch, waiting)
                batch, waiting = bytearray(), 0
        collect(sock, replies, batch, waiting)


def collect(sock, replies, batch, waiting):
    sock.sendall(batch)
    for _ in range(waiting):
        line = replies.readline()
        if not line or line.startswith(b"-"):
            sys.exit(f"the server said {line!r}")


class Bench:
    def __init__(self, options, root):
        self.options, self.root = options, root
        self.kinds = (("ours", options.ours), ("real", options.real))
        self.memory_rows, self.speed_rows, self.unlink_rows = [], [], []

    def start(self, kind):
        return Server(*kind, self.root)

    def memory(self):
        for what in ("hash of 5 small fields", "list of 10", "set of 10 ints", "zset of 10"):
            commands = [small_commands(what, f"key:{i:012}") for i in range(SMALL)]
            self.memory_row(f"{what}: bytes each", commands, SMALL)
        for what in ("hash", "set", "zset"):
            commands = [big_commands(what, i, i + 100) for i in range(0, BIG, 100)]
            self.memory_row(f"{what} of {BIG:,}: bytes an element", commands, BIG)

    def memory_row(self, label, commands, count):
        say(label)
        used = {"ours": [], "real": []}
        for _ in range(min(3, self.options.rounds)):
            for kind in self.kinds:
                server = self.start(kind)
                before = int(server.info("used_memory"))
                pipeline(server, commands)
                time.sleep(1)  # rehashing ends, buffers of clients go
                used[server.name].append((int(server.info("used_memory")) - before) / count)
                server.stop()
        self.memory_rows.append(f"| {label} | {compared(used['ours'], used['real'])} |")

    def speed(self):
        servers = [self.start(kind) for kind in self.kinds]
        for test in SPEED:
            for depth in (1, 16):
                self.speed_row(servers, test, depth)
        for server in servers:
            server.stop()

    def speed_row(self, servers, test, depth):
        label = f"{test.split()[0].upper()}, -P {depth}"
        say(label)
        rate, cpu = {"ours": [], "real": []}, {"ours": [], "real": []}
        probe = requests(servers[1], test, depth, 3, self.options.keys, 5_000)[0]
        count = int(max(5_000, probe * self.options.seconds))
        for _ in range(self.options.rounds):
            for server in servers:
                server("FLUSHALL")
                if test.endswith("pop") or test == "zpopmin":
                    fill(server, test, count)
                r, c = requests(server, test, depth, 3, self.options.keys, count)
                rate[server.name].append(r)
                cpu[server.name].append(c)
        self.speed_rows.append(f"| {label} | {compared(rate['ours'], rate['real'])} | {compared(cpu['ours'], cpu['real'])} |")

    def unlink(self):
        members = 100_000 if self.options.quick else 5_000_000
        idle, stall, reply = ({"ours": [], "real": []} for _ in range(3))
        turns = []
        for _ in range(self.options.rounds):
            for kind in self.kinds:
                say(f"UNLINK, {kind[0]}")
                server = self.start(kind)
                pipeline(server, (big_commands("zset", i, i + 1000) for i in range(0, members, 1000)))
                before = Probe(server)
                time.sleep(1)
                idle[server.name].append(before.stop())
                probe = Probe(server)
                time.sleep(0.2)
                server("CONFIG", "RESETSTAT")
                start = time.monotonic()
                server("UNLINK", "big")
                reply[server.name].append((time.monotonic() - start) * 1e3)
                time.sleep(2)
                stall[server.name].append(probe.stop())
                turns += loop_turn(server)
                server.stop()
        for label, values in (("longest PING on the idle server", idle), ("longest PING around UNLINK", stall),
                              ("UNLINK itself, with its connection", reply)):
            self.unlink_rows.append(f"| {label}, zset of {members:,}: ms | {compared(values['ours'], values['real'])} |")
        self.unlink_rows.append(f"| longest turn of the loop around UNLINK, zset of {members:,}: ms, median and most | "
                                f"{statistics.median(turns):.2f}, {max(turns):.2f} | – | |")

    def table(self):
        lines = [f"{time.strftime('%Y-%m-%d')}, {machine()}. Medians of {self.options.rounds} rounds in turns "
                 f"(memory: at most 3).", ""]
        if self.memory_rows + self.unlink_rows:
            lines += ["| | ours | real | ratio |", "|---|---:|---:|---:|", *self.memory_rows, *self.unlink_rows, ""]
        if self.speed_rows:
            lines += [f"redis-benchmark, {CLIENTS} clients, {self.options.keys:,} random keys:", "",
                      "| | requests/s ours | real | ratio | CPU s per million ours | real | ratio |",
                      "|---|---:|---:|---:|---:|---:|---:|", *self.speed_rows]
        return "\n".join(lines)


def loop_turn(server):
    """The longest turn of the loop since CONFIG RESETSTAT, in milliseconds; none where the server does not say."""
    lines = dict(line.split(":", 1) for line in server("INFO", "debug").splitlines() if ":" in line)
    return [int(lines["eventloop_duration_max"]) / 1e3] if "eventloop_duration_max" in lines else []


class Probe(threading.Thread):
    """PINGs without pause; `stop` gives the longest answer, in milliseconds."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.socket = socket.create_connection(("127.0.0.1", server.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.longest, self.stopping = 0.0, False
        self.start()

    def run(self):
        while not self.stopping:
            start = time.monotonic()
            self.socket.sendall(b"PING\r\n")
            self.socket.recv(64)
            self.longest = max(self.longest, time.monotonic() - start)

    def stop(self):
        self.stopping = True
        self.join()
        self.socket.close()
        return self.longest * 1e3


def fill(server, test, count):
    """What a test that takes elements away finds there: as many as it takes, under the name it uses."""
    if test in ("lpop", "rpop"):
        pipeline(server, (["RPUSH", "mylist"] + ["xxx"] * min(500, count - i) for i in range(0, count, 500)))
    elif test == "spop":
        pipeline(server, (["SADD", "myset"] + [f"element:{j:012}" for j in range(i, min(i + 500, count))]
                          for i in range(0, count, 500)))
    else:
        pipeline(server, (["ZADD", "myzset"] + [w for j in range(i, min(i + 500, count)) for w in (str(j), f"element:{j:012}")]
                          for i in range(0, count, 500)))


def main():
    parts = ("memory", "unlink", "speed")
    parser = arguments(__doc__, "about two minutes", parts)
    parser.add_argument("--seconds", type=float, help="of one run of redis-benchmark")
    parser.add_argument("--keys", type=int, default=1_000_000)
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    options.seconds = options.seconds or (0.3 if options.quick else 1)
    run(Bench, options, parts)


if __name__ == "__main__":
    main()
