# SPDX-License-Identifier: MIT
"""A command with a terminal of its own: what a person would type and see."""

import os
import pty
import re
import select
import signal
import time

from harness import Failure

ESCAPES = re.compile(r'\x1b(?:\[[0-9;?]*[A-Za-z]|c)')

class Terminal:
    """Types into a command's terminal and waits for what it shows."""

    def __init__(self, command, cwd):
        self.seen = ''  # everything since the last find
        self.all = ''
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execvp(command[0], command)

    def find(self, pattern, seconds):
        """Waits for a pattern after what was found before; returns its match."""
        end = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.seen, re.M)
            if found:
                self.seen = self.seen[found.end():]
                return found
            if not self.more(end - time.monotonic()):
                raise Failure(f'no /{pattern}/ within {seconds} s\n{self.last_lines()}')

    def more(self, seconds):
        """Reads once; False at the end of the command or of the time."""
        if seconds <= 0 or not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # Linux's word for the other side's last close
            return False
        text = data.decode('utf-8', 'replace').replace('\r', '')
        self.seen = ESCAPES.sub('', self.seen + text)
        self.all += text
        return bool(data)

    def type(self, text):
        os.write(self.fd, text.encode())

    def ended(self, seconds):
        """Waits for the command's end; returns its exit status."""
        end = time.monotonic() + seconds
        while self.more(end - time.monotonic()):
            pass
        if time.monotonic() >= end:
            raise Failure(f'it did not end within {seconds} s\n{self.last_lines()}')
        pid, self.pid = self.pid, None
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def close(self):
        if self.pid:
            os.kill(self.pid, signal.SIGTERM)
            os.waitpid(self.pid, 0)
            self.pid = None
        os.close(self.fd)

    def last_lines(self, count=25):
        return '\n'.join('    | ' + line for line in self.all.splitlines()[-count:])
