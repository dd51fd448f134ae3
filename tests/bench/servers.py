"""The servers of a run, on loopback, started when a row first wants them.
They end with the private system."""
import os
import shutil
import socket
import subprocess
import time

from private_system import HANDLER, directory, write
import system

# Those of the units listen already, in the booted system: the listener's, and
# one that makes a unit for each connection.
EACH_PORT = 1109
UNITS = {"unit": 110, "unit-tls": 995, "unit-each": EACH_PORT}
PORTS = {"ours": 1110, "popa3d": 1111, "dovecot": 1112, "sendfile": 1113,
         "dovecot-fresh": 1114, "ours-tls": 1115, "dovecot-tls": 1116,
         "tls-sender": 1117, "dovecot-shipped": 1118}

# Its login processes always stay; "dovecot-fresh", as is its default, starts
# a mail process for each session, ahead of it, and "dovecot" keeps these, too:
# it then serves one account and no other, for they stay that account's.
# Only one login process can read the tickets it has made.
SESSIONS = {"dovecot": 0, "dovecot-fresh": 1, "dovecot-tls": 0}
LOGINS = {"dovecot-tls": 1}
DOVECOT = """\
base_dir = /run/test/%s
protocols = pop3
listen = 127.0.0.1
ssl = %s
ssl_cert = <%s
ssl_key = <%s
disable_plaintext_auth = no
auth_mechanisms = plain
first_valid_uid = 1000
mail_location = mbox:/nonexistent:INBOX=%s/%%u:INDEX=%s/%%u
mail_privileged_group = mail
mail_max_userip_connections = 100
pop3_no_flag_updates = yes
passdb {
  driver = shadow
}
userdb {
  driver = passwd
}
service pop3-login {
  service_count = 0
  process_min_avail = %d
  process_limit = %d
  inet_listener pop3 {
    port = %d
  }
  inet_listener pop3s {
    port = %d
    ssl = yes
  }
}
service pop3 {
  service_count = %d
  process_limit = 600
  process_min_avail = 2
}
"""

# What Debian's own configuration leaves open. A login process serves one
# connection, a mail process one session.
SHIPPED = """\
protocols = pop3
listen = 127.0.0.1
mail_location = mbox:/nonexistent:INBOX=%s/%%u:INDEX=%s/%%u
service pop3-login {
  inet_listener pop3 {
    port = %d
  }
  inet_listener pop3s {
    port = 0
  }
}
"""


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait(name, port, process):
    """Until it listens; a launcher leaves the probe without a greeting."""
    for _ in range(500):
        if _listens(port):
            return
        if process.poll() not in (None, 0):
            break
        time.sleep(0.02)
    raise OSError(f"{name} does not listen")


def _launch(port, command):
    """A server that starts COMMAND for each connection."""
    return subprocess.Popen(
        ["tcpserver", "-q", "-H", "-R", "-l", "localhost", "-c", "64",
         "127.0.0.1", str(port), *command], stdin=subprocess.DEVNULL)


def _resident(name, *command):
    """A service of its own where there is a systemd: the scheduler has each
    session (setsid(2)) in a group, and the client's would be an advantage."""
    has_systemd = os.path.isdir("/run/systemd/system")
    way = ["systemd-run", "--quiet", "--unit=bench-" + name,
           "--property=LimitNOFILE=65535"] if has_systemd else []
    return subprocess.Popen([*way, *command], stdin=subprocess.DEVNULL)


def _dovecot(name, port):
    conf = f"/run/test/{name}.conf"
    has_tls = name in LOGINS
    logins = LOGINS.get(name, 2)
    with open(conf, "w", encoding="ascii") as file:
        file.write(DOVECOT % (
            name, "yes" if has_tls else "no", *system.CERTIFICATE,
            system.SPOOL, system.INDEX, logins, LOGINS.get(name, 100),
            0 if has_tls else port, port if has_tls else 0, SESSIONS[name]))
    return _resident(name, "dovecot", "-F", "-c", conf)


def _dovecot_as_shipped(port):
    write("/etc/dovecot/local.conf", SHIPPED % (
        system.SPOOL, system.INDEX, port))
    for path, name in zip(system.CERTIFICATE, ("pem", "key")):
        directory("/etc/dovecot/private")
        shutil.copyfile(path, "/etc/dovecot/private/dovecot." + name)
    return _resident("dovecot-shipped", "dovecot", "-F")


class Servers:
    """port(NAME, ...) is where NAME serves."""

    def __init__(self, programs, missing):
        self.programs = programs
        self.missing = missing
        self.running = {}

    def _start(self, name, arguments):
        port = PORTS[name]
        if name == "ours":
            return _launch(port, [HANDLER])
        if name == "ours-tls":
            return _launch(port, [
                HANDLER, "--tls=implicit", "--tls-cert="
                + system.CERTIFICATE[0], "--tls-key=" + system.CERTIFICATE[1]])
        if name == "tls-sender":
            return _launch(port, [self.programs + "/tls_sender", *arguments])
        if name == "popa3d":
            return _launch(port, ["/usr/sbin/popa3d"])
        if name == "sendfile":
            return _launch(port, [self.programs + "/sendfile", *arguments])
        if name == "dovecot-shipped":
            return _dovecot_as_shipped(port)
        return _dovecot(name, port)

    def port(self, name, *arguments):
        if name in UNITS:
            return UNITS[name]
        for needed in ["dovecot"] if name.startswith("dovecot") else \
                [name, "tcpserver"]:
            if needed in self.missing:
                raise OSError(self.missing[needed])
        if name not in self.running:
            process = self._start(name, arguments)
            _wait(name, PORTS[name], process)
            self.running[name] = process
        return PORTS[name]


def processes(name=os.path.basename(HANDLER)):
    """The ids of those that run a program of that name; ours by default."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
                if file.read().strip() == name:
                    yield pid
        except OSError:     # it has ended
            continue
