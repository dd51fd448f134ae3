"""What the time of a refusal tells of an account: nothing, if all is well.

Most of a refusal is waiting, so many wait at a time; but they start one after
the other, so that no two compute a hash at once."""
import concurrent.futures
import time

import system
from measure import mann_whitney, median
from rows import Result, Row, milliseconds

APART = 0.12            # seconds between two starts: a hash, and some more
MILLISECOND = 1e6


def refusal(bench, user):
    """The nanoseconds that PASS takes to be refused."""
    talk = [f"USER {user}", "PASS wrong", "QUIT"]
    return bench.conversation("ours", talk, refusal=2)[2]


def collect(bench, users):
    """A list of times for each of USERS, in turn."""
    rounds = 10 if bench.quick else 60
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        started = [[] for _ in users]
        for done in range(rounds):
            bench.tick(f"{done + 1} of {rounds}")
            # not the same one first each time
            for at in range(len(users)):
                at = (at + done) % len(users)
                started[at].append(pool.submit(refusal, bench, users[at]))
                time.sleep(APART)
        return [[each.result() for each in list_] for list_ in started]


def compare(method):
    def run(bench):
        system.encrypt_method(method)
        wrong, unknown, locked = collect(
            bench, [method, "nobody-here", "locked-" + method])
        others = {"unknown": unknown, "locked": locked}
        worst = max(abs(median(times) - median(wrong))
                    for times in others.values())
        note = f"n={len(wrong)}; wrong {median(wrong) / 1e6:.3f} ms"
        for name, times in others.items():
            p = mann_whitney(wrong, times)
            note += (f", {name} {median(times) / 1e6:.3f} (p={p:.3f}"
                     f"{', they differ' if p < 0.01 else ''})")
        return Result(milliseconds(worst), milliseconds(MILLISECOND),
                      worst / MILLISECOND, note)
    return run


ROWS = [Row("13" + letter, "refusal-" + method,
            f"PASS refused, {method}: largest difference", "1 ms between "
            "wrong, unknown, locked", 1.0, compare(method))
        for letter, method in zip("abc", system.HASHES)]
