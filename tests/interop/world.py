"""The world of a run: agents over /usr, accounts, spools. Everything that is
fixed by path is private (tests/tools/private-system), so that the real system
is neither read nor written."""
import os
import shutil
import subprocess

import private_system
from private_system import HANDLER, MAIL_GID, SPOOL, call, directory, write

CACHE = os.environ.get("INTEROP_CACHE", "/var/cache/pop3-handler-interop")
BASE = "/run/interop"
STATE = BASE + "/state"
PASSWORD = "interop"
# crypt(3) of PASSWORD
HASH = ("$6$interop$Z3PsSgetCe.UWBbm4tKVZ.HAYX6vOIcMTFoN4amhc4m6Tas"
        "CVGU2hCyam/1uoPKB8bYC24amvhWJ8QSIkpfB21")

ACCOUNTS = {"mrose": 2001, "jpostel": 2002, "jmyers": 2003,
            "crispin": 2004}
PROBE = "probe"                 # where each agent is tried before the run

# Service users of the agents.
SERVICES = {"Debian-exim": 902, "postfix": 903, "dovecot": 904,
            "dovenull": 905, "popa3d": 906, "courier": 907}
GROUPS = {"postdrop": 909}


def uid(user):
    return ACCOUNTS.get(user, 2099)


def home(user):
    return BASE + "/home/" + user


def spool(user):
    return os.path.join(SPOOL, user)


def agents_roots():
    roots = [os.path.join(CACHE, d) for d in sorted(os.listdir(CACHE))
             if os.path.exists(os.path.join(CACHE, d, ".complete"))] \
        if os.path.isdir(CACHE) else []
    # postfix first: its sendmail(1) is the one called by that name.
    return sorted(roots, key=lambda r: os.path.basename(r) != "postfix")


def build():
    """Fill the private system; return the handler's path in it."""
    call("hostname", "test")
    os.unlink("/dev/log")       # nobody reads what the agents have to say
    roots = agents_roots()
    private_system.overlay(roots)
    for root in roots:
        if os.path.isdir(root + "/etc"):
            call("cp", "-a", "--no-clobber", root + "/etc/.", "/etc/")
    for path in ("/var/spool", "/var/log"):
        call("mount", "-t", "tmpfs", "-o", "mode=755", "interop", path)
    os.symlink("../mail", "/var/spool/mail")
    fill_in_accounts()
    directory(STATE, 0o700, private_system.SERVICE_UID,
              private_system.SERVICE_UID)
    directory(BASE + "/log", 0o1777)
    directory("/var/lib/popa3d")        # where that one locks itself in
    return HANDLER


def fill_in_accounts():
    people = dict(ACCOUNTS, **{PROBE: uid(PROBE)})
    private_system.accounts(
        {user: (number, HASH) for user, number in people.items()}, SERVICES,
        GROUPS, {user: home(user) for user in people})
    write("/etc/hosts", "127.0.0.1 test localhost\n")
    write("/etc/mailname", "test\n")
    write("/etc/aliases", "")
    for user, number in people.items():
        directory(home(user), 0o700, number, number)
        directory(home(user) + "/mail", 0o700, number, number)
        open(spool(user), "a").close()
        os.chown(spool(user), number, MAIL_GID)
        os.chmod(spool(user), 0o660)


def missing_libraries(binary):
    """Names of the shared libraries a program would not find."""
    out = subprocess.run(["ldd", binary], capture_output=True, text=True)
    return [line.split()[0] for line in out.stdout.splitlines()
            if "not found" in line]


def keep(source, target):
    """Copy evidence out of the private world."""
    if os.path.isdir(source):
        shutil.copytree(source, target, dirs_exist_ok=True,
                        ignore_dangling_symlinks=True)
    elif os.path.exists(source):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(source, target)
