"""What the sweeps build: the handler, and what is preloaded into it."""
import os
import subprocess
import sys

import layouts

HERE = os.path.dirname(os.path.abspath(__file__))


def handlers(source, large):
    """The handler with small steps and, if asked for, the handler."""
    def make(directory, *words):
        subprocess.run(["make", "-s", "-C", source, f"O={directory}", *words,
                        f"{directory}/pop3-handler"], check=True,
                       stdout=sys.stderr)
        return os.path.join(source, directory, "pop3-handler")

    return (make("build-crash", "CPPFLAGS=" + layouts.SMALL),
            make("build-crash/full") if large else None)


def faults(base):
    path = os.path.join(base, "faults.so")
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-shared", "-fPIC",
                    "-o", path, os.path.join(HERE, "faults.c"), "-ldl"],
                   check=True)
    return path
