"""A real sshd on loopback addresses, for tests of what spread does over ssh.

127.0.0.2, 127.0.0.3, ... are hosts of their own to ssh. The test itself listens there and gives
every connection to a `sshd -i`, as inetd would: so the port is one that the kernel has chosen, no
other program can take it in between, and the test knows which process serves which host, can end
it, and can give a host fewer CPUs. Keys, configuration and log are in a directory of their own;
nothing of the user's ~/.ssh is read or written, nor the startup files of his shell: what they say, and
do in two logins at the same time, is not what is tested.
"""

import contextlib
import getpass
import os
import selectors
import shlex
import shutil
import signal
import socket
import subprocess
import threading

import spread_testing

HOSTS = {"h2": "127.0.0.2", "h3": "127.0.0.3", "h4": "127.0.0.4"}
# The port there is bound and no server listens: connection refused.
DOWN = {"down": "127.0.0.9", "down2": "127.0.0.10"}

SSHD_CONFIG = """\
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
UsePAM no
StrictModes no
PermitRootLogin yes
PermitUserRC no
PasswordAuthentication no
LogLevel VERBOSE
SetEnv HOME={folder}
"""

SSH_CONFIG = """\
Host *
  User {user}
  Port {port}
  IdentityFile {folder}/user_key
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  HostKeyAlias the-host
  ControlMaster no
  LogLevel ERROR
"""


class NotInstalled(Exception):
    pass


def program(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if path is None:
        raise NotInstalled(f"there is no {name}")
    return os.path.abspath(path)


def descendants(pid):
    """Of a process, as far as they have not been given to init. Any may end meanwhile: then it
    has none, and the others still count (a `sh` of a worker that ended here hid the sshd above it)."""
    found = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as children:
                for child in children.read().split():
                    found += [int(child), *descendants(int(child))]
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def command_name(pid):
    """Empty, if the process has ended."""
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as name:
            return name.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


class Sshd:
    def __init__(self, folder):
        self.folder = folder
        self._sshd = program("sshd")
        self._keygen = program("ssh-keygen")
        self.ssh = program("ssh")
        self.sessions = {name: [] for name in HOSTS}  # the processes, by host, oldest first
        self.cpus = {}  # host -> the CPUs that its sessions may use, as for taskset -c
        self._listen()
        self._write_files()
        self._end_read, self._end_write = os.pipe()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    # ------------------------------------------------------------ for tests

    @property
    def config(self):
        """For `ssh -F`."""
        return os.path.join(self.folder, "ssh_config")

    @property
    def bin(self):
        """A directory with an `ssh` that uses this configuration, to be put before PATH: so a plain
        `-S h2` is tested, too. (HOME is of no use; ssh asks the password database.)"""
        return os.path.join(self.folder, "bin")

    @property
    def log(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def cut(self, host):
        """Ends every connection to the host, as a crash of the machine would: sshd has no time to
        say good-bye. What it started goes on (that is a test's subject)."""
        for session in self.sessions[host]:
            if session.poll() is not None:
                continue
            for pid in [session.pid, *descendants(session.pid)]:
                if command_name(pid).startswith("sshd"):
                    with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                        os.kill(pid, signal.SIGKILL)

    def stop(self, host):
        """From now on, connections to the host are refused. The port stays taken."""
        self._sockets[host].shutdown(socket.SHUT_RDWR)

    def close(self):
        os.write(self._end_write, b".")
        self._thread.join()
        for fd in (self._end_read, self._end_write):
            os.close(fd)
        for listener in self._sockets.values():
            listener.close()
        for host, sessions in self.sessions.items():
            self.cut(host)
            for session in sessions:
                session.wait()

    # ------------------------------------------------------------ how

    def _listen(self):
        """One free port for all addresses."""
        for _ in range(100):
            self._sockets = {}
            self.port = 0
            try:
                for name, address in {**HOSTS, **DOWN}.items():
                    self._sockets[name] = taken = socket.socket()
                    taken.bind((address, self.port))
                    self.port = taken.getsockname()[1]
            except OSError:
                for taken in self._sockets.values():
                    taken.close()
                continue
            for name in HOSTS:
                self._sockets[name].listen(64)
                self._sockets[name].setblocking(False)
            return
        raise RuntimeError("no port is free on all loopback addresses")

    def _write(self, name, text, mode=0o600):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)

    def _write_files(self):
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        for key in ("host_key", "user_key"):
            path = os.path.join(self.folder, key)
            make = [self._keygen, "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path]
            subprocess.run(make, check=True, stdin=subprocess.DEVNULL)
        with open(os.path.join(self.folder, "host_key.pub"), encoding="ascii") as file:
            self._write("known_hosts", f"the-host {file.read()}")
        values = {"folder": self.folder, "port": self.port, "user": getpass.getuser()}
        self._write("sshd_config", SSHD_CONFIG.format(**values))
        hosts = "".join(f"Host {n}\n  HostName {a}\n" for n, a in {**HOSTS, **DOWN}.items())
        self._write("ssh_config", hosts + SSH_CONFIG.format(**values))
        self._write("log", "")
        os.mkdir(self.bin)
        command = shlex.join([self.ssh, "-F", self.config])
        self._write("bin/ssh", f'#!/bin/sh\nexec {command} "$@"\n', 0o755)

    def _serve(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self._end_read, selectors.EVENT_READ)
            for name in HOSTS:
                selector.register(self._sockets[name], selectors.EVENT_READ, name)
            while True:
                for key, _ in selector.select():
                    if key.data is None:
                        return
                    try:
                        connection, _ = key.fileobj.accept()
                    except BlockingIOError:
                        continue
                    except OSError:  # stop()
                        selector.unregister(key.fileobj)
                        continue
                    with connection:
                        self._start_session(key.data, connection)

    def _start_session(self, host, connection):
        command = [self._sshd, "-i", "-f", os.path.join(self.folder, "sshd_config")]
        command += ["-E", os.path.join(self.folder, "log")]
        if host in self.cpus:
            command = ["taskset", "-c", self.cpus[host], *command]
        connection.setblocking(True)
        session = subprocess.Popen(
            command,
            stdin=connection,
            stdout=connection,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.sessions[host].append(session)
        # As inetd does. A dead sshd that is not waited for looks alive to the guards that watch it.
        threading.Thread(target=session.wait, daemon=True).start()


class SshTest(spread_testing.SpreadTest):
    """A test with an sshd of its own, and a plain `ssh HOST` that leads to it."""

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("sshd"), mode=0o700)
        try:
            self.sshd = Sshd(self.path("sshd"))
        except NotInstalled as missing:
            self.skipTest(str(missing))
        self.addCleanup(self.sshd.close)
        self.environment["PATH"] = f"{self.sshd.bin}:{self.environment['PATH']}"

    def run(self, result=None):
        """A log of sshd with every failure: it alone knows why a login was refused."""
        before = len(result.failures) + len(result.errors) if result is not None else 0
        outcome = super().run(result)
        if result is not None and len(result.failures) + len(result.errors) > before:
            print(getattr(self, "last_log", ""))
        return outcome

    def tearDown(self):
        self.last_log = self.sshd.log
        super().tearDown()
