"""Messages and lists on the wire."""
import mailbox
import system
from measure import login, median
from rows import Result, Row, of_times

SENT = 20
SENT_SIZE = 7_000_000
WIRE = system.SPOOL + "/wire"


def wire_form():
    """Put what RETR answers, without its first line, into a file: for each
    message the same number of octets, which is returned."""
    with open(WIRE, "wb") as file:
        for number in range(SENT):
            text = mailbox.message(number, SENT_SIZE)
            text = text.partition(b"\n")[2].removesuffix(b"\n")
            file.write(text.replace(b"\n", b"\r\n") + b".\r\n")
        return file.tell() // SENT


def large(bench):
    mailbox.make(system.OURS, SENT, SENT_SIZE)
    bench.expect("ours", system.OURS, SENT)
    size = wire_form()
    bench.servers.port("sendfile", WIRE, str(size))
    commands = login(system.OURS, f"RETR 1-{SENT}")

    def of(server):
        # greeting, USER, PASS, and then
        return lambda: bench.conversation(server, commands)[3]

    ours, theirs = bench.in_turn(60, 25, of("ours"), of("sendfile"))

    def speed(times):
        return SENT * size / (median(times) / 1e9) / 1e6

    return Result(f"{speed(ours):.0f} MB/s", f"{speed(theirs):.0f} MB/s",
                  speed(ours) / speed(theirs), f"n={len(ours)}")


def phases(bench, count, size, seconds, *commands):
    """COMMANDS alone, after a STAT: by then Dovecot, too, has opened the
    mailbox."""
    mailbox.make(system.OURS, count, size)
    mailbox.copy(system.OURS, system.DOVECOTS)

    def of(server, user):
        talk = login(user, "STAT", *commands)
        return lambda: sum(bench.conversation(server, talk)[4:-2])

    ours, theirs = of("ours", system.OURS), of("dovecot", system.DOVECOTS)
    bench.expect("ours", system.OURS, count)
    bench.expect("dovecot", system.DOVECOTS, count)
    ours()
    theirs()
    return of_times(*bench.in_turn(20, seconds, ours, theirs))


def many(bench):
    return phases(bench, 10_000, 10_000, 40, "RETR 1-10000")


def listing(bench):
    return phases(bench, 100_000, 1_500, 30, "UIDL", "LIST")


ROWS = [
    Row("7", "large", "RETR of 20 messages of 7 MB (throughput)",
        "sendfile of the same octets", 0.8, large, at_least=True),
    Row("8", "many", "RETR of 10,000 messages of 10 KB, one by one",
        "Dovecot, warm", 0.5, many),
    Row("9", "listing", "UIDL and LIST of 100,000 messages",
        "Dovecot, warm", 0.5, listing),
]
