"""Lays what a run wants over the system of tests/tools/private-system: other
programs, other accounts, mailboxes."""
import os
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PRIVATE_SYSTEM = os.path.join(HERE, "../tools/private-system")
HANDLER = "/run/test/pop3-handler"
SPOOL = "/var/mail"
SERVICE, SERVICE_UID = "pop3-handler", 901
MAIL_GID, SHADOW_GID = 8, 42
NO_PASSWORD = "*"

# Both are there in any system, and own nothing here.
USERS = {"root": 0, "daemon": 1, "mail": MAIL_GID, "nobody": 65534}
GROUPS = {"root": 0, "daemon": 1, "tty": 5, "mail": MAIL_GID,
          "shadow": SHADOW_GID, "nogroup": 65534}
MEMBERS = {"mail": SERVICE, "shadow": SERVICE}


def run_again(handler, environment, output=None):
    """Runs this script again, in such a system; its exit status. What it prints
    goes to `output`. SIGTERM, which is KeyboardInterrupt from now on, takes the
    whole system with it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return subprocess.run(
        [PRIVATE_SYSTEM, sys.executable, os.path.abspath(sys.argv[0]),
         *sys.argv[1:]], check=False, stdout=output,
        env={**os.environ, **environment, "POP3_HANDLER": handler}).returncode


def call(*command):
    # the kernel's newer way to mount takes 255 octets of an option, not more
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL,
                   env={**os.environ, "LIBMOUNT_FORCE_MOUNT2": "always"})


def write(path, text, mode=0o644, gid=0):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chown(path, 0, gid)
    os.chmod(path, mode)


def directory(path, mode=0o755, uid=0, gid=0):
    os.makedirs(path, exist_ok=True)
    os.chown(path, uid, gid)
    os.chmod(path, mode)


def overlay(roots):
    """The programs of these roots, the first's first, over /usr."""
    if roots:
        layers = ":".join(root + "/usr" for root in roots) + ":/usr"
        call("mount", "-t", "overlay", "private", "-o", "lowerdir=" + layers,
             "/usr")


def accounts(people, services, groups=(), homes=None):
    """The files of accounts anew. `people`: name to (uid, hash); `services`:
    name to uid; each has a group of the same name and number. `groups`: more of
    those. `homes`: name to directory."""
    services = {SERVICE: SERVICE_UID, **USERS, **services}
    uids = {**services, **{name: uid for name, (uid, _) in people.items()}}
    hashes = {name: value for name, (_, value) in people.items()}
    gids = {**GROUPS, **dict(groups), **{
        name: uid for name, uid in uids.items() if name not in USERS}}

    def passwd(name, uid):
        home = (homes or {}).get(name, "/nonexistent")
        shell = "/bin/sh" if name in people or name == "root" else \
            "/usr/sbin/nologin"
        return f"{name}:x:{uid}:{uid}:{name}:{home}:{shell}\n"

    write("/etc/passwd", "".join(passwd(*user) for user in uids.items()))
    write("/etc/group", "".join(f"{name}:x:{gid}:{MEMBERS.get(name, '')}\n"
                                for name, gid in gids.items()))
    write("/etc/shadow", "".join(
        f"{name}:{hashes.get(name, NO_PASSWORD)}:19000:0:99999:7:::\n"
        for name in uids), 0o640, SHADOW_GID)
