#!/usr/bin/env python3
"""usage: popa3d_uidl.py SPOOL

Prints the UIDLs that popa3d 1.0.3 gives to the messages of an mbox file, one
a line, for machines where its binary cannot be run.  The rule was read in its
mailbox.c and compared with the binary (see popa3d-uidl) on tricky mail.
Exit 1 when popa3d would refuse the mailbox.
"""
import hashlib
import sys


def fixed_header(line, received):
    """Is this header line hashed?  received: a Received: came before it."""
    low = line[:14].lower()
    if low.startswith(b"received:"):
        return not received
    if low.startswith(b"delivered-to:"):
        return True
    if low.startswith((b"date:", b"message-id:")):
        return not received
    # The first letter of this one counts: popa3d looks for a capital X.
    return line[:1] == b"X" and low == b"x-delivery-id:"


def uidls(data):
    """The list of UIDLs, or None when popa3d refuses the mailbox."""
    messages = []
    seen_data = True            # the current message has a line after From_
    blank = True                # the last line was empty: From_ may follow
    header = fixed = received = False
    # Only LF ends a line; the last one may lack it.
    lines = data.split(b"\n")
    tail = lines.pop()
    lines = [line + b"\n" for line in lines] + ([tail] if tail else [])
    for line in lines:
        if blank and line.startswith(b"From "):
            if not seen_data:
                return None
            # "blank" stays set: a From_ line right after this one is taken
            # for the next message, and the mailbox is then refused.
            messages.append(hashlib.md5())
            header, fixed, received, seen_data = True, False, False, False
            continue
        if not messages:
            return None
        seen_data = True
        blank = line == b"\n"
        if blank:
            header = False
        if not header:
            continue
        if line[:1] not in (b" ", b"\t"):
            fixed = fixed_header(line, received)
            received = received or line[:9].lower() == b"received:"
        if fixed:
            messages[-1].update(line)
    if not seen_data:
        return None
    return [bytes(m.digest()[i] for i in (3, 2, 1, 0, 7, 6, 5, 4)).hex()
            for m in messages]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as spool:
        result = uidls(spool.read())
    if result is None:
        sys.exit("popa3d_uidl.py: popa3d refuses this mailbox")
    for uidl in result:
        print(uidl)
