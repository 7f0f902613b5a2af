# SPDX-License-Identifier: MIT
"""Clients of a store daemon, the daemons, and the pretended hypervisor of fakehv.c."""

import ctypes
import mmap
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get('B') or 'build')
TYPES = ('CONTROL DIRECTORY READ GET_PERMS WATCH UNWATCH TRANSACTION_START TRANSACTION_END INTRODUCE RELEASE '
         'GET_DOMAIN_PATH WRITE MKDIR RM SET_PERMS WATCH_EVENT ERROR IS_DOMAIN_INTRODUCED RESUME SET_TARGET '
         'RESTRICT RESET_WATCHES DIRECTORY_PART').split()
NUMBER = {name: n for n, name in enumerate(TYPES)}
HEAD = struct.Struct('<IIII')
PATIENCE = 10


class Gone(Exception):
    """The daemon closed the connection, or said nothing for too long."""


class Client:
    """Requests, replies, events; below it a transport with send(bytes) and recv() of some bytes."""

    def __init__(self):
        self.buffer = b''
        self.events = []
        self.request_id = 0

    def post(self, kind, data=b'', tx=0):
        self.request_id += 1
        number = NUMBER[kind] if isinstance(kind, str) else kind
        self.send(HEAD.pack(number, self.request_id, tx, len(data)) + data)

    def message(self, patience=PATIENCE):
        while len(self.buffer) < 16 or len(self.buffer) < 16 + HEAD.unpack(self.buffer[:16])[3]:
            self.buffer += self.recv(patience)
        kind, req, tx, size = HEAD.unpack(self.buffer[:16])
        data = self.buffer[16:16 + size]
        self.buffer = self.buffer[16 + size:]
        return kind, req, tx, data

    def reply(self):
        """(name of the type, data) of the reply; events before it are put aside."""
        while True:
            kind, req, _, data = self.message()
            if kind == NUMBER['WATCH_EVENT']:
                self.events.append(tuple(data.split(b'\0')[:2]))
                continue
            assert req == self.request_id, f'reply to request {req}, not {self.request_id}'
            return (TYPES[kind] if kind < len(TYPES) else kind), data

    def ask(self, kind, data=b'', tx=0):
        """What came back: the data, or the error's name with a ! before it."""
        self.post(kind, data, tx)
        got, data = self.reply()
        return b'!' + data.rstrip(b'\0') if got == 'ERROR' else data

    def events_now(self):
        """All events that are on their way: a reply comes after what was fired before it."""
        self.ask('GET_DOMAIN_PATH', b'0\0')
        events, self.events = self.events, []
        return events

    def read(self, path, tx=0):
        return self.ask('READ', path + b'\0', tx)

    def write(self, path, value, tx=0):
        return self.ask('WRITE', path + b'\0' + value, tx)

    def start(self):
        return int(self.ask('TRANSACTION_START', b'\0').rstrip(b'\0'))

    def end(self, tx, how=b'T'):
        return self.ask('TRANSACTION_END', how + b'\0', tx)

    def watch(self, path, token):
        return self.ask('WATCH', path + b'\0' + token + b'\0')


class Socket(Client):
    def __init__(self, path):
        super().__init__()
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as e:
            raise Gone(str(e)) from e

    def recv(self, patience):
        self.sock.settimeout(patience)
        try:
            data = self.sock.recv(65536)
        except OSError as e:
            raise Gone(str(e)) from e
        if not data:
            raise Gone('closed')
        return data

    def close(self):
        self.sock.close()


class Ring(Client):
    """A domain's side of its page; the indices are this object's to spoil."""
    REQ, RSP, REQ_CONS, REQ_PROD, RSP_CONS, RSP_PROD, FEATURES, CONNECTION, ERROR = (0, 1024, 2048, 2052, 2056,
                                                                                      2060, 2064, 2068, 2072)

    def __init__(self, hv, number):
        super().__init__()
        self.hv, self.number = hv, number
        self.path = os.path.join(hv.folder, f'page.{number}')
        with open(self.path, 'w+b') as f:
            f.truncate(4096)
            self.page = mmap.mmap(f.fileno(), 4096)
        # One store each: struct.pack_into() first clears the bytes, and the daemon may look just then.
        self.word = (ctypes.c_uint32 * 1024).from_buffer(self.page)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.name = os.path.join(hv.folder, f'dom.{number}')
        if os.path.exists(self.name):
            os.unlink(self.name)
        self.sock.bind(self.name)

    def get(self, at):
        return self.word[at // 4]

    def put(self, at, value):
        self.word[at // 4] = value & 0xffffffff

    def kick(self):
        self.hv.event(self.number + 2)

    def wait(self, patience):
        if not select.select([self.sock], [], [], patience)[0]:
            raise Gone(f'no event for domain {self.number}')
        self.sock.recv(16)

    def send(self, data):
        while data:
            prod = self.get(self.REQ_PROD)
            room = 1024 - (prod - self.get(self.REQ_CONS) & 0xffffffff)
            if not room:
                self.wait(PATIENCE)
                continue
            part = data[:min(room, 1024 - prod % 1024)]
            self.page[prod % 1024:prod % 1024 + len(part)] = part
            self.put(self.REQ_PROD, prod + len(part))
            data = data[len(part):]
            self.kick()

    def recv(self, patience):
        while True:
            cons = self.get(self.RSP_CONS)
            there = self.get(self.RSP_PROD) - cons & 0xffffffff
            if there:
                part = min(there, 1024 - cons % 1024)
                data = self.page[1024 + cons % 1024:1024 + cons % 1024 + part]
                self.put(self.RSP_CONS, cons + part)
                self.kick()
                return data
            self.wait(patience)

    def close(self):
        self.sock.close()
        os.unlink(self.name)
        os.unlink(self.path)


class Hv:
    """The pretended hypervisor: who lives."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='px')
        with open(os.path.join(self.folder, 'domains'), 'w+b') as f:
            f.truncate(0x8000)
            self.state = mmap.mmap(f.fileno(), 0x8000)
        self.state[0] = 1
        with open(os.path.join(self.folder, 'port'), 'w', encoding='ascii') as f:
            f.write('1')
        self.sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.dom0 = Ring(self, 0)

    def event(self, port):
        self.sender.sendto(struct.pack('<I', port), os.path.join(self.folder, 'daemon'))

    def set(self, number, state, tell=True):
        self.state[number] = state
        if tell:
            self.event(1)

    def close(self):
        shutil.rmtree(self.folder)


class Daemon:
    """pxstored (the one of the tests, with sanitizers, or `which`), or Debian's xenstored."""

    def __init__(self, which='tests/pxstored', options=()):
        self.hv = Hv()
        self.which, self.options = which, list(options)
        self.is_px = 'pxstored' in which
        self.dir = os.path.join(self.hv.folder, 'run')
        os.mkdir(self.dir)
        self.log = open(os.path.join(self.hv.folder, 'log'), 'w+', encoding='utf-8', errors='replace')
        self.start()

    def start(self):
        env = dict(os.environ, FAKEHV=self.hv.folder, XENSTORED_RUNDIR=self.dir, XENSTORED_ROOTDIR=self.dir)
        program = os.path.join(BUILD, self.which)
        if self.is_px:
            words = [program, '-F', '-D', self.dir, '-S', os.path.join(self.hv.folder, 'state')]
        else:
            words = [program, '-N']
        if not self.is_px or 'tests' not in self.which:
            env['LD_PRELOAD'] = os.path.join(BUILD, 'tests/fakehv.so')
        self.process = subprocess.Popen(words + self.options, env=env, stdout=self.log, stderr=self.log)
        self.socket_path = os.path.join(self.dir, 'socket')
        self.until(self.connects)

    def connects(self):
        try:
            Socket(self.socket_path).close()
            return True
        except OSError:
            assert self.process.poll() is None, 'the daemon did not start: ' + self.said()
            return False

    @staticmethod
    def until(what, patience=PATIENCE):
        """Polls: nothing tells when a daemon listens."""
        end = time.monotonic() + patience
        while not what():
            assert time.monotonic() < end, f'{what.__name__} did not become true'
            time.sleep(0.01)

    def said(self):
        self.log.flush()
        with open(self.log.name, encoding='utf-8', errors='replace') as f:
            return f.read()

    def client(self):
        return Socket(self.socket_path)

    def domain(self, number, control, introduce=True):
        ring = Ring(self.hv, number)
        self.hv.set(number, 1, tell=False)
        if introduce:
            got = control.ask('INTRODUCE', b'%d\0%d\0%d\0' % (number, 1, 1))
            assert got == b'OK\0', got
        return ring

    def memory(self):
        """Its resident bytes."""
        with open(f'/proc/{self.process.pid}/statm', encoding='ascii') as f:
            return int(f.read().split()[1]) * 4096

    def cpu(self):
        """Seconds of processor time it used."""
        with open(f'/proc/{self.process.pid}/schedstat', encoding='ascii') as f:
            return int(f.read().split()[0]) / 1e9

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait(PATIENCE * 3)
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.hv.close()
