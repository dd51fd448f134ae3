"""A booted systemd (tests/systemd/lab) that has the units as make install puts
them, beside the peers. The socket of port 1109 is that of port 110 with
accept.conf: a unit for each connection."""
import os
import resource
import shutil
import subprocess

import private_system
import programs
from servers import EACH_PORT
import system

LAB = programs.TOP + "/tests/systemd/lab"
UNITS = "usr/local/lib/systemd/system"
OPT = "/opt/bench"
BINARIES = OPT + "/bin"
MISSING = 77


def _install(tree):
    """As a make of its own, whoever has called us."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    subprocess.run(["make", "-s", "-C", programs.TOP, "install",
                    "DESTDIR=" + tree], check=True, env=environment)


def _add_each(units):
    with open(units + "/pop3.socket", encoding="utf-8") as file:
        text = file.read().replace("ListenStream=110",
                                   f"ListenStream={EACH_PORT}")
    private_system.write(units + "/each.socket", text)
    shutil.copyfile(units + "/pop3@.service", units + "/each@.service")
    os.mkdir(units + "/each.socket.d")
    shutil.copy(programs.TOP + "/units/accept.conf", units + "/each.socket.d")


def _add_dovecot(tree, roots):
    for root in roots:
        shutil.copytree(root + "/usr", tree + "/usr", symlinks=True,
                        dirs_exist_ok=True)
        shutil.copytree(root + "/usr/share/dovecot", tree + "/etc/dovecot",
                        dirs_exist_ok=True)


def make(tree, binaries, dovecot):
    """Put all that the lab is to have into the directory TREE; DOVECOT are the
    roots of its packages."""
    _install(tree)
    _add_each(f"{tree}/{UNITS}")
    _add_dovecot(tree, dovecot)
    for part in ("bench", "lib"):
        shutil.copytree(f"{programs.TOP}/tests/{part}",
                        f"{tree}{OPT}/tests/{part}")
    shutil.copytree(binaries, tree + BINARIES)
    for name, of in ("tls-cert.pem", "server.pem"), \
            ("tls-key.pem", "server.key"):
        shutil.copyfile(f"{binaries}/certificates/{of}",
                        f"{tree}/etc/pop3-handler/{name}")


def run(tree, environment, arguments, output):
    """Run the bench again, in a lab; the exit status."""
    return subprocess.run(
        [LAB, tree, *(f"{name}={value}" for name, value in environment.items()),
         "/usr/bin/python3", f"{OPT}/tests/bench/run", *arguments],
        check=False, stdin=subprocess.DEVNULL, stdout=output).returncode


def add_accounts(uids):
    """Name to number; those who can log in are PEOPLE and MEMBERS."""
    for path, line in {
            "/etc/passwd": "{0}:x:{1}:{1}::/nonexistent:/bin/sh\n",
            "/etc/shadow": "{0}:{2}:19000:0:99999:7:::\n",
            "/etc/group": "{0}:x:{1}:\n"}.items():
        with open(path, "a", encoding="ascii") as file:
            for name, uid in uids.items():
                file.write(line.format(name, uid, private_system.NO_PASSWORD
                                       if name in system.SERVICES
                                       else system.MD5))


def _log_in_by_pam():
    private_system.write("/etc/pam.d/dovecot", "".join(
        f"@include common-{kind}\n" for kind in ("auth", "account", "session")))


def enter():
    """Make the booted system that of a run."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    add_accounts({**system.PEOPLE, **system.SERVICES,
                  **{name: system.MEMBERS[name] for name in system.POLLING}})
    _log_in_by_pam()
    private_system.directory(system.INDEX, 0o1777)
    system.place_certificates(OPT + "/bin", 0)
    private_system.call("systemctl", "start", "pop3.socket", "pop3s.socket",
                        "each.socket")


def restart():
    """A listener that has served nobody yet: the next connection starts it."""
    private_system.call("systemctl", "stop", "pop3.service")


def main_pid():
    """Of the listener."""
    return int(subprocess.run(
        ["systemctl", "show", "--property=MainPID", "--value", "pop3.service"],
        check=True, capture_output=True, text=True).stdout)
