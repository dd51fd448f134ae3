"""Which scripts each kind of sweep runs over a layout."""
import itertools
import re

import disk
import script

ERRORS = {
    "w": ("ENOSPC", "EIO", "EDQUOT", "EINTR", "short"),
    "s": ("EIO", "ENOSPC", "EDQUOT", "EINTR"),
    "t": ("EIO", "EROFS", "EINTR"),
    "c": ("ENOSPC", "EROFS", "EDQUOT", "EIO"),
    "a": ("ENOSPC", "EDQUOT", "EIO", "EINTR"),
    "f": ("ENOSPC", "EDQUOT", "EIO", "EINTR", "EOPNOTSUPP"),
    "l": ("ENOLCK", "EINTR"),
    "k": ("ENOSPC", "EROFS", "EIO"),
    "u": ("EROFS", "EIO"),
    "n": ("EROFS", "EIO"),
    "r": ("EIO", "EINTR", "short"),
    "h": ("EIO",),
}
PASSING = ("EINTR", "short")    # what cannot last
# what fails together when a disk is full, dead or was made read-only
TOGETHER = (("wcafk", "ENOSPC"), ("wcafk", "EDQUOT"), ("wtscafkunr", "EIO"),
            ("wtcafkun", "EROFS"))
FOREIGN = ("status", "rename", "replace", "empty", "backup", "older",
           "longer", "flip", "open", "closed")
STOPS = ("stop-dot", "stop-fcntl", "stop-flock", "stop-none")


class Plan:
    """The scripts for one layout; `part` says how many of all."""

    def __init__(self, player, layout, rng, is_long):
        self.player = player
        self.layout = layout
        self.name = layout.name
        self.rng = rng
        self.is_long = is_long
        self.mails = itertools.cycle(
            ("mail-gap",) if layout.name.startswith("no-final-lf")
            else ("mail-long",) if layout.name.startswith("late-mail")
            else ("", "mail", "mail-gap"))
        self.ends = itertools.cycle(("login", "recover login"))
        self.quits = itertools.cycle(("quit", "quit", "quit+mail"))

    def sample(self, points, short, long):
        """So many of the points, in their order."""
        count = long if self.is_long else short
        points = list(points)
        if count is None or len(points) <= count:
            return points
        return [points[i] for i in
                sorted(self.rng.sample(range(len(points)), count))]

    def line(self, *words):
        return " ".join(w for w in (self.name, *words) if w)

    def events(self, *words, kinds=""):
        return self.player.events(self.line(*words), kinds)

    def deaths(self, events):
        """Where a run that makes these calls can be killed."""
        for number, event in enumerate(events, 1):
            yield f"{number}.kill"
            if event.kind == "w" and event.length > 1:
                yield f"{number}.tear-half"
                yield f"{number}.tear-sector"
        yield f"{len(events)}.kill-after"

    # --- kill

    def kill(self):
        events = self.events("quit")
        if self.layout.large:
            yield from self.kill_large(events)
            return
        deaths = list(self.deaths(events))
        for turn in range(6 if self.is_long else 1):
            for death in deaths:
                yield self.line(f"{next(self.quits)}@{death}",
                                next(self.mails), next(self.ends))
            # so that each death meets each of the others
            next(self.mails if turn % 2 else self.ends)
        for death in self.sample(deaths, 3, 14):
            yield from self.kill_again(f"quit@{death}")

    def kill_again(self, first):
        mail, end = next(self.mails), next(self.ends)
        verb = end.split()[0]
        seconds = list(self.deaths(self.events(first, mail, verb)))
        for second in self.sample(seconds, 16, None):
            yield self.line(first, mail, f"{verb}@{second}",
                            next(self.mails), next(self.ends))
        for second in self.sample(seconds, 1, 2):
            before = (first, mail, f"{verb}@{second}", next(self.mails))
            thirds = self.deaths(self.events(*before, "recover"))
            for third in self.sample(thirds, 4, 12):
                yield self.line(*before, f"recover@{third}", next(self.mails),
                                next(self.ends))

    def kill_large(self, events):
        deaths = list(self.deaths(events))
        for death in self.sample(deaths, 3, 60):
            yield self.line(f"quit@{death}", next(self.mails),
                            next(self.ends))
        for death in self.sample(deaths, 1, 10):
            first = (f"quit@{death}", next(self.mails))
            seconds = self.deaths(self.events(*first, "recover"))
            for second in self.sample(seconds, 1, 4):
                yield self.line(*first, f"recover@{second}", "login")

    # --- fault

    def faults(self, *words, short, long):
        """Each fault of the last word's run."""
        *before, verb = words
        events = self.events(*words, kinds=script_kinds())
        found = []
        for kind, errors in ERRORS.items():
            count = sum(e.kind == kind for e in events)
            for number in range(1, count + 1):
                for error in errors:
                    found.append(f"{kind}{number}.{error}")
                    if error not in PASSING:
                        found.append(f"{kind}{number}.{error}*")
        for kinds, error in TOGETHER:
            count = sum(e.kind in kinds for e in events)
            found += [f"{kinds}{n}.{error}*" for n in range(1, count + 1)]
        for fault in self.sample(found, short, long):
            yield (*before, f"{verb}@{fault}")

    def fault(self):
        if self.layout.large:
            for words in self.faults("quit", short=2, long=40):
                yield self.line(*words, next(self.ends))
            return
        for words in self.faults("quit", short=40, long=None):
            yield self.line(*words, next(self.ends))
        for words in self.faults("login", short=6, long=80):
            yield self.line(*words, "login")
        deaths = self.deaths(self.events("quit"))
        for death in self.sample(deaths, 2, 8):
            first = (f"quit@{death}", next(self.mails))
            for words in self.faults(*first, "login", short=8, long=100):
                if not re.search(r"@u\d+.*\*", words[-1]):
                    yield self.line(*words, "login")

        yield from self.read_errors()

    def read_errors(self):
        """A read that fails once in the recovery of a mailbox that is torn:
        it must not end the recovery for ever."""
        events = self.events("quit")
        torn = [f"quit@{n}.tear-half" for n, event in enumerate(events, 1)
                if event.kind == "w" and event.file == "s"]
        for first in self.sample(torn, 1, None):
            reads = self.events(first, "login", kinds="r")
            for number in self.sample(range(1, len(reads) + 1), 12, None):
                yield self.line(first, f"login@r{number}.EIO", "login")

    # --- power

    def seeds(self, short, long):
        count = long if self.is_long else short
        return [*range(disk.NAMED_CUTS),
                *(self.rng.randrange(100, 10000) for _ in range(count))]

    def cuts(self, words, seeds, short, long, count=None):
        """Cuts after each call of the last word's run."""
        if count is None:
            count = len(self.events(*words))
        points = [(n, s) for n in range(count + 1) for s in seeds]
        for number, seed in self.sample(points, short, long):
            yield (*words, f"cut@{number}.{seed}")

    def power(self):
        if self.layout.large:
            return
        seeds = self.seeds(4, 24)
        for words in self.cuts(("quit",), seeds, 90, None):
            yield self.line(*words, next(self.mails), next(self.ends))
        # mail whose agent has not synced it
        for words in self.cuts(("mail-lazy", "quit"), seeds, 25, 300):
            yield self.line(*words, next(self.ends))
        # again, during the recovery
        for first in self.cuts(("quit",), seeds, 3, 20):
            words = (*first, next(self.mails), "recover")
            for second in self.cuts(words, seeds, 6, 40):
                yield self.line(*second, next(self.ends))
        # a recovery after a kill, of what was not synced at all
        for death in self.sample(self.deaths(self.events("quit")), 8, 40):
            words = (f"quit@{death}", next(self.mails), "recover")
            for second in self.cuts(words, seeds, 8, 60):
                yield self.line(*second, next(self.ends))
        # a sync that fails
        syncs = sum(e.kind == "s" for e in self.events("quit"))
        for number in self.sample(range(1, syncs + 1), 8, None):
            words = (f"quit@s{number}.EIO",)
            count = len(self.events("quit")) + 40
            for second in self.cuts(words, seeds, 12, 80, count):
                yield self.line(*second, next(self.ends))

    # --- others

    def foreign(self):
        if self.layout.large:
            return
        deaths = [f"{n}.kill" for n in
                  range(1, len(self.events("quit")) + 1)]
        points = [(d, c) for d in deaths for c in FOREIGN]
        for death, change in self.sample(points, 14, None):
            yield self.line(f"quit@{death}", f"foreign-{change}",
                            *(("login",) if change in ("open", "closed")
                              else next(self.ends).split()), "login")

    def visits(self, events):
        """When agents come. What is appended without a lock right before the
        cut is lost with the old end; and such an agent does not know in which
        moment an empty line is missing."""
        for number, event in enumerate(events, 1):
            for stop in STOPS:
                is_cut = event.kind == "t" and event.file == "s"
                if stop == "stop-none" and (
                        is_cut or self.name.startswith("no-final-lf")):
                    continue
                yield number, stop

    def lock(self):
        if self.layout.large:
            return
        points = list(self.visits(self.events("quit")))
        for number, stop in self.sample(points, 20, None):
            yield self.line(f"quit@{number}.{stop}", "login")
        death = self.sample(self.deaths(self.events("quit")), 1, 1)[0]
        points = list(self.visits(self.events(f"quit@{death}", "login")))
        for number, stop in self.sample(points, 10, None):
            yield self.line(f"quit@{death}", f"login@{number}.{stop}",
                            "login")


def script_kinds():
    return "".join(ERRORS)


KINDS = ("kill", "fault", "power", "foreign", "lock")
__all__ = ["KINDS", "Plan", "script"]
