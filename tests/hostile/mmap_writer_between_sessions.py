#!/usr/bin/env python3
"""A program that writes to the mailbox between sessions, without a trace.

usage: mmap_writer_between_sessions.py MAILBOX FROM TO COMMAND...

A session that lists the mail; then another program changes the mailbox in place
and leaves no trace in the file's times, as a power cut can (and here: a store
into pages that are dirty already); then a session that marks message 2 and says
QUIT. FROM, the text that becomes TO, is as long. Prints the second session's
answers.
"""
import os
import sys

from mmap_writer import change, dirty_pages
import pop3


def session(words, *commands):
    c = pop3.start(words)
    c.log_in()
    c.send(*commands)
    said = c.rest()
    c.wait()
    return said


def main():
    path, before, after, *words = sys.argv[1:]
    fd = os.open(path, os.O_RDWR)
    pages = dirty_pages(fd)
    session(words, b"UIDL", b"QUIT")
    change(fd, pages, before.encode(), after.encode())
    sys.stdout.buffer.write(session(words, b"DELE 2", b"QUIT"))


main()
