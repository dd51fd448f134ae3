"""Opening large mailboxes: for the first time, again, after a delivery."""
import shutil
import subprocess
import time

import mailbox
import system
from private_system import HANDLER
from rows import Row, of_times

MANY, LARGE = 20_000, 9_500         # 190 MB
HUGE = 10_000_000_000
HUGE_COUNT = 1000


def ours(bench, command, user=system.OURS):
    return bench.session("ours", user, command)


def first(bench):
    mailbox.make(system.OURS, MANY, LARGE)

    def unknown():
        system.forget()
        return ours(bench, "UIDL")

    def theirs():
        return bench.session("popa3d", system.OURS, "UIDL")

    bench.expect("ours", system.OURS, MANY)
    bench.expect("popa3d", system.OURS, MANY)
    return of_times(*bench.in_turn(15, 25, unknown, theirs))


def moving(bench):
    people = list(system.PEOPLE)
    for user in people:
        mailbox.make(user, 1000, 2500)
        bench.expect("ours", user, 1000)

    def imported():
        system.forget()
        start = time.monotonic_ns()
        subprocess.run([HANDLER, "--log=stderr", "--import-uidl=popa3d",
                        *people], stdout=subprocess.DEVNULL, check=True)
        return time.monotonic_ns() - start

    def scanned():
        system.forget()
        return sum(ours(bench, "STAT", user) for user in people)

    return of_times(*bench.in_turn(15, 25, imported, scanned))


def again(bench):
    mailbox.make(system.OURS, MANY, LARGE)
    mailbox.copy(system.OURS, system.DOVECOTS)

    def known():
        return ours(bench, "UIDL")

    def theirs():
        return bench.session("dovecot", system.DOVECOTS, "UIDL")

    bench.expect("ours", system.OURS, MANY)
    bench.expect("dovecot", system.DOVECOTS, MANY)
    for _ in range(2):
        known()
        theirs()
    return of_times(*bench.in_turn(40, 20, known, theirs))


def affordable(size):
    """The size, or as much of it as the memory can keep at hand."""
    with open("/proc/meminfo", encoding="ascii") as file:
        facts = dict(line.split(":") for line in file)
    available = int(facts["MemAvailable"].split()[0]) * 1024
    free = shutil.disk_usage(system.SPOOL).free
    return min(size, available * 2 // 3, free * 10)


def huge(bench):
    size = affordable(HUGE)
    mailbox.make_sparse(system.OURS, HUGE_COUNT, size // HUGE_COUNT)
    mailbox.make_sparse(system.SECOND, HUGE_COUNT, size // HUGE_COUNT // 100)

    def large():
        return ours(bench, "STAT")

    def small():
        return ours(bench, "STAT", system.SECOND)

    for user in (system.OURS, system.SECOND):
        bench.expect("ours", user, HUGE_COUNT)
    result = of_times(*bench.in_turn(10, 40, large, small))
    result.note += f", {HUGE_COUNT} messages, mostly holes"
    if size < HUGE:
        result.note += f"; of {size / 1e9:.1f} GB only, for want of memory"
    return result


def delivery(bench):
    count, sizes = 2000, {system.OURS: 100_000, system.SECOND: 10_000}
    for user, size in sizes.items():
        mailbox.make(user, count, size)
        bench.expect("ours", user, count)

    def after_one(user):
        def sample():
            mailbox.deliver(user, count, 10_000)
            return ours(bench, "STAT", user)
        return sample

    result = of_times(*bench.in_turn(40, 20, *map(after_one, sizes)))
    result.note += f", {count} messages"
    return result


ROWS = [
    Row("4", "first", "first login, UIDL, QUIT; 190 MB, 20,000 messages",
        "popa3d, same launcher", 0.4, first),
    Row("4b", "moving", "--import-uidl, 3 mailboxes of 1,000 messages",
        "their first logins, STAT, QUIT", 1.3, moving),
    Row("5", "again", "login, UIDL, QUIT, seen before; 20,000 messages",
        "Dovecot, resident and warm", 0.5, again),
    Row("5b", "huge", "login, STAT, QUIT, seen before; 10 GB",
        "the same of 100 MB", 1.5, huge),
    Row("6", "delivery", "login, STAT, QUIT after one delivery; 200 MB",
        "the same of 20 MB", 1.5, delivery),
]
