#!/usr/bin/env python3
"""A random walk: an index must make no difference, whatever was done.

usage: index_walk.py SEED STEPS MAILBOX STATE HANDLER-WORD...

A random walk: agents deliver in their ways, mail readers and others change the
mailbox, sessions delete. STATE in a word is where the state directory's name
goes. After each step a session that has the index must say what one says that
has not.

One exception: of a message that was changed in place while mail was delivered,
the first session may say what was, and refuse to send it; then the next is right.
"""
import os
import pathlib
import random
import re
import shutil
import sys
import time

import pop3

AGAIN = b"-ERR [SYS/TEMP] maildrop changed by another program, please log in"
DATES = ["Mon Jan  1 00:00:00 2024", "Tue Feb  6 10:20:30 2024",
         "Wed Mar  6 00:00:01 2024"]


class Walk:
    def __init__(self, seed, mailbox, state, words):
        self.random = random.Random(seed)
        self.mailbox = pathlib.Path(mailbox)
        self.state = pathlib.Path(state)
        self.words = words
        self.number = 0
        self.is_edited = self.has_grown = False
        self.mailbox.touch()
        status = os.stat(self.mailbox.parent)
        self.owner = status.st_uid, status.st_gid
        os.chown(self.mailbox, *self.owner)

    # --- mail ----------------------------------------------------------------

    def token(self):
        self.number += 1
        return f"token{self.number:05}"

    def from_line(self):
        sender = self.random.choice(["a@b", "MAILER-DAEMON", "c"])
        return f"From {sender} {self.random.choice(DATES)}\n"

    def body(self):
        lines = [self.token()]
        for _ in range(self.random.choice([0, 0, 1, 3, 40])):
            lines.append(self.random.choice(
                ["", "text", ".", "x" * 200, ">From here", "From there",
                 "\n" + self.from_line() + "Received: x\n\nquoted",
                 self.from_line() + "quoted"]))
        return "\n".join(lines) + self.random.choice(["\n", "\n\n", "\n\n\n"])

    def message(self):
        body = self.body() if self.random.random() < 0.8 else \
            "the same\n"
        headers = self.random.choice(["", "Received: by x\n",
                                      "Return-Path: <a@b>\nStatus: O\n"])
        headers += self.random.choice(["Subject: s\n", "Subject: DON'T DELETE "
            "THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1 2\n"]
            if self.random.random() < 0.2 else ["Subject: s\n"])
        length = len(body)
        kind = self.random.randrange(12)
        if kind == 0:       # wrong
            length = self.random.randrange(2 * length + 2)
        elif kind == 1:     # over the mail that comes next, if it is so long
            length += self.random.randrange(600)
        elif kind == 2:
            length = self.random.choice([10**6, 2**63, 2**64 - 1, 10**30])
        elif kind == 3:     # of two line ends less
            length = len(body.rstrip("\n"))
        if kind < 7:
            headers += f"Content-Length: {length}\n"
        return headers + "\n" + body

    def whole(self):
        return self.mailbox.read_bytes()

    def append(self, octets):
        with open(self.mailbox, "ab") as file:
            file.write(octets)
        self.has_grown = True

    # --- steps -----------------------------------------------------------------

    def deliver(self):
        mail = self.from_line() + self.message()
        style = self.random.randrange(6)
        if style == 0:
            mail = "\n" + mail          # dma
        elif style == 1:
            mail = mail.rstrip("\n")    # no last line end
        elif style < 5:
            mail += "\n"
        octets = mail.encode()
        if self.random.random() < 0.2:
            octets = octets.replace(b"\n", b"\r\n")
        self.append(octets)

    def deliver_again(self):
        """Copies of what is there, and pieces of mail."""
        octets = self.whole()
        at = octets.rfind(b"\nFrom ") + 1
        self.append(self.random.choice([octets[at:], b"\n", b"text\n",
                                        b"From a@b", b"\r\n", b"\n\n"]))

    def replace(self, octets):
        """In place, or as a new file."""
        if self.random.random() < 0.5:
            with open(self.mailbox, "r+b") as file:
                file.write(octets)
                file.truncate(len(octets))
        else:
            new = self.mailbox.with_suffix(".new")
            new.write_bytes(octets)
            os.chown(new, *self.owner)
            os.rename(new, self.mailbox)

    def write_status(self):
        octets = self.whole()
        self.replace(self.random.choice([
            re.sub(rb"(\nSubject: s\n)", rb"\1Status: RO\n", octets, count=1),
            octets.replace(b"Status: O\n", b"Status: RO\n", 1),
            octets.replace(b"Status: RO\n", b"", 1),
            octets.replace(b"Status: RO\n", b"Status: OR\n")]))

    def remove(self):
        parts = re.split(rb"(?<=\n\n)(?=From )", self.whole())
        if len(parts) > 1:
            del parts[self.random.randrange(len(parts))]
        self.replace(b"".join(parts))

    def empty(self):
        if self.random.random() < 0.2:
            self.replace(b"")

    def edit(self):
        """A letter of a message becomes another one."""
        octets = self.whole()
        tokens = [m.start() for m in re.finditer(rb"token\d{5}", octets)]
        if not tokens:
            return
        with open(self.mailbox, "r+b") as file:
            file.seek(self.random.choice(tokens))
            file.write(self.token().encode())
        self.is_edited = True

    def edit_and_deliver(self):
        self.edit()
        self.deliver()

    def set_back(self):
        status = os.stat(self.mailbox)
        os.utime(self.mailbox, ns=(status.st_atime_ns, 10**18))

    def change_mode(self):
        os.chmod(self.mailbox, self.random.choice([0o600, 0o640]))

    def nothing(self):
        pass

    # --- sessions -----------------------------------------------------------------

    def session(self, state, commands):
        words = [word.replace("STATE", str(state)) for word in self.words]
        run = pop3.converse(words, *(line.encode() for line in commands))
        if run.returncode not in (0, 111, 112):
            sys.exit(f"exit status {run.returncode}: {run.stderr!r}")
        return run.stdout

    def all_of(self, state):
        count = re.search(rb"has (\d+) message", self.session(state, ["QUIT"]))
        if not count:
            return self.session(state, ["QUIT"])
        return self.session(state, ["STAT", "LIST", "UIDL"] + [
            f"RETR {n + 1}" for n in range(int(count[1]))] + ["QUIT"])

    def without_index(self):
        copy = self.state.with_name("copy")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.state, copy, symlinks=True)
        for file in copy.iterdir():
            os.chown(file, *self.owner, follow_symlinks=False)
            if file.name.endswith("%index"):
                file.unlink()
        os.chown(copy, *self.owner)
        return self.all_of(copy)

    def delete(self):
        """What goes is what RETR says, and nothing else."""
        state = str(self.state)
        count = re.search(rb"has (\d+) message", self.session(state, ["QUIT"]))
        numbers = range(1, int(count[1]) + 1) if count else []
        marked = self.random.sample(numbers, self.random.randrange(
            min(4, len(numbers) + 1)))
        before = self.whole()
        said = self.session(state, [f"RETR {n}" for n in marked] +
                            [f"DELE {n}" for n in marked] + ["QUIT"])
        is_done = b"signing off" in said
        left = self.whole()
        if not is_done and left != before:
            sys.exit("not removed, and changed")
        if is_done and b"\n-ERR" not in said:
            gone = re.findall(rb"token\d{5}", said)
            wanted = [t for t in re.findall(rb"token\d{5}", before)
                      if t not in gone]
            if [t for t in re.findall(rb"token\d{5}", left)
                    if t not in gone] != wanted:
                sys.exit("others were removed, too")

    def step(self):
        actions = [self.deliver] * 8 + [
            self.deliver_again, self.write_status, self.write_status,
            self.remove, self.empty, self.edit, self.edit_and_deliver,
            self.set_back, self.change_mode, self.nothing,
            self.delete, self.delete, self.delete]
        names = []
        for _ in range(self.random.choice([1, 1, 2, 3])):
            action = self.random.choice(actions)
            names.append(action.__name__)
            action()
        if self.random.random() < 0.5:
            time.sleep(0.03)    # what the stamp says is believed then
        return names

    def check(self, what):
        with_index = self.all_of(str(self.state))
        without = self.without_index()
        if with_index != without and self.is_edited and self.has_grown \
                and AGAIN in with_index:
            with_index = self.all_of(str(self.state))
        if with_index != without:
            for file, said in (("with", with_index), ("without", without)):
                self.mailbox.with_name(file).write_bytes(said)
            sys.exit(f"{what}: the index makes a difference")
        self.is_edited = self.has_grown = False


def main():
    seed, steps = int(sys.argv[1]), int(sys.argv[2])
    walk = Walk(seed, sys.argv[3], sys.argv[4], sys.argv[5:])
    history = []
    for step in range(steps):
        history.append(walk.step())
        walk.check(f"seed {seed}, step {step}, {history[-3:]}")
    print(f"{steps} steps")


main()
