"""Mailboxes, and what is deleted of them.

The sizes are for a handler whose steps are small (see SMALL), so that small
mailboxes see many; those of LARGE are for the handler as it is used.
"""
import collections
import hashlib

# The handler's own limits, made small: CPPFLAGS of the build that is swept.
SEGMENT = 2048
COPY_MAX = 8192
WIDE_GAP = 16384
SMALL = (f"-DREDO_LOG_SEGMENT={SEGMENT}ULL -DREDO_LOG_COPY_MAX={COPY_MAX}ULL "
         f"-DWIDE_GAP={WIDE_GAP}ULL")

Layout = collections.namedtuple("Layout", "name messages marked large")


def from_line(name):
    return b"From %s@example.org Mon Jan  5 12:34:56 2026\n" % name


def message(name, size, end=b"\n"):
    """A message of this size in the mailbox, all of it different from any
    other and from itself elsewhere."""
    name = name.encode()
    head = from_line(name) + b"From: <%s@example.org>\nSubject: %s\n\n" % (
        name, name)
    body = bytearray()
    number = 0
    while len(head) + len(body) < size - 1:
        number += 1
        line = hashlib.sha256(name + b"%d" % number).hexdigest().encode()
        body += b"%s %d %s\n" % (name, number, line[:8 + number % 50])
    del body[max(0, size - 1 - len(end) - len(head)):]
    return head + bytes(body) + b"\n" + end


def big_message(name, size):
    """The same, quickly: lines that differ in their number only."""
    head = message(name, 200)[:-1]
    width = 64
    count = (size - len(head) - 1) // width
    tag = name.encode()[:16]
    lines = [tag + b" %0*d\n" % (width - len(tag) - 2, n)
             for n in range(count)]
    return head + b"".join(lines) + b"\n"


def crlf(text):
    return text.replace(b"\n", b"\r\n")


def layout(name, sizes, marked, end=b"\n", change=None, make=message,
           large=False):
    messages = [make(f"{name}-{n}", size)
                for n, size in enumerate(sizes, 1)]
    if end != b"\n":
        messages[-1] = messages[-1][:-2] + end
    if change:
        messages = [change(m) for m in messages]
    return Layout(name, messages, set(marked), large)


KB = 1024
SOME = (900, 2100, 1500, 3 * KB, 700, 2500, 1 * KB, 4 * KB, 333, 1234, 5000)


def straddling(name, before, tail):
    """The new end is at `before` octets: the marker put there crosses a
    sector's or a block's border, or starts one."""
    first = 1000
    return layout(name, (first, before - 2 * KB, 2 * KB, *tail),
                  {1, *range(4, 4 + len(tail))})


def small_layouts():
    every = range(1, len(SOME) + 1)
    gap = 20 * KB
    return [
        layout("first", SOME, {1}),
        layout("middle", SOME, {5}),
        layout("last", SOME, {len(SOME)}),
        layout("all", SOME, set(every)),
        layout("all-but-one", SOME, set(every) - {6}),
        layout("all-but-first", SOME, set(every) - {1}),
        layout("all-but-last", SOME, set(every) - {len(SOME)}),
        layout("every-second", SOME, set(every[::2])),
        layout("tiny", (1 * KB, 1 * KB), {1}),
        # a narrow gap, and from the second one on a wide gap
        layout("apart", (700, 2 * KB, 9 * KB, gap, 30 * KB, 11 * KB, 15 * KB),
               {2, 4}),
        layout("wide", (gap, 13 * KB, 40 * KB, 7 * KB), {1}),
        # what is left is as long as the gap: one step, which ends right
        # where its source begins, and nearly there
        layout("twins", (gap, gap), {1}),
        layout("nearly-twins", (gap, gap - 9), {1}),
        layout("just-wide", (WIDE_GAP, 40 * KB), {1}),
        layout("just-narrow", (WIDE_GAP - 1, 20 * KB), {1}),
        layout("one-copy", (800, COPY_MAX), {1}),
        layout("many-copies", (800, 6 * COPY_MAX, 700), {1}),
        layout("two-copies", (800, 2 * COPY_MAX + 1), {1}),
        layout("crlf", SOME, {2, 7}, change=crlf),
        layout("no-final-lf", SOME, {1, 4}, end=b""),
        layout("no-final-lf-last", SOME, {len(SOME)}, end=b""),
        straddling("straddle-sector", 6 * KB + SECTOR - 7, (3 * KB,)),
        straddling("straddle-block", 8 * KB - 5, (9 * KB,)),
        straddling("at-block", 8 * KB, (6 * KB,)),
        layout("long-gap", (300, 60 * KB, 300), {2}),
        # so little after a wide gap that mail which arrives before the
        # recovery is moved over the end of the old file
        layout("late-mail-little", (20 * KB, 900), {1}),
        layout("late-mail-nothing", (3 * KB, 20 * KB), {2}),
    ]


SECTOR = 512
MB = 1 << 20


def large_layouts():
    def make(name, sizes, marked):
        return layout(name, sizes, marked, make=big_message, large=True)

    return [
        make("large-narrow", (5000, 20 * MB, 3000, 31 * MB), {1}),
        make("large-wide", (10 * MB, 14 * MB, 9 * MB), {1}),
        make("large-both", (3 * MB, 5000, 12 * MB, 8 * MB, 11 * MB, 2 * MB),
             {2, 4}),
        make("large-twins", (12 * MB, 12 * MB), {1}),
        make("large-last", (20 * MB, 10 * MB), {2}),
        make("large-all-but-last", (30 * MB, 4000), {1}),
    ]


def find(name):
    for one in small_layouts() + (
            large_layouts() if name.startswith("large") else []):
        if one.name == name:
            return one
    raise KeyError(name)


def old(one):
    return b"".join(one.messages)


def new(one):
    return b"".join(m for n, m in enumerate(one.messages, 1)
                    if n not in one.marked)
