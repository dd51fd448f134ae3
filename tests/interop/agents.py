"""The delivery agents: how each is set up, called, and brought to an end.

deliver() hands over one message and says whether the agent took it.  For
agents with a queue that is a promise, which drain() has them keep.

Not all agents can share a spool, whoever reads it: one that takes flock alone
is not kept out by the locks of the others; one that takes fcntl before the
dotlock and one that takes it after wait for each other; and dovecot-lda, which
may rewrite what is there, takes for two messages what others quote as one.
So each kind has an account of its own.
"""
import glob
import os
import subprocess
import time

from private_system import MAIL_GID, directory, write
import world

SENDER = "interop@test"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C",
               "TZ": "UTC", "HOME": "/root", "USER": "root"}

DOTLOCK_FIRST = {"mrose"}
DOTLOCK_ALONE = {"mrose", "crispin"}    # among the others they get few turns
FCNTL_FIRST = {"jpostel"}
FLOCK_ALONE = {"jmyers"}


class Agent:
    name = None
    program = None
    accounts = DOTLOCK_FIRST
    longest = 5000              # line length that passes through unchanged
    quotes = True               # lines that start with "From "
    rewrites = False            # headers of mail that is there
    as_user = False             # run as the account, with group mail
    as_group = None             # else as root with this group
    patience = 180              # seconds until a call counts as stuck
    unsound = None              # why it takes part only if asked for by name

    def setup(self):
        """Write the configuration, start what has to run."""

    def command(self, user):
        raise NotImplementedError

    def kick(self):
        """Have another go at a queue; called every few seconds."""

    def drain(self):
        """Messages accepted and still in a queue."""
        return 0

    def stop(self):
        pass

    def log(self):
        return f"{world.BASE}/log/{self.name}"

    def call(self, command, user=None, stdin=subprocess.DEVNULL, wait=None):
        how = {"env": dict(ENVIRONMENT)}
        if user and self.as_user:
            how.update(user=world.uid(user), group=world.uid(user),
                       extra_groups=[MAIL_GID], cwd=world.home(user))
            how["env"].update(HOME=world.home(user), USER=user, LOGNAME=user)
        elif self.as_group:
            how.update(group=self.as_group)
        with open(self.log(), "ab") as log:
            return subprocess.run(command, stdin=stdin, stdout=log,
                                  stderr=log, timeout=wait, **how).returncode

    def deliver(self, user, text):
        """The agent's exit status, None if it was stuck and got killed."""
        fd = os.memfd_create(self.name)
        try:
            with open(fd, "wb", closefd=False) as f:
                f.write(text)
            os.lseek(fd, 0, os.SEEK_SET)
            return self.call(self.command(user), user, fd, self.patience)
        except subprocess.TimeoutExpired:
            return None
        finally:
            os.close(fd)


class Procmail(Agent):
    name, program = "procmail", "/usr/bin/procmail"

    def setup(self):
        # Its 8 seconds between two tries at the dotlock would make it idle.
        write("/etc/procmailrc", "LOCKSLEEP=1\n")

    def command(self, user):
        return [self.program, "-t", "-Y", "-f", SENDER, "-d", user]


class Maildrop(Agent):
    name, program = "maildrop", "/usr/bin/maildrop"

    def setup(self):
        write("/etc/maildroprc", 'DEFAULT="/var/mail/$LOGNAME"\n')

    def command(self, user):
        return [self.program, "-d", user, "-f", SENDER]


class Dovecot(Agent):
    """dovecot-lda"""
    name, program = "dovecot", "/usr/lib/dovecot/dovecot-lda"
    accounts = FCNTL_FIRST
    quotes = False              # it trusts the Content-Length it adds
    rewrites = True
    as_user = True
    conf = "/etc/dovecot/interop.conf"

    def setup(self):
        # fcntl alone, as on many systems: what only that lock keeps out.
        write(self.conf,
                    "mail_location = mbox:~/mail:INBOX=/var/mail/%u\n"
                    "mail_privileged_group = mail\n"
                    "mbox_write_locks = fcntl\n"
                    "postmaster_address = postmaster@test\n"
                    "protocols =\nssl = no\n"
                    f"log_path = {self.log()}\n")
        open(self.log(), "a").close()
        os.chmod(self.log(), 0o666)

    def command(self, user):
        return [self.program, "-c", self.conf, "-f", SENDER]


class Exim(Agent):
    """takes mail into a queue"""
    name, program = "exim4", "/usr/sbin/exim4"

    def setup(self):
        uid = world.SERVICES["Debian-exim"]
        directory("/var/spool/exim4", 0o750, uid, uid)
        directory("/var/log/exim4", 0o750, uid, uid)
        # The compiled-in path: exim trusts no other when it calls itself.
        # The transport is Debian's mail_spool.
        write("/etc/exim4/exim4.conf", """
exim_user = Debian-exim
exim_group = Debian-exim
primary_hostname = test
spool_directory = /var/spool/exim4
log_file_path = /var/log/exim4/%slog
keep_environment =
begin routers
local_user:
  driver = accept
  domains = test
  check_local_user
  transport = mail_spool
begin transports
mail_spool:
  driver = appendfile
  file = /var/mail/$local_part_data
  delivery_date_add
  envelope_to_add
  return_path_add
  group = mail
  mode = 0660
  mode_fail_narrower = false
begin retry
* * F,1d,2s
""")

    def command(self, user):
        return [self.program, "-odf", "-oi", "-f", SENDER, user]

    def kick(self):
        self.call([self.program, "-qff"])

    def drain(self):
        self.kick()
        return len(glob.glob("/var/spool/exim4/input/**/*-H",
                             recursive=True))


class Postfix(Agent):
    """takes mail into a queue, its daemons deliver"""
    name, program = "postfix", "/usr/lib/postfix/sbin/local"
    sendmail = "/usr/sbin/sendmail"

    def setup(self):
        write("/etc/postfix/main.cf", """
compatibility_level = 3.6
myhostname = test
myorigin = test
mydestination = test
inet_interfaces = loopback-only
alias_maps =
alias_database =
local_recipient_maps =
biff = no
mail_spool_directory = /var/mail
mailbox_size_limit = 0
maillog_file = /var/log/postfix.log
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 4s
""")
        write("/etc/postfix/master.cf", """
pickup    unix n - n 1    1 pickup
cleanup   unix n - n -    0 cleanup
qmgr      unix n - n 300  1 qmgr
rewrite   unix - - n -    - trivial-rewrite
bounce    unix - - n -    0 bounce
defer     unix - - n -    0 bounce
trace     unix - - n -    0 bounce
flush     unix n - n 1000 0 flush
proxymap  unix - - n -    - proxymap
showq     unix n - n -    - showq
error     unix - - n -    - error
retry     unix - - n -    - error
local     unix - n n -    - local
postlog   unix-dgram n - n - 1 postlogd
""")
        directory("/var/spool/postfix")
        directory("/var/lib/postfix", 0o755, world.SERVICES["postfix"])
        if self.call(["/usr/sbin/postfix", "start"]):
            raise OSError("postfix does not start")

    def command(self, user):
        return [self.sendmail, "-i", "-f", SENDER, user]

    def drain(self):
        self.call(["/usr/sbin/postqueue", "-f"])
        return sum(len(files) for queue in ("maildrop", "incoming", "active",
                                            "deferred")
                   for _, _, files in os.walk("/var/spool/postfix/" + queue))

    def stop(self):
        if os.path.exists(self.program):
            self.call(["/usr/sbin/postfix", "stop"])


class Dma(Agent):
    """takes mail into a queue"""
    name, program = "dma", "/usr/sbin/dma"
    accounts = FLOCK_ALONE
    longest = 900               # it refuses more than 1000

    def setup(self):
        directory("/var/spool/dma", 0o2775, 0, MAIL_GID)
        write("/etc/dma/dma.conf", "MAILNAME /etc/mailname\n")

    def command(self, user):
        return [self.program, "-D", "-i", "-f", SENDER, user]

    def drain(self):
        left = len(glob.glob("/var/spool/dma/Q*"))
        if left:
            self.call([self.program, "-q"])
        return left


class Mailutils(Agent):
    """mda"""
    name, program = "mailutils", "/usr/sbin/mda"
    accounts = DOTLOCK_ALONE
    unsound = "it writes X-IMAPbase into the spool after it gave up its lock"
    rewrites = True
    as_group = MAIL_GID   # it makes its dotlock as the account

    def command(self, user):
        return [self.program, "--stderr", "-f", SENDER, user]


class Opensmtpd(Agent):
    """OpenSMTPD's mail.local; takes the dotlock alone"""
    name, program = "opensmtpd", "/usr/libexec/opensmtpd/mail.local"
    accounts = DOTLOCK_ALONE

    def command(self, user):
        return [self.program, "-f", SENDER, user]


class Sendmail(Agent):
    """sendmail's mail.local"""
    name, program = "sendmail", "/usr/libexec/sendmail/mail.local"
    accounts = FCNTL_FIRST
    quotes = False              # as dovecot-lda
    as_group = MAIL_GID   # it makes its dotlock as the account

    def command(self, user):
        return [self.program, "-f", SENDER, "-d", user]


class Fdm(Agent):
    name, program = "fdm", "/usr/bin/fdm"
    as_user = True

    def setup(self):
        write("/etc/fdm.conf", """
set allow-multiple
set lock-types fcntl dotlock
account "stdin" stdin
action "spool" mbox "/var/mail/%[user]"
match all action "spool"
""")

    def command(self, user):
        return [self.program, "-f", "/etc/fdm.conf", "-a", "stdin", "fetch"]


ALL = {a.name: a for a in (Procmail, Maildrop, Dovecot, Exim, Postfix, Dma,
                           Mailutils, Opensmtpd, Sendmail, Fdm)}


def share(partners):
    """The accounts each agent is to deliver to.

    Those that would get no mail go to the agents of the first that does."""
    used = set().union(*(a.accounts for a in partners))
    first = min(used)
    return {a: sorted(a.accounts | (set(world.ACCOUNTS) - used
                                    if first in a.accounts else set()))
            for a in partners}


def settle(agents, seconds=30):
    """Wait for the queues to become empty; the names of those that do not."""
    end = time.monotonic() + seconds
    while True:
        left = [a.name for a in agents if a.drain()]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.3)
