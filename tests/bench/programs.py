"""The programs of a run: built, stripped, or unpacked from Debian packages."""
import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
AGENTS = os.environ.get("INTEROP_CACHE", "/var/cache/pop3-handler-interop")
OWN = ("client", "crowd", "hold", "start", "greeting", "sendfile",
       "tls_sender")


def _output(*command):
    done = subprocess.run(command, capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise OSError((done.stderr or done.stdout).strip() or
                      f"{command[0]} failed")
    return done.stdout.strip()


def build(directory, handler):
    """Put our own programs, and the handler as it is installed, there."""
    os.makedirs(directory, exist_ok=True)
    for name in OWN:
        _output("cc", "-O2", "-D_GNU_SOURCE", "-o", f"{directory}/{name}",
                f"{HERE}/{name}.c", f"{HERE}/wire.c", "-Wl,--as-needed",
                "-lcrypt", "-lssl", "-lcrypto")
    certificates = directory + "/certificates"
    os.makedirs(certificates, exist_ok=True)
    _output(TOP + "/tests/tools/make-certificates", certificates)
    target = directory + "/pop3-handler"
    shutil.copyfile(handler, target)
    os.chmod(target, 0o755)
    _output("strip", target)
    return target


def _agent(name):
    _output(TOP + "/tests/interop/install", name)
    return [f"{AGENTS}/{name}"]


def _unpacked(package):
    return [_output(TOP + "/tests/tools/unpacked", package)]


# The first of these sees to the lists of packages.
PEERS = {
    "popa3d": lambda: _agent("popa3d"),
    "dovecot": lambda: _agent("dovecot") + _unpacked("dovecot-pop3d"),
    "tcpserver": lambda: _unpacked("ucspi-tcp"),
}
TOOLS = ("gcc", "libc6-dev", "libcrypt-dev", "libssl-dev", "openssl",
         "binutils", "iproute2", "util-linux")


def tools(say):
    """Install what a run itself needs; elsewhere than on Debian, hope."""
    try:
        _output(TOP + "/tests/tools/need-packages", *TOOLS)
    except OSError as error:
        say(f"cannot install {', '.join(TOOLS)}: {error}")


def peers(say):
    """The roots of each that could be had, and why the others could not."""
    roots, missing = {}, {}
    for name, fetch in PEERS.items():
        say(f"unpacking {name}")
        try:
            roots[name] = fetch()
        except OSError as error:
            missing[name] = f"no {name}: {error}".splitlines()[0]
    return roots, missing
