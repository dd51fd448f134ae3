"""The private world of a run: namespaces, mounts, accounts, spools.

Everything that is fixed by path (/etc, /var/mail, /var/spool, the agents in
/usr) is replaced inside a mount namespace of this process's own, so that the
real system is neither read nor written.
"""
import os
import shutil
import signal
import subprocess
import sys

CACHE = os.environ.get("INTEROP_CACHE", "/var/cache/pop3-handler-interop")
BASE = "/run/interop"
STATE = BASE + "/state"
SPOOL = "/var/mail"
PASSWORD = "interop"
# crypt(3) of PASSWORD
HASH = ("$6$interop$Z3PsSgetCe.UWBbm4tKVZ.HAYX6vOIcMTFoN4amhc4m6Tas"
        "CVGU2hCyam/1uoPKB8bYC24amvhWJ8QSIkpfB21")

ACCOUNTS = {"mrose": 2001, "jpostel": 2002, "jmyers": 2003,
            "crispin": 2004}
PROBE = "probe"                 # where each agent is tried before the run
SERVICE = "pop3-handler"
GID_MAIL, GID_SHADOW = 8, 42

# Service users of the agents; each has a group of the same name and number.
SYSTEM = {SERVICE: 901, "Debian-exim": 902, "postfix": 903, "dovecot": 904,
          "dovenull": 905, "popa3d": 906, "courier": 907}
GROUPS = {"root": 0, "daemon": 1, "tty": 5, "mail": GID_MAIL,
          "shadow": GID_SHADOW, "postdrop": 909, "nogroup": 65534}


def uid(user):
    return ACCOUNTS.get(user, 2099)


def home(user):
    return BASE + "/home/" + user


def spool(user):
    return os.path.join(SPOOL, user)


def enter(script, environment):
    """Run this script again in namespaces of its own.

    The process namespace makes sure that no agent's daemon outlives the run;
    the network namespace, that none reaches a network.
    """
    with subprocess.Popen([
            "unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork",
            "--mount-proc", "--kill-child", "--",
            sys.executable, script, *sys.argv[1:]], env=environment) as child:
        # Ended from outside, this process takes the whole world with it.
        signal.signal(signal.SIGTERM, lambda *_: child.kill())
        return child.wait()


def reap():
    """Be the first process of the namespace; return in its working child."""
    child = os.fork()
    if child == 0:
        return
    while True:
        pid, status = os.wait()
        if pid == child:
            os._exit(os.waitstatus_to_exitcode(status) & 255)


def sh(*command):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def write(path, text, mode=0o644, gid=0):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    os.chown(path, 0, gid)
    os.chmod(path, mode)


def directory(path, mode=0o755, uid=0, gid=0):
    os.makedirs(path, exist_ok=True)
    os.chown(path, uid, gid)
    os.chmod(path, mode)


def build(handler):
    """Mount and fill the private world; return the handler's path in it."""
    # The binary may lie where a mount is about to hide it, or be rebuilt.
    with open(handler, "rb") as f:
        binary = f.read()

    sh("hostname", "test")
    sh("ip", "link", "set", "lo", "up")
    roots = [os.path.join(CACHE, d) for d in sorted(os.listdir(CACHE))
             if os.path.exists(os.path.join(CACHE, d, ".complete"))] \
        if os.path.isdir(CACHE) else []
    # postfix first: its sendmail(1) is the one called by that name.
    roots.sort(key=lambda r: os.path.basename(r) != "postfix")
    if roots:
        sh("mount", "-t", "overlay", "interop", "-o", "lowerdir=" +
           ":".join(r + "/usr" for r in roots) + ":/usr", "/usr")

    sh("mount", "-t", "tmpfs", "-o", "mode=755", "interop", "/run")
    directory(BASE)
    sh("cp", "-a", "/etc", BASE + "/etc")
    for root in roots:
        if os.path.isdir(root + "/etc"):
            sh("cp", "-a", "--no-clobber", root + "/etc/.", BASE + "/etc/")
    sh("mount", "--bind", BASE + "/etc", "/etc")
    for path in ("/var/mail", "/var/spool", "/var/lib", "/var/log"):
        sh("mount", "-t", "tmpfs", "-o", "mode=755", "interop", path)
    os.symlink("../mail", "/var/spool/mail")

    accounts()
    directory(STATE, 0o700, SYSTEM[SERVICE], SYSTEM[SERVICE])
    directory(BASE + "/log", 0o1777)
    directory("/var/lib/popa3d")        # where that one locks itself in

    path = BASE + "/handler"
    with open(path, "wb") as f:
        f.write(binary)
    os.chmod(path, 0o755)
    return path


def accounts():
    people = dict(ACCOUNTS, **{PROBE: uid(PROBE)})
    passwd = ["root:x:0:0:root:/root:/bin/sh",
              "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin",
              "mail:x:8:8:mail:/var/mail:/usr/sbin/nologin",
              "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin"]
    passwd += [f"{u}:x:{n}:{n}:{u}:/nonexistent:/usr/sbin/nologin"
               for u, n in SYSTEM.items()]
    passwd += [f"{u}:x:{n}:{n}:{u}:{home(u)}:/bin/sh"
               for u, n in people.items()]
    members = {"mail": SERVICE, "shadow": SERVICE}
    group = [f"{g}:x:{n}:{members.get(g, '')}"
             for g, n in {**GROUPS, **SYSTEM, **people}.items()]
    shadow = [f"{line.split(':')[0]}:*:19000:0:99999:7:::" for line in passwd
              if line.split(":")[0] not in people]
    shadow += [f"{u}:{HASH}:19000:0:99999:7:::" for u in people]
    write("/etc/passwd", "\n".join(passwd) + "\n")
    write("/etc/group", "\n".join(group) + "\n")
    write("/etc/shadow", "\n".join(shadow) + "\n", 0o640, GID_SHADOW)
    write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\n"
          "hosts: files\nservices: files\nprotocols: files\n")
    write("/etc/hosts", "127.0.0.1 test localhost\n")
    write("/etc/mailname", "test\n")
    write("/etc/aliases", "")
    for user, number in people.items():
        directory(home(user), 0o700, number, number)
        directory(home(user) + "/mail", 0o700, number, number)
        open(spool(user), "x").close()
        os.chown(spool(user), number, GID_MAIL)
        os.chmod(spool(user), 0o660)
    directory(SPOOL, 0o2775, 0, GID_MAIL)


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
