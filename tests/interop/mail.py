"""Messages: made with an id and a known body, recognised again in a spool.

An agent may add headers and may quote lines that start with "From "; a
message is intact if its own header lines are there in order and its body is
the same but for the ">" of that quoting and newlines at its end.
"""
import hashlib
import re

QUOTED = re.compile(rb"(?m)^>+(?=From )")
POSTMARK = re.compile(rb"(?:\A|(?<=\n\n))From ")
IDENT = re.compile(rb"(?m)^X-Interop: (\S+)$")

WORDS = [b"packet", b"maildrop", b"octet", b"a", b"the", b"of", b"transfer",
         b"server", b"greeting", b"state", b"lock", b"release", b"session"]
ODD = [b"From mrose Mon Nov  9 10:00:00 1998",
       b"From the other side", b">From here", b">>From there",
       b".", b"..", b".dot", b". dot", b"", b" ", b"\tindented",
       "na\u00efve caf\u00e9 \u2014 \u65e5\u672c".encode(),
       bytes(range(0xA0, 0x100)), b"trailing space ", b"-- ",
       b"Content-Length: 10", b"X-Interop-Not: 1", b"Status: RO"]


class Message:
    """One message to be delivered and what became of it."""

    def __init__(self, ident, agent, account, rng):
        self.ident, self.agent, self.account = ident, agent.name, account
        self.head = [line.encode() for line in (
            f"From: Interop <{agent.name}@test>", f"To: {account}@test",
            f"Subject: message {ident} by way of {agent.name},",
            "\twith a folded line", f"Message-ID: <{ident}@interop.test>",
            "Date: Mon, 09 Nov 1998 10:00:00 +0000", f"X-Interop: {ident}",
            "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit")]
        self.body = body(rng, agent.longest, agent.quotes)
        self.sum = digest(self.body)
        self.outcome = None     # None under way, True delivered, False failed

    def text(self):
        return b"\n".join(self.head) + b"\n\n" + self.body


def body(rng, longest, quotes):
    """A body of 0 to 200 KB, most of them small.

    No line is longer than longest; "From " starts one only if quotes."""
    size = rng.choices([0, rng.randint(1, 2000), rng.randint(2000, 20000),
                        rng.randint(20000, 200000)], [10, 50, 30, 10])[0]
    if not size:
        return b""
    lines, count = [], 0
    while count < size:
        kind = rng.random()
        if kind < 0.80:
            line = b" ".join(rng.choices(WORDS, k=rng.randint(1, 12)))
        elif kind < 0.97:
            line = rng.choice(ODD)
            if line.startswith(b"From "):
                if not quotes:
                    line = b">" + line
                elif rng.random() < 0.5:
                    lines.append(b"")   # where even a strict reader splits
                    count += 1
        else:
            line = b"%x" % rng.getrandbits(4 * rng.randint(1, longest))
        lines.append(line)
        count += len(line) + 1
    return b"\n".join(lines)[:size].rstrip(b"\n") + b"\n"


def digest(data):
    return hashlib.sha1(QUOTED.sub(b"", data).rstrip(b"\n")).digest()


def split(data):
    """The messages of an mbox, each from its "From " line on."""
    starts = [m.start() for m in POSTMARK.finditer(data)]
    if data and (not starts or starts[0] != 0):
        starts.insert(0, 0)
    return [data[a:b] for a, b in zip(starts, starts[1:] + [len(data)])]


def ident(text):
    """The one id in a message's header, None if there is none or several."""
    found = IDENT.findall(text.partition(b"\n\n")[0])
    return found[0].decode() if len(found) == 1 else None


def intact(text, message):
    head, _, rest = text.partition(b"\n\n")
    lines = iter(head.split(b"\n"))
    return all(line in lines for line in message.head) \
        and digest(rest) == message.sum
