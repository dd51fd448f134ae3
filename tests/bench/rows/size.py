"""How much there is of us: in memory, and on the disk."""
import os
import re
import subprocess
import time

import mailbox
import servers
import system
from measure import login
from rows import Result, Row

MILLION = 1_000_000
MEMORY_LIMIT = 48 * MILLION + (4 << 20)
BINARY_LIMIT = 120_000


def proportional(pid):
    """The process's share of the memory, in octets; 0 if it is gone."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            kib = re.search(r"^Pss: +(\d+)", file.read(), re.M)
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(kib[1]) * 1024 if kib else 0


def peak_during(client):
    """The most seen, in many looks, until the client has ended."""
    peak = 0
    while client.poll() is None:
        peak = max([peak, *map(proportional, servers.processes())])
        time.sleep(0.001)
    return peak


def memory(bench):
    mailbox.make(system.OURS, MILLION, 150)
    bench.expect("ours", system.OURS, MILLION)
    port = bench.servers.port("ours")
    with subprocess.Popen(
            [bench.programs + "/client", str(port),
             *login(system.OURS, "STAT", "UIDL", "LIST")],
            stdout=subprocess.PIPE, text=True) as client:
        peak = peak_during(client)
        if client.returncode != 0 or "-" in client.stdout.read():
            raise OSError("the session failed")
    return Result(f"{peak / 1e6:.1f} MB", f"{MEMORY_LIMIT / 1e6:.1f} MB",
                  peak / MEMORY_LIMIT,
                  f"{peak / MILLION:.0f} octets a message, all told")


def binary(bench):
    size = os.path.getsize(bench.programs + "/pop3-handler")
    return Result(f"{size / 1e3:.1f} KB", f"{BINARY_LIMIT / 1e3:.0f} KB",
                  size / BINARY_LIMIT)


ROWS = [
    Row("10", "memory", "peak memory (PSS), a million messages",
        "48 octets a message + 4 MiB", 1.0, memory),
    Row("12", "binary", "stripped binary", "120 KB", 1.0, binary),
]
