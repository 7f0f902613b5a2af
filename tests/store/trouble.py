#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pxstored in trouble: restarted, killed, and with clients that mean harm. No claim here needs xenstored."""

import os
import random
import select
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client import HEAD, Daemon, Gone
from scenes import z

TESTS = []


def test(function):
    TESTS.append(function)
    return function


def on(which):
    """Another program than the one with sanitizers."""
    def mark(function):
        function.which = which
        return function
    return mark


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


# ---- clients that mean harm ----

def answered(c, requests=200):
    """Seconds for some requests of an honest client."""
    begin = time.monotonic()
    for n in range(requests):
        expect(c.write(b'/honest', b'%d' % n), b'OK\0')
    return time.monotonic() - begin


def flood(ring, message):
    """Fills the ring with a request as far as it goes, reading nothing."""
    prod = ring.get(ring.REQ_PROD)
    room = 1024 - (prod - ring.get(ring.REQ_CONS) & 0xffffffff)
    while room >= len(message):
        for at, byte in enumerate(message):
            ring.page[(prod + at) % 1024] = byte
        prod += len(message)
        room -= len(message)
    ring.put(ring.REQ_PROD, prod)
    ring.kick()


def drain(ring):
    ring.put(ring.RSP_CONS, ring.get(ring.RSP_PROD))
    ring.kick()


def request(kind, data, tx=0):
    return HEAD.pack(kind, 1, tx, len(data)) + data


def hostile_domains(d, c, count=10):
    rings = []
    for n in range(10, 10 + count):
        rings.append(d.domain(n, c))
        c.ask('MKDIR', z('/local/domain/%d' % n))
        c.ask('SET_PERMS', z('/local/domain/%d' % n, 'n%d' % n))
    return rings


@test
@on('dom0/pxstored') # without sanitizers, whose memory would be measured too
def memory_of_a_domain_is_bounded(d):
    """Ten domains take all they can: nodes, values, watches, transactions that touch all, answers unread."""
    c = d.client()
    rings = hostile_domains(d, c)
    before = d.memory()
    for r in rings:
        long = b'x' * 1900
        for n in range(1000):
            if r.write(long + b'%d' % n, b'v' * 2048).startswith(b'!'):
                break
        for n in range(130):
            r.ask('WATCH', z(long + b'w%d' % n, b't' * 2048))
        for _ in range(11):
            got = r.ask('TRANSACTION_START', b'\0')
            if got[:1] == b'!':
                break
            for n in range(1100):
                if r.read(long + b'%d' % n, int(got[:-1])) == b'!ENOSPC':
                    break
    each = (d.memory() - before) / len(rings) / 1048576
    print(f'memory of a domain that takes all it can: {each:.1f} MiB')
    assert each < 16, each
    for r in rings:
        flood(r, request(1, z('')))
    assert answered(c) < 10
    for r in rings:
        expect(c.ask('RELEASE', z(r.number)), b'OK\0')
    expect(c.ask('CONTROL', z('check'))[:8], b'0 errors')


@test
def floods_do_not_slow_others(d):
    """Each flood beside an honest client: its time grows by the share of the others, not with what they ask."""
    c = d.client()
    rings = hostile_domains(d, c, 4)
    deep = b'/'.join([b'd'] * 900)
    alone = answered(c)
    for name, messages in (('reads', [request(2, z('none'))]), ('deep trees', [request(12, deep + b'\0'), request(13, b'd\0')]),
                           ('transactions', [request(6, b'\0'), request(7, b'F\0', 1)]),
                           ('watches', [request(4, z(deep, 't')), request(5, z(deep, 't'))]),
                           ('garbage', [request(99, b'\xff' * 100)])):
        begin, honest = time.monotonic(), []
        for _ in range(20):
            for r in rings:
                for message in messages:
                    drain(r)
                    flood(r, message)
            honest.append(answered(c, 10) * 20)
        honest.sort()
        took = honest[len(honest) // 2]
        print(f'200 writes: {alone * 1000:.0f} ms alone, {took * 1000:.0f} ms beside a flood of {name} of 4 domains')
        assert took < alone * 12 + 2, f'{name}: {took} s, alone {alone} s'
        assert time.monotonic() - begin < 60
    expect(c.ask('CONTROL', z('check'))[:8], b'0 errors')


@test
def ring_indices_at_random(d):
    """Every field of the page takes any value at any time."""
    c = d.client()
    rings = hostile_domains(d, c, 2)
    rng = random.Random(7)
    for step in range(3000):
        r = rng.choice(rings)
        at = rng.choice((r.REQ_CONS, r.REQ_PROD, r.RSP_CONS, r.RSP_PROD, r.FEATURES, r.CONNECTION, r.ERROR))
        value = rng.choice((0, 1, 2, 1023, 1024, 1025, 0x7fffffff, 0x80000000, 0xffffffff, rng.getrandbits(32),
                            r.get(r.REQ_CONS) + rng.randrange(1024), r.get(r.RSP_PROD) - rng.randrange(1024)))
        r.put(at, value)
        if rng.random() < 0.3:
            r.page[0:1024] = (request(rng.randrange(24), z('x', 'y')) * 60)[:1024]
        if rng.random() < 0.2:
            r.put(r.CONNECTION, 1)
        r.kick()
        if step % 100 == 0:
            expect(c.read(b'/tool'), b'')
    expect(c.ask('CONTROL', z('check'))[:8], b'0 errors')
    for r in rings:
        r.put(r.CONNECTION, 1)
        r.kick()
        d.until(lambda ring=r: ring.get(ring.CONNECTION) == 0)
        r.buffer = b''
        while r.sock in select.select([r.sock], [], [], 0)[0]:
            r.sock.recv(16)
        expect(r.ask('GET_DOMAIN_PATH', z(0)), z('/local/domain/0'))


@test
def wrapped_indices(d):
    """Indices pass 2^32 and messages pass the end of the ring."""
    c = d.client()
    r = d.domain(3, c)
    for at in (r.REQ_CONS, r.REQ_PROD, r.RSP_CONS, r.RSP_PROD):
        r.put(at, 0xfffffff0)
    for n in range(300):
        expect(r.ask('GET_DOMAIN_PATH', z(n)), z('/local/domain/%d' % n))
    assert r.get(r.REQ_PROD) < 0x10000


@test
def a_client_that_does_not_read(d):
    """A socket full of answers: the daemon neither spins nor grows nor stops."""
    c, deaf = d.client(), d.client()
    c.write(b'/big', b'x' * 4000)
    deaf.sock.setblocking(False)
    sent = 0
    try:
        while True:
            sent += deaf.sock.send(request(2, b'/big\0') * 50)
    except BlockingIOError:
        pass
    answered(c, 20)
    before, memory = d.cpu(), d.memory()
    time.sleep(0.5)
    assert d.cpu() - before < 0.2, f'{d.cpu() - before} s of processor time for nothing'
    answered(c, 20)
    assert d.memory() - memory < 1 << 20
    deaf.sock.settimeout(10)
    got = 0
    while got < 4000 * 1000:
        got += len(deaf.sock.recv(65536))


def main():
    failed = 0
    for function in TESTS:
        name = function.__name__
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        d = Daemon(getattr(function, 'which', 'tests/pxstored'))
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
