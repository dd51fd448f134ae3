"""The one POP3 client of the tests, and the ways to start a handler for it.

    c = pop3.start(words)           # on one end of a socketpair; or over=...
    c.log_in()                      # mrose, "secret"
    answer = c.must(b"RETR 1")      # Refused unless it is +OK
    message = c.multi()             # without dot-stuffing and the final dot
    c.must(b"QUIT")
    sys.exit(c.wait())

Lines are bytes without CRLF. It is strict: a line that ends in a bare LF is
Malformed. It never waits for longer than its patience. Programs that are run
by themselves want PYTHONPATH=tests/lib.
"""
import os
import select
import signal
import socket
import subprocess


class Gone(Exception):
    """The server closed the connection."""


class Silent(TimeoutError):
    """The server did not answer, or did not read, in time."""


class Refused(Exception):
    """A negative response where a session cannot go on."""


class Malformed(Exception):
    """No line of POP3."""


# --- what a session can go over: our reading and writing end, and theirs ------

def _twice(ours, theirs):
    ours, theirs = ours.detach(), theirs.detach()
    return ours, ours, theirs, theirs


def stream():
    return _twice(*socket.socketpair())


def packets():
    """Keeps limits: what one call sends is what one call reads."""
    return _twice(*socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET))


def pipes():
    there_in, w = os.pipe()
    r, there_out = os.pipe()
    return r, w, there_in, there_out


def loopback(address="127.0.0.1", listening=None, receive_buffer=None):
    """TCP to the address, on which, or on `listening`, the server is."""
    def connect():
        def family(name):
            return socket.AF_INET6 if ":" in name else socket.AF_INET

        name = listening or address
        ours = socket.socket(family(address))
        with socket.socket(family(name)) as listener:
            if name == "::":
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            listener.bind((name, 0))
            listener.listen()
            if receive_buffer:
                ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                receive_buffer)
            ours.connect((address, listener.getsockname()[1]))
            theirs, _ = listener.accept()
        return _twice(ours, theirs)
    return connect


# --- a conversation ----------------------------------------------------------

class Connection:
    """Over two descriptors, which it owns; they may be the same."""
    patience = 60

    def __init__(self, r, w):
        self.r, self.w = r, w
        for fd in {r, w}:
            os.set_blocking(fd, False)
        self.buffer = bytearray()   # what was received and not yet taken
        self.last = b""             # what was sent last

    def put(self, data):
        """Sends all of it."""
        while data:
            if not select.select([], [self.w], [], self.patience)[1]:
                raise Silent()
            try:
                data = data[os.write(self.w, data):]
            except BlockingIOError:
                pass
            except OSError as error:
                raise Gone() from error

    def send(self, *lines):
        """All at once."""
        self.last = lines[-1]
        self.put(b"".join(line + b"\r\n" for line in lines))

    def some(self, most=65536):
        """What comes next, past the buffer; b"" at an orderly end."""
        if not select.select([self.r], [], [], self.patience)[0]:
            raise Silent()
        try:
            return os.read(self.r, most)
        except ConnectionResetError as error:
            raise Gone() from error

    def fill(self):
        data = self.some()
        if not data:
            raise Gone()
        self.buffer += data

    def line(self):
        while (end := self.buffer.find(b"\n")) < 0:
            self.fill()
        line = bytes(self.buffer[:end + 1])
        if not line.endswith(b"\r\n"):
            raise Malformed(line)
        del self.buffer[:end + 1]
        return line[:-2]

    def multi(self):
        """What follows the first line, up to the final dot."""
        seen = 0
        while True:
            if self.buffer.startswith(b".\r\n"):
                del self.buffer[:3]
                return b""
            end = self.buffer.find(b"\r\n.\r\n", max(0, seen - 5))
            if end >= 0:
                data = bytes(self.buffer[:end + 2])
                del self.buffer[:end + 5]
                break
            seen = len(self.buffer)
            self.fill()
        if data.count(b"\n") != data.count(b"\r\n"):
            raise Malformed("a bare LF")
        data = data[1:] if data.startswith(b".") else data
        return data.replace(b"\r\n.", b"\r\n")

    def ask(self, line):
        self.send(line)
        return self.line()

    def must(self, line):
        return self.accepted(self.ask(line))

    @staticmethod
    def accepted(answer, what=""):
        if answer != b"+OK" and not answer.startswith(b"+OK "):
            raise Refused(what + answer.decode("latin-1"))
        return answer

    def log_in(self, name=b"mrose", password=b"secret"):
        """From the greeting on; the answer to PASS."""
        self.accepted(self.line())
        self.must(b"USER " + name)
        return self.must(b"PASS " + password)

    def rest(self):
        """All that still comes."""
        try:
            while True:
                self.fill()
        except Gone:
            data, self.buffer = bytes(self.buffer), bytearray()
            return data

    def shut(self):
        """Says that no more is sent; still reads."""
        with socket.socket(fileno=os.dup(self.w)) as ours:
            ours.shutdown(socket.SHUT_WR)

    def hang_up(self):
        for fd in {self.r, self.w} - {None}:
            os.close(fd)
        self.r = self.w = None


class Session(Connection):
    """With a handler that is our child."""

    def __init__(self, words, over, **popen):
        r, w, there_in, there_out = over()
        super().__init__(r, w)
        try:
            self.process = subprocess.Popen(words, stdin=there_in,
                                            stdout=there_out, **popen)
        finally:
            for fd in {there_in, there_out}:
                os.close(fd)

    def wait(self, seconds=None):
        """Its exit status."""
        return self.process.wait(seconds)

    def kill(self, group):
        """The process, or all of its group."""
        try:
            (os.killpg if group else os.kill)(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def close(self):
        """Hangs up if that was not done; whether the handler ends then."""
        self.hang_up()
        try:
            self.process.wait(self.patience)
            return True
        except subprocess.TimeoutExpired:
            self.kill(True)
            self.process.wait()
            return False


def start(words, over=stream, **popen):
    return Session(words, over, **popen)


def converse(words, *commands):
    """A session of mrose that sends all at once, over pipes, as a completed
    process."""
    lines = (b"USER mrose", b"PASS secret", *commands)
    return subprocess.run(words, input=b"".join(l + b"\r\n" for l in lines),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60, check=False)
