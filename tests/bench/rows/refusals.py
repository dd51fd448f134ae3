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


AT_ONCE = 64
STEP = 1e9


def at_once(bench, user):
    """The times of as many refusals as there are at the same time."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda _: refusal(bench, user), range(AT_ONCE)))


def compare_loaded(bench):
    """With login.defs' method another than that of the accounts, as Debian
    has it."""
    system.encrypt_method("sha512")
    users = ["yescrypt", "sha512", "nobody-here", "locked-yescrypt"]
    times = {user: [] for user in users}
    for done in range(1 if bench.quick else 3):
        for user in users:
            bench.tick(f"round {done + 1}, {user}")
            times[user] += at_once(bench, user)
    medians = {user: median(each) for user, each in times.items()}
    worst = max(medians.values()) - min(medians.values())
    note = f"n={len(times[users[0]])}" + "".join(
        f", {user} {value / 1e6:.0f} ms" for user, value in medians.items())
    return Result(milliseconds(worst), milliseconds(STEP), worst / STEP, note)


ROWS = [Row("13" + letter, "refusal-" + method,
            f"PASS refused, {method}: largest difference", "1 ms between "
            "wrong, unknown, locked", 1.0, compare(method))
        for letter, method in zip("abc", system.HASHES)] + [
    Row("13d", "refusal-loaded", "64 PASS refused at once: largest difference",
        "a step of 1 s between known, unknown, locked", 0.5, compare_loaded)]
