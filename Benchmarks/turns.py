"""Programs that are measured in turns: all but one are stopped at any time."""

import os
import signal
import subprocess


class Server:
    """A program in a session of its own that prints `ready`, then answers each line with one line."""

    def __init__(self, command, environment=None):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
            env=os.environ | (environment or {}))
        if self.process.stdout.readline().strip() != "ready":
            self.close()
            raise SystemExit(f"{command[0]} did not start")
        self.signal(signal.SIGSTOP)

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def block(self, line=""):
        """The words of the answer; the program runs no longer than it needs for it."""
        self.signal(signal.SIGCONT)
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        words = self.process.stdout.readline().split()
        self.signal(signal.SIGSTOP)
        return words

    def close(self):
        # Stopped processes hear nothing else.
        try:
            self.signal(signal.SIGKILL)
        except ProcessLookupError:
            pass
