"""Terminals for tests: one that tmux emulates, and a bare pseudo terminal."""

import fcntl
import os
import pty
import re
import select
import shlex
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time

import programs
from programs import LIMIT, wait_for

PROMPT = "shell> "


class Tmux:
    """A shell in a tmux server of its own. Tests wait for what is to be seen, never for a time."""

    def __init__(self, folder, cols, rows, term, environment):
        # The path of a socket is short (108 bytes), that of pytest's folders need not be.
        self.sockets = tempfile.mkdtemp(prefix="pymemtop-")
        self.command = ["tmux", "-L", "test", "-f", "/dev/null"]
        env = programs.environment({"TMUX": None, "TMUX_TMPDIR": self.sockets, "LC_ALL": "C.UTF-8",
                                    "SHELL": "/bin/sh", "ENV": None, **environment})
        configure = folder / "tmux.conf"
        configure.write_text(
            "set -g default-terminal {}\nset -s escape-time 0\nset -g status off\n"
            "set -g history-limit 1000\n".format(term))
        self.command[-1] = str(configure)
        shell = ["env", "PS1=" + PROMPT, "/bin/bash", "--norc", "--noprofile", "-i"]
        self.env = env
        self.run("new-session", "-d", "-x", cols, "-y", rows, shlex.join(shell))
        self.wait(PROMPT.strip())

    def run(self, *arguments):
        return subprocess.run([*self.command, *map(str, arguments)], env=self.env, check=True,
                              stdout=subprocess.PIPE, timeout=LIMIT, encoding="utf-8").stdout

    def screen(self, colours=False):
        return self.run("capture-pane", "-p", *(["-e"] if colours else []))

    def wait(self, *patterns):
        """Wait for a screen in which all the patterns are found; the screen. What else is to be on
        it belongs among them: a screen can be captured when only a part of it has been drawn."""
        seen = [""]

        def found():
            seen[0] = self.screen()
            return all(re.search(pattern, seen[0], re.M) for pattern in patterns)

        wait_for(found, lambda: "{!r} on the screen\n{}".format(patterns, seen[0]))
        return seen[0]

    def wait_gone(self, pattern):
        wait_for(lambda: not re.search(pattern, self.screen(), re.M),
                 lambda: "screen without {!r}\n{}".format(pattern, self.screen()))
        return self.screen()

    def type(self, text):
        self.run("send-keys", "-l", text)

    def keys(self, *names):
        self.run("send-keys", *names)

    def shell(self, line):
        self.type(line)
        self.keys("Enter")

    def pymemtop(self, *arguments):
        """Start pymemtop on the shell's command line."""
        self.shell(shlex.join([programs.PYMEMTOP, *map(str, arguments)]))

    def resize(self, cols, rows):
        self.run("resize-window", "-x", cols, "-y", rows)

    @property
    def shell_pid(self):
        return int(self.run("display-message", "-p", "#{pane_pid}"))

    @property
    def host(self):
        """The pid of the pymemtop that the shell runs, 0 while there is none."""
        return programs.descendant(self.shell_pid, "pymemtop")

    @property
    def worker(self):
        """The pid of its worker, which there must be in the end."""
        return wait_for(lambda: programs.worker_of(self.host), "worker")

    def end(self):
        host = self.host
        if host:
            try:
                os.kill(host, signal.SIGTERM)
                os.kill(host, signal.SIGCONT)
            except ProcessLookupError:
                pass  # it was ending by itself
            wait_for(lambda: not programs.is_alive(host), "end of pymemtop")
        self.run("kill-server")
        shutil.rmtree(self.sockets, ignore_errors=True)


class Pty:
    """A program on a pseudo terminal: everything that it writes, and the terminal's settings."""

    def __init__(self, command, cols=80, rows=24, env=None):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("4H", rows, cols, 0, 0))
        self.before = self.settings
        self.output = b""
        self.process = subprocess.Popen(
            command, stdin=self.slave, stdout=self.slave, stderr=self.slave,
            env=programs.environment({"TERM": "xterm-256color", "LC_ALL": "C.UTF-8",
                                      **(env or {})}),
            start_new_session=True, preexec_fn=self._own_terminal)

    def _own_terminal(self):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        for number in (signal.SIGINT, signal.SIGQUIT):  # ignored where the tests run in background
            signal.signal(number, signal.SIG_DFL)

    def read(self, seconds=0.0):
        """Take what has been written, waiting for it for so long."""
        while select.select([self.master], [], [], seconds)[0]:
            self.output += os.read(self.master, 65536)
            seconds = 0.0

    def wait(self, pattern):
        end = time.monotonic() + LIMIT
        while not re.search(pattern, self.output):
            assert time.monotonic() < end, "no {!r} in {!r}".format(pattern, self.output)
            self.read(0.05)

    def wait_exit(self):
        """Wait for the program's end, reading on all the while; its exit status."""
        def ended():
            self.read(0.02)
            return self.process.poll() is not None
        wait_for(ended, "end of the program")
        self.read()
        return self.process.returncode

    def type(self, keys):
        os.write(self.master, keys)

    @property
    def settings(self):
        """The terminal's modes, then the flags (as O_NONBLOCK) that all who have it open share."""
        return [*termios.tcgetattr(self.slave), fcntl.fcntl(self.slave, fcntl.F_GETFL)]

    def hang_up(self):
        """Close the terminal."""
        for fd in (self.master, self.slave):
            os.close(fd)
        self.master = self.slave = -1

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.master >= 0:
            self.hang_up()
