"""Sessions and messages inside TLS, from the start. Both have the same
certificate (P-256) and the same client, whose share of the work counts for
both."""
import os

import mailbox
import system
from measure import login, median
from rows import Result, Row, of_times, transfer

SESSION = "/run/test/session"
WHAT = "implicit TLS, login, STAT, QUIT; 4 messages"


def poll(resumes):
    """Sessions with a whole handshake, or with a ticket of the one before."""
    def run(bench):
        mailbox.make(system.OURS, 4, 3000)
        mailbox.copy(system.OURS, system.DOVECOTS)

        def of(server, user):
            kept = f"{SESSION}-{server}"

            def sample():
                if not resumes and os.path.exists(kept):
                    os.unlink(kept)
                return bench.conversation(server, login(user, "STAT"),
                                          session=kept)[-1]
            return sample

        ours = of("ours-tls", system.OURS)
        theirs = of("dovecot-tls", system.DOVECOTS)
        for server, user in ("ours-tls", system.OURS), \
                ("dovecot-tls", system.DOVECOTS):
            if os.path.exists(f"{SESSION}-{server}"):
                os.unlink(f"{SESSION}-{server}")
            bench.expect(server, user, 4, session=f"{SESSION}-{server}")
        for _ in range(5):      # what is resident gets warm
            ours()
            theirs()
        return of_times(*bench.in_turn(400, 30, ours, theirs))
    return run


def large(bench):
    mailbox.make(system.OURS, transfer.SENT, transfer.SENT_SIZE)
    size = transfer.wire_form()
    bench.servers.port("tls-sender", transfer.WIRE, str(size),
                       *system.CERTIFICATE)
    commands = login(system.OURS, f"RETR 1-{transfer.SENT}")

    def of(server):
        def sample():
            kept = f"{SESSION}-large"
            if os.path.exists(kept):
                os.unlink(kept)
            return bench.conversation(server, commands, session=kept)[3]
        return sample

    ours, theirs = bench.in_turn(40, 25, of("ours-tls"), of("tls-sender"))

    def speed(times):
        return transfer.SENT * size / (median(times) / 1e9) / 1e6

    return Result(f"{speed(ours):.0f} MB/s", f"{speed(theirs):.0f} MB/s",
                  speed(ours) / speed(theirs), f"n={len(ours)}")


ROWS = [
    Row("14", "tls-full", WHAT + ", whole handshake",
        "Dovecot, all resident, warm", 2.0, poll(False)),
    Row("14b", "tls-resumed", WHAT + ", resumed",
        "Dovecot, all resident, warm", 1.0, poll(True)),
    Row("15", "tls-large", "RETR of 20 messages of 7 MB inside TLS "
        "(throughput)", "OpenSSL sending the same octets", 0.8, large,
        at_least=True),
]
