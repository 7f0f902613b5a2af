#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pxstored in trouble: restarted, killed, and with clients that mean harm. No claim here needs xenstored."""

import os
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client import HEAD, Daemon, Gone, Ring, Socket
from scenes import z

TESTS = []


def test(function):
    TESTS.append(function)
    return function


def expect(got, want):
    assert got == want, f'{got!r}, not {want!r}'


def with_guest(d, c):
    """A domain with a folder of its own, a node in it and a watch."""
    r = d.domain(3, c)
    c.write(b'/local/domain/3/data', b'')
    c.ask('SET_PERMS', z('/local/domain/3/data', 'n3'))
    expect(r.write(b'data/x', b'before'), b'OK\0')
    expect(r.watch(b'data', b'token'), b'OK\0')
    r.events_now()
    return r


def still_served(d, c, r):
    """The guest sees what it had, hears what happens, and may what it could."""
    expect(r.read(b'data/x'), b'before')
    expect(c.ask('GET_PERMS', z('/local/domain/3/data/x')), z('n3'))
    c.write(b'/local/domain/3/data/y', b'new')
    expect(r.events_now(), [(b'data/y', b'token')])
    expect(r.write(b'data/z', b'1'), b'OK\0')
    expect(r.write(b'/tool/x', b'1'), b'!EACCES')
    expect(c.ask('IS_DOMAIN_INTRODUCED', z(3)), b'T\0')
    expect(c.ask('CONTROL', z('check'))[:8], b'0 errors')


@test
def restart_keeps_everything(d):
    """TERM and start: tree, permissions, watches, half a request, a transaction's number."""
    c = d.client()
    r = with_guest(d, c)
    tx = r.start()
    c.ask('SET_PERMS', z('@releaseDomain', 'n0', 'r3'))
    half = HEAD.pack(2, 99, 0, 7) + b'dat'
    r.send(half)
    c.ask('GET_DOMAIN_PATH', z(0))
    expect(d.stop(), 0)
    d.start()
    c = d.client()
    r.send(b'a/x\0')
    r.request_id = 99
    expect(r.reply(), ('READ', b'before'))
    expect(r.read(b'data/x', tx), b'before')
    expect(r.end(tx), b'!EAGAIN')
    expect(r.ask('WATCH', z('@releaseDomain', 'r')), b'OK\0')
    r.events_now()
    still_served(d, c, r)
    d.hv.set(9, 0)
    c.ask('RELEASE', z(3))


@test
def hup_keeps_sockets_too(d):
    """A live reload: open connections and their watches go on."""
    c = d.client()
    r = with_guest(d, c)
    c.watch(b'/local', b'mine')
    c.events_now()
    tx = c.start()
    for _ in range(3):
        d.process.send_signal(signal.SIGHUP)
        # It is over when the daemon says a second time that it goes on.
        d.until(lambda: d.said().count('going on with the saved state') == _ + 1)
    expect(c.read(b'/local/domain/3/data/x', tx), b'before')
    expect(c.end(tx), b'!EAGAIN')
    still_served(d, c, r)
    assert (b'/local/domain/3/data/z', b'mine') in c.events_now()
    expect(c.ask('CONTROL', z('live-update')), b'OK\0')
    d.until(lambda: d.said().count('going on with the saved state') == 4)
    expect(c.read(b'/local/domain/3/data/x'), b'before')


@test
def death_while_away(d):
    """A domain that died while no daemon ran is noticed by the next one."""
    c = d.client()
    r = with_guest(d, c)
    expect(d.stop(), 0)
    d.hv.set(3, 0, tell=False)
    d.start()
    c = d.client()
    expect(c.ask('IS_DOMAIN_INTRODUCED', z(3)), b'F\0')
    expect(c.read(b'/local/domain/3/data'), b'!ENOENT')
    r.close()


@test
def kill_loses_the_tree_only(d):
    """After SIGKILL the next daemon starts with an empty tree and serves; the guest is introduced again."""
    c = d.client()
    r = with_guest(d, c)
    d.stop(signal.SIGKILL)
    d.start()
    c = d.client()
    expect(c.read(b'/local/domain/3/data'), b'!ENOENT')
    expect(c.ask('INTRODUCE', z(3, 1, 1)), b'OK\0')
    expect(r.ask('GET_DOMAIN_PATH', z(3)), z('/local/domain/3'))


def main():
    failed = 0
    for function in TESTS:
        name = function.__name__
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        d = Daemon()
        why = ''
        try:
            function(d)
        except (AssertionError, Gone, OSError) as e:
            line = e.__traceback__
            while line.tb_next:
                line = line.tb_next
            inner = [t.tb_lineno for t in walk(e.__traceback__)]
            why = f'{type(e).__name__}: {e} (line {inner})'
        said = d.said()
        if not why and (d.process.poll() is not None or 'Sanitizer' in said or 'runtime error' in said):
            why = 'the daemon died'
        if why:
            print(said[-3000:])
        d.close()
        print(f'FAIL store_{name}: {why}' if why else f'PASS store_{name}', flush=True)
        failed += bool(why)
    return 1 if failed else 0


def walk(tb):
    while tb:
        yield tb
        tb = tb.tb_next


if __name__ == '__main__':
    sys.exit(main())
