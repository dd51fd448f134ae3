"""What the shipped units take, in a booted systemd: many sessions one after the
other, and at once; strangers; and what is left of them."""
import contextlib
import os
import subprocess
import time

import lab
import mailbox
import system
from measure import login, median
from rows import Result, Row, of_times
from rows.session import WHAT
from rows.size import proportional
from rows.units import DOVECOT, FRESH, SHIPPED, owners
from servers import processes

# --- as fast as they can ------------------------------------------------------

BURST = 1.5         # seconds
CLIENTS = 8


def burst(bench, server, users):
    """Sessions that so many had, and the nanoseconds that passed."""
    done = subprocess.run(
        [bench.programs + "/crowd", str(BURST), str(bench.servers.port(server)),
         *users], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{server}: {done.stderr.strip()}")
    return [int(number) for number in done.stdout.split()]


def back_to_back(peer, seconds=40):
    def run(bench):
        owners()

        def of(server, user):
            bench.expect(server, user, 4)

            def sample():
                sessions, passed = burst(bench, server, [user])
                return passed / sessions
            return sample

        return of_times(*bench.in_turn(
            12, seconds, of("unit", system.OURS), of(peer, system.DOVECOTS)))
    return run


def at_once(peer, seconds=40):
    def run(bench):
        halves = system.POLLING[:CLIENTS], system.POLLING[CLIENTS:]
        for user in system.POLLING:
            mailbox.make(user, 4, 3000)

        def of(server, users):
            for user in users:
                bench.expect(server, user, 4)

            def sample():
                sessions, passed = burst(bench, server, users)
                return sessions / (passed / 1e9)
            return sample

        ours, theirs = bench.in_turn(12, seconds, of("unit", halves[0]),
                                     of(peer, halves[1]))
        return Result(f"{median(ours):.0f}/s", f"{median(theirs):.0f}/s",
                      median(ours) / median(theirs), f"n={len(ours)}")
    return run


# --- connections that stay ----------------------------------------------------

@contextlib.contextmanager
def held(bench, count, server, *name):
    """COUNT connections that do nothing; how many were greeted."""
    with subprocess.Popen(
            [bench.programs + "/hold", str(count),
             str(bench.servers.port(server)), *name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as hold:
        try:
            greeted = hold.stdout.readline()
            if not greeted:
                raise OSError(f"{server}: {count} connections are too many")
            yield int(greeted)
        finally:
            hold.stdin.close()


def settle(*program):
    """Until so few processes are left as there are without connections."""
    end = time.monotonic() + 30
    while len(list(processes(*program))) > FEW and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(1)


STRANGERS = 2000
LOGINS = 25
FEW = 20


def answered(bench):
    """The nanoseconds from connect to the answer to PASS."""
    phases = bench.conversation("unit", login(system.OURS))
    return sum(phases[:3])


def strangers(bench):
    owners()
    bench.expect("unit", system.OURS, 4)
    with_them, without = [], []
    for done in range(2 if bench.quick else 5):
        bench.tick(f"{done + 1}")
        without += [answered(bench) for _ in range(LOGINS)]
        with held(bench, STRANGERS, "unit") as greeted:
            with_them += [answered(bench) for _ in range(LOGINS)]
        settle()
    result = of_times(with_them, without)
    result.note += f", none refused; {greeted} were greeted"
    return result


# --- what there is of it ------------------------------------------------------

def for_each(bench, server, *program):
    """The memory of all processes of the program, in octets a session. The
    mailboxes have been seen before."""
    for name in system.MEMBERS:
        mailbox.make(name, 4, 3000)
    count = len(system.MEMBERS)
    with held(bench, count, server, system.MEMBER):
        pass
    settle(*program)
    with held(bench, count, server, system.MEMBER):
        total = sum(map(proportional, processes(*program)))
    settle(*program)
    return total / count


def memory(bench):
    lab.add_accounts({name: uid for name, uid in system.MEMBERS.items()
                      if name not in system.POLLING})
    a = for_each(bench, "unit")
    mailbox.clear()
    b = for_each(bench, "dovecot-fresh", "pop3")
    return Result(f"{a / 1e3:.0f} KB", f"{b / 1e3:.0f} KB", a / b,
                  f"{len(system.MEMBERS)} sessions")


SESSIONS = 1000
MINUTE = 60


def state():
    """Descriptors, octets and children of the listener."""
    pid = lab.main_pid()
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        children = len(file.read().split())
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        facts = dict(line.split(":") for line in file if ":" in line)
    return pid, {
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
        "KiB": int(facts["Private_Dirty"].split()[0]) +
        int(facts["Shared_Dirty"].split()[0]),
        "children": children,
    }


def left(bench):
    owners()
    lab.restart()
    bench.expect("unit", system.OURS, 4)
    time.sleep(1)
    pid, first = state()
    for done in range(SESSIONS):
        bench.tick(f"{done + 1}")
        bench.session("unit", system.OURS, "STAT")
    time.sleep(MINUTE)
    same, last = state()
    if same != pid:
        raise OSError("the listener has ended")
    worst = max(last[name] / first[name] for name in first)

    return Result(f"{last['KiB']} KiB", f"{first['KiB']} KiB", worst,
                  f"the worst of this, {last['descriptors']} descriptors, "
                  f"{last['children']} children")


BACK = WHAT + ", back to back, one client"
AT_ONCE = f"sessions a second, {CLIENTS} clients"
ROWS = [
    Row("U4", "unit-back-to-back", BACK, DOVECOT, 1.2,
        back_to_back("dovecot")),
    Row("U4b", "unit-back-to-back-fresh", BACK, FRESH, 1.2,
        back_to_back("dovecot-fresh", 20)),
    Row("U4c", "unit-back-to-back-shipped", BACK, SHIPPED, 1.2,
        back_to_back("dovecot-shipped", 20)),
    Row("U5", "unit-at-once", AT_ONCE, FRESH, 0.8, at_once("dovecot-fresh"),
        at_least=True),
    Row("U5b", "unit-at-once-shipped", AT_ONCE, SHIPPED, 0.8,
        at_once("dovecot-shipped", 20), at_least=True),
    Row("U8", "unit-strangers", f"login while {STRANGERS:,} silent strangers "
        "hang on", "the same without them", 2.0, strangers),
    Row("U9", "unit-memory", "memory (PSS) of an idle session, of 500",
        "Dovecot's pop3 processes", 0.25, memory),
    Row("U10", "unit-left", f"the listener after {SESSIONS:,} sessions and a "
        "minute", "the same after the first", 1.0, left),
]
