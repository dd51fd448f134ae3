#!/usr/bin/env python3
"""usage: mmap_writer_between_sessions.py MAILBOX FROM TO COMMAND...

A session that lists the mail; then another program changes the mailbox in place
and leaves no trace in the file's times, as a power cut can (and here: a store
into pages that are dirty already); then a session that marks message 2 and says
QUIT. FROM, the text that becomes TO, is as long. Prints the second session's
answers.
"""
import mmap
import os
import sys
import time

from pop3 import log_in, read_all, start


def session(words, commands):
    process, ours = start(words)
    log_in(ours.makefile("rwb"))
    ours.sendall(commands)
    said = read_all(ours)
    process.wait()
    return said


def main():
    path, before, after, *words = sys.argv[1:]
    before, after = before.encode(), after.encode()
    fd = os.open(path, os.O_RDWR)
    pages = mmap.mmap(fd, 0)
    for at in range(0, len(pages), mmap.PAGESIZE):
        pages[at] = pages[at]
    time.sleep(0.1)
    session(words, b"UIDL\r\nQUIT\r\n")
    stamp = os.fstat(fd).st_ctime_ns
    at = pages.find(before)
    pages[at:at + len(after)] = after
    if os.fstat(fd).st_ctime_ns != stamp:
        sys.exit("the times tell of it")
    sys.stdout.buffer.write(session(words, b"DELE 2\r\nQUIT\r\n"))


main()
