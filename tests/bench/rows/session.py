"""Whole sessions on a mailbox of four messages: the usual poll."""
import mailbox
import system
from rows import Row, of_times

WHAT = "login, STAT, QUIT; 4 messages"


def small(peer, user):
    def run(bench):
        mailbox.make(system.OURS, 4, 3000)
        mailbox.copy(system.OURS, system.DOVECOTS)

        def ours():
            return bench.session("ours", system.OURS, "STAT")

        def theirs():
            return bench.session(peer, user, "STAT")

        bench.expect("ours", system.OURS, 4)
        bench.expect(peer, user, 4)
        for _ in range(5):      # what is resident gets warm
            ours()
            theirs()
        return of_times(*bench.in_turn(400, 20, ours, theirs))
    return run


ROWS = [
    Row("2", "poll-dovecot", WHAT, "Dovecot, all resident, warm", 1.0,
        small("dovecot", system.DOVECOTS)),
    Row("2b", "poll-dovecot-fresh", WHAT, "Dovecot, login resident, warm",
        1.0, small("dovecot-fresh", system.DOVECOTS)),
    Row("3", "poll-popa3d", WHAT,
        "popa3d, same launcher", 0.5, small("popa3d", system.OURS)),
]
