"""Presses Tab in interactive shells, each on a terminal of its own, and looks at what they show.

Usage: tab.py FOLDER, which holds a gatewright.yaml with the environments dev and prod and the app storefront.
"""

import os
import pty
import re
import select
import sys
import time

# How each shell is started, and what loads the completions in it.
SHELLS = {
    "bash": (["bash", "--norc", "-i"], "source <(gatewright completions bash)"),
    "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit && compinit -u -D; source <(gatewright completions zsh)"),
    "fish": (["fish", "--no-config", "-i"], "gatewright completions fish | source"),
}

# What is typed, and what has to be shown after Tab is pressed twice.
ASKED = [
    ("gatewright plan --env ", ["dev", "prod"]),
    ("gatewright plan --replace ", ["oidc_app/storefront"]),
    ("gatewright plan --replace=oidc_app/stor", ["oidc_app/storefront"]),
    ("gatewright explain tok", ["token_endpoint_auth_method"]),
    ("gatewright plan --form", ["--format"]),
]

READY = "ready-for-a-line"
PATIENCE = 20


class Terminal:
    """A shell on a terminal."""

    def __init__(self, command, folder):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.environ.update(TERM="xterm", COLUMNS="100", LINES="40", PS1="", HISTFILE="/dev/null", HOME=folder)
            os.execvp(command[0], command)
        self.seen = ""

    def send(self, text):
        os.write(self.master, text.encode())

    def wait_for(self, done):
        """Reads until what was shown is enough; returns it without control sequences."""
        until = time.monotonic() + PATIENCE
        while not done(self.plain()):
            left = until - time.monotonic()
            ready = left > 0 and select.select([self.master], [], [], left)[0]
            try:
                more = os.read(self.master, 65536) if ready else b""
            except OSError:
                more = b""
            if not more:
                raise SystemExit(f"not shown in {PATIENCE} s; seen:\n{self.plain()}")
            self.seen += more.decode(errors="replace")
        return self.plain()

    def plain(self):
        return re.sub(r"\x1b(\[[0-9;?>=]*[A-Za-z]|\][^\x07]*\x07|[=>()][A-Z0-9]?)|[\r\x07]", "", self.seen)

    def close(self):
        os.close(self.master)
        os.waitpid(self.pid, 0)


def check(name, folder):
    command, load = SHELLS[name]
    for line, expected in ASKED:
        shell = Terminal(command, folder)
        # The word is put together by the shell, so its echo is not taken for the answer.
        shell.send(f"{load}; echo {READY[:6]}''{READY[6:]}\n")
        shell.wait_for(lambda shown: READY in shown)
        shell.seen = ""
        shell.send(line)
        shell.wait_for(lambda shown: line[-5:].strip() in shown)
        # What is typed stays in view: a value that is the only one is put behind it.
        shell.send("\t\t")
        shown = shell.wait_for(lambda shown: all(word in shown for word in expected))
        for wrong in ("error", "broke down", "command not found"):
            if wrong in shown:
                raise SystemExit(f"{name}: {line}: {shown}")
        shell.close()
        print(f"ok: {name}: {line}")


def main():
    for name in SHELLS:
        check(name, sys.argv[1])


main()
