"""The handler on the other end of a socket, as the hostile clients start it."""
import socket
import subprocess
import sys


def start(words, kind=socket.SOCK_STREAM):
    """Starts the command on one end of a socketpair: the process, our end."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
    # against hanging only
    ours.settimeout(60)
    process = subprocess.Popen(words, stdin=theirs, stdout=theirs)
    theirs.close()
    return process, ours


def log_in(lines):
    """Logs in as mrose on a file of our end; the answer to PASS."""
    answers = [lines.readline()]
    for command in b"USER mrose", b"PASS secret":
        lines.write(command + b"\r\n")
        lines.flush()
        answers.append(lines.readline())
    for answer in answers:
        if not answer.startswith(b"+OK"):
            sys.exit(f"no login: {answer!r}")
    return answers[-1]


def read_all(ours):
    """All that comes until the end."""
    pieces = []
    while True:
        try:
            piece = ours.recv(65536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
