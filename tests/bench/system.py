"""The private system of a run, laid over that of tests/tools/private-system:
the peers over /usr, their accounts, and a real disk for mail and state."""
import os
import shutil

import private_system
from private_system import MAIL_GID, SERVICE_UID, SPOOL, call, directory

PASSWORD = "secret"
# crypt(3) of it, as cheap as it gets: a session is to be measured, no hash
MD5 = "$1$bench000$hGudZQTcs2sKADQOjcqmU1"
HASHES = {
    "yescrypt": "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$"
                "GmcwIgvdUC9qLWcKCi6gklUa1dM3ziD43YxYNURLKy0",
    "sha512": "$6$pop3handler$cuOo26zJ71NBWqzyjtvJPOYimz.upaJSQCj/DNa7luBPs"
              "O3QgVKelQXEjRoRMhwl99IVW/dX4tN5nAkj96KXY/",
    "bcrypt": "$2b$05$ihLaB9cuQ1SynLIJIX7sYeK9zOV.z3/ZuMnAe9aace./7r0PLsqce",
}
# Ours and popa3d's, which changes nothing, is one; Dovecot has one to itself.
OURS, SECOND, DOVECOTS = "mrose", "crispin", "jmyers"
PEOPLE = {OURS: 2001, SECOND: 2006, DOVECOTS: 2002}
# Members of a club, numbered from 1. The first poll at the same time, one half
# of them ours and the other Dovecot's; all have a session in one row only.
MEMBER = "member"
MEMBERS = {f"{MEMBER}{number}": 3000 + number for number in range(1, 501)}
POLLING = list(MEMBERS)[:16]
SERVICES = {"popa3d": 906, "dovecot": 904, "dovenull": 905}
STATE = "/var/lib/pop3-handler"
INDEX = "/var/lib/dovecot-index"
# and its key, of all servers with TLS
CERTIFICATE = ("/run/test/certificate.pem", "/run/test/certificate.key")


def _accounts():
    hashes = {name: MD5 for name in PEOPLE}
    for method, value in HASHES.items():
        hashes[method], hashes["locked-" + method] = value, "!" + value
    private_system.accounts(
        {name: (PEOPLE.get(name, 2100 + at), value)
         for at, (name, value) in enumerate(hashes.items())}, SERVICES)


def _pam():
    with open("/etc/pam.d/popa3d", "w", encoding="ascii") as file:
        file.write("auth required pam_unix.so\n"
                   "account required pam_unix.so\n")


def _on_disk(disk, path, *how):
    source = f"{disk}/{os.path.basename(path)}"
    directory(source, *how)
    os.makedirs(path, exist_ok=True)
    call("mount", "--bind", source, path)


def place_certificates(directory, uid):
    """For servers that read them as that user."""
    for path, name in zip(CERTIFICATE, ("server.pem", "server.key")):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copyfile(f"{directory}/certificates/{name}", path)
        os.chown(path, uid, 0)
        os.chmod(path, 0o600)


def enter(disk, roots):
    """Make this process's system, which private-system made, that of a run."""
    private_system.overlay(roots)
    _accounts()
    _pam()
    _on_disk(disk, SPOOL, 0o2775, 0, MAIL_GID)
    _on_disk(disk, STATE, 0o700, SERVICE_UID, SERVICE_UID)
    _on_disk(disk, INDEX, 0o1777)
    place_certificates(disk + "/bin", SERVICE_UID)
    for path in ("/var/lib/popa3d", "/var/lib/dovecot"):
        directory(path)


def forget():
    """Remove our control files, as before the first login."""
    for entry in os.scandir(STATE):
        if entry.is_file():
            os.unlink(entry.path)


def encrypt_method(method):
    """What login.defs says new passwords are hashed with."""
    with open("/etc/login.defs", "w", encoding="ascii") as file:
        file.write(f"UID_MIN 1000\nENCRYPT_METHOD {method.upper()}\n")
