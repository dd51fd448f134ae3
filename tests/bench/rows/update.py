"""Deleting the first message of a gigabyte."""
import os
import subprocess
import time

import mailbox
import system
from measure import median
from rows import Result, Row, milliseconds

COUNT, SIZE = 10_000, 100_000
COPY = system.SPOOL + "/copy"


def copy_over():
    """The nanoseconds of copying the mailbox and one sync. The copy's blocks
    are there from the first round on, as are those of an update."""
    began = time.monotonic_ns()
    subprocess.run(["dd", "bs=1M", "conv=notrunc,fsync", "status=none",
                    "if=" + mailbox.path_of(system.OURS), "of=" + COPY],
                   check=True)
    return time.monotonic_ns() - began


def copy_anew():
    """The same, to a file that has no blocks yet."""
    if os.path.exists(COPY):
        os.unlink(COPY)
        os.sync()
    return copy_over()


def settled(sample):
    """Nothing else waits for the disk while a sample is taken."""
    def run():
        os.sync()
        return sample()
    return run


def delete(bench, copy):
    mailbox.make(system.OURS, COUNT, SIZE)

    def deleting():
        return bench.session("ours", system.OURS, "DELE 1")

    def looking():
        return bench.session("ours", system.OURS, "LIST 1")

    bench.expect("ours", system.OURS, COUNT)
    copy()
    deleted, looked, copied = bench.in_turn(
        7, 60, settled(deleting), settled(looking), settled(copy))
    bench.expect("ours", system.OURS, COUNT - len(deleted))
    update, copying = median(deleted) - median(looked), median(copied)
    return Result(milliseconds(update), milliseconds(copying),
                  update / copying, f"n={len(deleted)}")


WHAT = "delete the first message of 1 GB, crash-safe"
ROWS = [
    Row("11", "delete", WHAT, "one copy over an old file, one fsync", 2.0,
        lambda bench: delete(bench, copy_over)),
    Row("11b", "delete-anew", WHAT, "one copy to a new file, one fsync", 2.0,
        lambda bench: delete(bench, copy_anew)),
]
