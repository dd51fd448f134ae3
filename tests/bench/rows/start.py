"""From the start of a process to its greeting."""
import subprocess

import servers
from rows import Row, of_times

# The way of pop3@.service: the service user, its groups, two capabilities.
AS_SERVICE = ["setpriv", "--reuid", "901", "--regid", "901", "--groups",
              "8,42", "--inh-caps", "+setuid,+setgid", "--ambient-caps",
              "+setuid,+setgid"]


def sampler(bench, way, program):
    def sample():
        done = subprocess.run([*way, bench.programs + "/start", program],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise OSError(done.stderr.strip())
        return int(done.stdout)
    return sample


def start(bench, way):
    return of_times(*bench.in_turn(
        400, 15, sampler(bench, way, servers.HANDLER),
        sampler(bench, way, bench.programs + "/greeting")))


AGAINST = "a minimal program with libcrypt"
ROWS = [
    Row("1", "start", "spawn to greeting, as systemd does", AGAINST, 1.25,
        lambda bench: start(bench, AS_SERVICE)),
    Row("1b", "start-inetd", "spawn to greeting, as inetd does", AGAINST,
        1.25, lambda bench: start(bench, [])),
]
