"""What a user of the shipped units gets, in a booted systemd: from connect to
the greeting, and whole sessions."""
import os
import time

import mailbox
import system
from measure import login
from rows import Row, of_times
from rows.session import WHAT

APART = 0.5         # seconds between two sessions, so that all is asleep
WHOLE, GREETING = -1, 0
WARMING = 5


def owners():
    """The mailbox of each side."""
    mailbox.make(system.OURS, 4, 3000)
    mailbox.copy(system.OURS, system.DOVECOTS)


def sampler(bench, server, user, phase, kept=None, resumes=False):
    """Of sessions that are apart, the nanoseconds of a phase. With the file
    KEPT they are inside TLS."""
    bench.expect(server, user, 4, session=kept)

    def session():
        if kept and not resumes:
            os.unlink(kept)
        return bench.conversation(server, login(user, "STAT"),
                                  session=kept)[phase]

    def sample():
        time.sleep(APART)
        return session()

    for _ in range(WARMING):
        session()
    return sample


def apart(peer, user, phase=WHOLE, seconds=40):
    def run(bench):
        owners()
        return of_times(*bench.in_turn(
            60, seconds, sampler(bench, "unit", system.OURS, phase),
            sampler(bench, peer, user, phase)))
    return run


def secure(resumes):
    def run(bench):
        owners()
        kept = ["/run/test/session-ours", "/run/test/session-theirs"]
        for path in filter(os.path.exists, kept):
            os.unlink(path)
        return of_times(*bench.in_turn(
            60, 40,
            sampler(bench, "unit-tls", system.OURS, WHOLE, kept[0], resumes),
            sampler(bench, "dovecot-tls", system.DOVECOTS, WHOLE, kept[1],
                    resumes)))
    return run


DOVECOT = "Dovecot, all resident, warm (for one account)"
FRESH = "Dovecot, login resident, warm"
SHIPPED = "Dovecot as Debian ships it, warm"
TLS = "implicit TLS, " + WHAT
POLL = WHAT + ", half a second apart"
ROWS = [
    Row("U1", "unit-greeting-each", "connect to greeting",
        "a unit for each connection (Accept=yes)", 0.03,
        apart("unit-each", system.OURS, GREETING)),
    Row("U2", "unit-greeting", "connect to greeting", DOVECOT, 1.0,
        apart("dovecot", system.DOVECOTS, GREETING)),
    Row("U3", "unit-poll", POLL, DOVECOT, 0.9,
        apart("dovecot", system.DOVECOTS)),
    Row("U3b", "unit-poll-fresh", POLL, FRESH, 0.9,
        apart("dovecot-fresh", system.DOVECOTS, seconds=20)),
    Row("U3c", "unit-poll-shipped", POLL, SHIPPED, 0.9,
        apart("dovecot-shipped", system.DOVECOTS, seconds=20)),
    Row("U6", "unit-tls-full", TLS + ", whole handshake", DOVECOT, 0.9,
        secure(False)),
    Row("U7", "unit-tls-resumed", TLS + ", resumed", DOVECOT, 0.9,
        secure(True)),
]
