"""Sessions, in turn, and what their times say."""
import math
import statistics
import subprocess
import time

import system


def login(user, *commands):
    return [f"USER {user}", f"PASS {system.PASSWORD}", *commands, "QUIT"]


class Bench:
    """What a row works with: servers, the client, the time that is left."""

    def __init__(self, programs, servers, quick, deadline, tick):
        self.programs = programs
        self.servers = servers
        self.quick = quick
        self.deadline = deadline
        self.tick = tick

    def conversation(self, server, commands, refusal=None, session=None):
        """The phases of a conversation, in nanoseconds: the greeting, each
        of COMMANDS, all. Only the REFUSALth may be refused, and must. With
        the file SESSION all is inside TLS, see client.c."""
        port = self.servers.port(server)
        tls = ["--tls", session] if session else []
        done = subprocess.run(
            [self.programs + "/client", *tls, str(port), *commands],
            capture_output=True, text=True, check=False)
        lines = [line.split() for line in done.stdout.splitlines()]
        if done.returncode != 0:
            raise OSError(f"{server}: " + (
                done.stderr.strip() or f"client status {done.returncode}"))
        for at, (_, _, status) in enumerate(lines[:-1]):
            if (status == "-") != (at == refusal):
                raise OSError(f"{server} answered {status} to "
                              + ["connect", *commands][at])
        return [int(line[0]) for line in lines]

    def session(self, server, user, *commands):
        """The nanoseconds of a whole session."""
        return self.conversation(server, login(user, *commands))[-1]

    def expect(self, server, user, count, session=None):
        """Make sure that SERVER serves COUNT messages to USER: nothing is as
        fast as an empty mailbox."""
        last, beyond = f"LIST {count}", f"LIST {count + 1}"
        self.conversation(server, login(user, last, beyond), refusal=4,
                          session=session)

    def in_turn(self, rounds, seconds, *samplers):
        """What each sampler returned, round by round, as many rounds as fit
        into the time but three at least; each second round backwards."""
        if self.quick:
            rounds, seconds = max(3, rounds // 5), seconds / 4
        end = min(time.monotonic() + seconds, self.deadline)
        samples = [[] for _ in samplers]
        for done in range(rounds):
            if done >= 3 and time.monotonic() > end:
                break
            self.tick(f"{done + 1} of {rounds}")
            turn = list(zip(samples, samplers))
            for kept, sampler in turn if done % 2 == 0 else turn[::-1]:
                kept.append(sampler())
        return samples


median = statistics.median


def _ranks(values):
    """Of each value its rank, from 1; equal values have their mean."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and \
                values[order[end]] == values[order[start]]:
            end += 1
        for at in order[start:end]:
            ranks[at] = (start + end + 1) / 2
        start = end
    return ranks


def mann_whitney(a, b):
    """How likely samples of one distribution differ as much (two-sided)."""
    total = sum(_ranks(a + b)[:len(a)])
    u = total - len(a) * (len(a) + 1) / 2
    spread = math.sqrt(len(a) * len(b) * (len(a) + len(b) + 1) / 12)
    return math.erfc(abs(u - len(a) * len(b) / 2) / spread / math.sqrt(2))
