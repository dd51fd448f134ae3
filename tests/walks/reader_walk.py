#!/usr/bin/env python3
"""A random walk: no message is lost while mail readers rewrite the mailbox.

usage: reader_walk.py SEED SESSIONS MAILBOX HANDLER-WORD...

A random walk: between any two commands of a session a mail reader rewrites the
mailbox as readers do (Status, X-Status, X-UID, X-Keywords, Lines,
Content-Length, empty lines, so that messages move), and mail is delivered.

After each QUIT a parser that shares nothing with the handler's must find each
message that stays, whole and alone; those that were marked must be gone after
+OK, and still there after -ERR. Prints how many sessions removed something.
"""
import os
import random
import re
import sys
import time

import pop3

SEPARATOR = re.compile(rb"(?:\A|(?<=\n\n))(?=From \S+ \w{3} \w{3} +\d+ )")
READERS = (b"Status", b"X-Status", b"X-Keywords", b"X-UID", b"Lines",
           b"Content-Length")
VALUES = {
    b"Status": (b"O", b"RO", b"R", b"OR"),
    b"X-Status": (b"A", b"F", b"AF", b""),
    b"X-Keywords": (b"", b"Junk", b"$Label1 $Label2"),
    b"X-UID": (b"7", b"12        ", b"123"),
}


def parse(octets):
    """The messages of a mailbox, from their From_ lines on."""
    return [part for part in SEPARATOR.split(octets.lstrip(b"\n")) if part]


def split(message):
    """From_ line, header lines, body."""
    head, _, body = message.partition(b"\n\n")
    from_line, *headers = head.split(b"\n")
    return from_line, headers, body


def is_readers(header):
    return header.partition(b":")[0] in READERS


def essence(message):
    """What no reader changes."""
    from_line, headers, body = split(message)
    return (from_line, *(h for h in headers if not is_readers(h)),
            body.rstrip(b"\n"))


class Walk:
    def __init__(self, seed, mailbox, words):
        self.random = random.Random(seed)
        self.mailbox = mailbox
        self.words = words
        self.number = 0
        status = os.stat(os.path.dirname(mailbox))
        self.owner = status.st_uid, status.st_gid
        self.history = []

    def say(self, what):
        self.history.append(what)

    def whole(self):
        with open(self.mailbox, "rb") as file:
            return file.read()

    def replace(self, octets):
        """In place, or as a new file."""
        if self.random.random() < 0.8:
            with open(self.mailbox, "r+b") as file:
                file.write(octets)
                file.truncate(len(octets))
            return
        with open(self.mailbox + ".new", "wb") as file:
            file.write(octets)
        os.chown(self.mailbox + ".new", *self.owner)
        os.rename(self.mailbox + ".new", self.mailbox)

    # --- mail

    def message(self):
        self.number += 1
        lines = [b"token%05d" % self.number]
        for _ in range(self.random.choice((0, 0, 1, 3, 30))):
            lines.append(self.random.choice((b"", b"text", b">From here",
                                             b"x" * 70)))
        headers = [b"Subject: s%d" % self.number]
        if self.random.random() < 0.5:
            headers.append(b"Status: " + self.random.choice((b"O", b"RO")))
        return b"\n".join([b"From a@b Mon Jan  1 00:00:00 2024", *headers, b"",
                           *lines]).rstrip(b"\n") + b"\n\n"

    def deliver(self):
        self.say("deliver")
        with open(self.mailbox, "ab") as file:
            file.write(self.message())

    # --- a reader

    def flag(self, message):
        """Another set of the reader's headers, at the end of the header."""
        from_line, headers, body = split(message)
        kept = [h for h in headers if not is_readers(h) or
                self.random.random() < 0.5]
        names = {h.partition(b":")[0] for h in kept}
        for name, values in VALUES.items():
            if name not in names and self.random.random() < 0.4:
                kept.append(name + b": " + self.random.choice(values))
        if b"Lines" not in names and self.random.random() < 0.1:
            kept.append(b"Lines: %d" % body.count(b"\n"))
        if b"Content-Length" in names or self.random.random() < 0.1:
            kept = [h for h in kept if not h.startswith(b"Content-Length")]
            kept.append(b"Content-Length: %d" % len(body.rstrip(b"\n") +
                                                    b"\n"))
        return b"\n".join([from_line, *kept, b"", body])

    def write_flags(self):
        parts = parse(self.whole())
        for i in range(len(parts)):
            if self.random.random() < 0.5:
                parts[i] = self.flag(parts[i])
        self.replace(b"".join(parts))

    def exchange(self):
        """One message longer, a later one shorter by as much: what is between
        them moves, what is behind stays where it is."""
        parts = parse(self.whole())
        short = [i for i, p in enumerate(parts) if b"\nStatus: O\n" in p]
        long = [i for i, p in enumerate(parts) if b"\nStatus: RO\n" in p]
        if not short or not long:
            return
        i, j = self.random.choice(short), self.random.choice(long)
        parts[i] = parts[i].replace(b"\nStatus: O\n", b"\nStatus: RO\n", 1)
        parts[j] = parts[j].replace(b"\nStatus: RO\n", b"\nStatus: O\n", 1)
        self.replace(b"".join(parts))

    def empty_lines(self):
        """More or fewer of them between messages, some at the start."""
        parts = [p.rstrip(b"\n") + b"\n" * self.random.choice((2, 2, 3, 4))
                 for p in parse(self.whole())]
        parts.insert(0, b"\n" * self.random.choice((0, 0, 0, 1, 2)))
        self.replace(b"".join(parts))

    def remove(self):
        parts = parse(self.whole())
        if len(parts) > 1 and self.random.random() < 0.3:
            parts.pop(self.random.randrange(len(parts)))
            self.replace(b"".join(parts))

    def disturb(self):
        action = self.random.choice(
            (self.write_flags, self.exchange, self.exchange, self.exchange,
             self.empty_lines, self.remove, self.deliver))
        self.say(action.__name__)
        action()
        if self.random.random() < 0.5:
            time.sleep(0.03)    # what the stamp says is believed then

    # --- a session

    def ask(self, c, line):
        """Whether it is done."""
        self.say(line)
        try:
            is_done = c.ask(line.encode()).startswith(b"+OK")
            if is_done and line.split()[0] in ("RETR", "LIST", "TOP"):
                c.multi()
            return is_done
        except pop3.Gone:
            sys.exit(f"the handler hung up after {self.history}")

    def commands(self, count):
        numbers = list(range(1, count + 1))
        self.random.shuffle(numbers)
        for n in numbers[:self.random.randrange(1, 4)]:
            yield self.random.choice(("NOOP", "LIST", f"TOP {n} 1"))
            if self.random.random() < 0.5:
                yield f"RETR {n}"
            if self.random.random() < 0.8:
                yield f"DELE {n}"

    def session(self):
        before = [essence(m) for m in parse(self.whole())]
        c = pop3.start(self.words)
        c.log_in()
        marked = set()
        for line in self.commands(len(before)):
            if self.random.random() < 0.4:
                self.disturb()
            is_done = self.ask(c, line)
            if line.startswith("DELE") and is_done:
                marked.add(before[int(line.split()[1]) - 1])
        if self.random.random() < 0.7:
            self.disturb()
        there = [essence(m) for m in parse(self.whole())]
        is_done = self.ask(c, "QUIT")
        c.hang_up()
        c.wait()
        self.judge(there, marked if is_done else set(), is_done)
        return is_done and bool(marked)

    def judge(self, there, marked, is_done):
        left = [essence(m) for m in parse(self.whole())]
        wanted = [m for m in there if m not in marked]
        if left != wanted:
            sys.exit(f"after {self.history}:\n+OK: {is_done}\nleft {left}\n"
                     f"wanted {wanted}")

    def run(self):
        self.history = []
        self.replace(b"".join(self.message() for _ in range(
            self.random.randrange(3, 6))))
        if self.random.random() < 0.5:
            # so that the list comes from an index
            time.sleep(0.03)
            c = pop3.start(self.words)
            c.log_in()
            self.ask(c, "QUIT")
            c.hang_up()
            c.wait()
        return self.session()


def main():
    seed, sessions = int(sys.argv[1]), int(sys.argv[2])
    walk = Walk(seed, sys.argv[3], sys.argv[4:])
    with open(walk.mailbox, "ab"):
        os.chown(walk.mailbox, *walk.owner)
    removed = sum(walk.run() for _ in range(sessions))
    print(f"{removed} of {sessions} sessions removed something")
    if removed < sessions // 4:
        sys.exit("too few to tell anything")


main()
