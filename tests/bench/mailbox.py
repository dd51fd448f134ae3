"""Mailboxes of a given number of messages of a given size, and copies."""
import os
import shutil

import system

FROM = b"From mrose@dbc.mtview.ca.us Tue Nov 12 10:00:00 2002\n"
SHORT = b"Message-ID: <%07d@example.com>\n\n"
HEADER = (b"Return-Path: <mrose@dbc.mtview.ca.us>\n"
          b"Delivered-To: jmyers@example.com\n"
          b"Received: from dbc.mtview.ca.us (dbc.mtview.ca.us [192.0.2.7])\n"
          b"\tby mail.example.com (Postfix) with ESMTP id %010d\n"
          b"\tfor <jmyers@example.com>; Tue, 12 Nov 2002 10:00:00 +0000\n"
          b"Message-ID: <%010d@dbc.mtview.ca.us>\n"
          b"Date: Tue, 12 Nov 2002 10:00:00 +0000\n"
          b"From: Marshall Rose <mrose@dbc.mtview.ca.us>\n"
          b"To: John Myers <jmyers@example.com>\n"
          b"Subject: the rate of exchange\n"
          b"MIME-Version: 1.0\n"
          b"Content-Type: text/plain; charset=us-ascii\n\n")
LINE = b"All the octets of the mailbox are looked at, all but these, say.\n"
OLD = 1_000_000_000     # popa3d waits where a mailbox is of this second


def message(number, size):
    """SIZE octets or a line less, with the From_ line; unlike all of other
    number, but of their length."""
    if size < 1000:
        head = FROM + SHORT % number
    else:
        head = FROM + HEADER % (number, number)
    room = max(size - len(head) - 1, len(LINE))
    return head + LINE * (room // len(LINE)) + b"\n"


def _settle(path, owner):
    uid = {**system.PEOPLE, **system.MEMBERS}[owner]
    os.chown(path, uid, system.MAIL_GID)
    os.chmod(path, 0o660)
    os.utime(path, (OLD, OLD))


def path_of(owner):
    return f"{system.SPOOL}/{owner}"


def make(owner, count, size):
    """The mailbox of OWNER anew. Returns its size."""
    path = path_of(owner)
    with open(path, "wb", 1 << 20) as file:
        for number in range(count):
            file.write(message(number, size))
    _settle(path, owner)
    return os.path.getsize(path)


def make_sparse(owner, count, size):
    """The same, but most of each message is a hole in the file."""
    path = path_of(owner)
    with open(path, "wb", 0) as file:
        for number in range(count):
            start = message(number, 2000).rstrip(b"\n") + b"\n"
            file.write(start)
            file.seek(size - len(start) - 2, os.SEEK_CUR)
            file.write(b"\n\n")
    _settle(path, owner)
    return os.path.getsize(path)


def deliver(owner, number, size):
    with open(path_of(owner), "ab") as file:
        file.write(message(number, size))


def copy(owner, other):
    shutil.copyfile(path_of(owner), path_of(other))
    _settle(path_of(other), other)


def clear():
    """Remove all mailboxes and what servers remember of them."""
    for path in (system.SPOOL, system.INDEX):
        for entry in os.scandir(path):
            if entry.is_dir():
                shutil.rmtree(entry.path)
            else:
                os.unlink(entry.path)
    system.forget()
