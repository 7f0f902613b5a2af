# SPDX-License-Identifier: MIT
"""What is asked of both daemons. Each scene gets a fresh daemon, a client of Dom0's and a list to note answers in."""

from client import Gone

SCENES = []


def scene(function):
    SCENES.append(function)
    return function


def z(*words):
    return b''.join((w if isinstance(w, bytes) else str(w).encode()) + b'\0' for w in words)


@scene
def names(d, c, say):
    """Which paths are valid, and for whom."""
    r = d.domain(3, c)
    for who in (c, r):
        for path in (b'', b'/', b'//', b'/a/', b'/a//b', b'a', b'a/b', b'/a b', b'/a.b', b'/a:b', b'/A-Z_@0', b'@x', b'/@x', b'/a\xff',
                     b'/' + b'x' * 1000, b'/' + b'x' * 2047, b'/' + b'x' * 2048, b'/' + b'x' * 3071, b'/' + b'x' * 3072, b'x' * 2048,
                     b'x' * 2049, b'/local/domain/3/' + b'x' * 2048, b'/local/domain/3/' + b'x' * 2049, b'./a', b'../a', b'@introduceDomain',
                     b'@releaseDomain', b'@', b'-', b'_'):
            for kind in ('READ', 'DIRECTORY', 'GET_PERMS', 'RM', 'MKDIR'):
                say(path[:30], len(path), kind, who.ask(kind, z(path)))
            say(path[:30], len(path), who.write(path, b'v'), who.ask('WATCH', z(path, b't')), who.ask('UNWATCH', z(path, b't')))
            say(c.ask('RM', z(path)))


@scene
def shapes(d, c, say):
    """Requests with too few, too many and unterminated strings."""
    c.write(b'/a', b'v')
    for who in (c, d.domain(3, c)):
        for kind in ('DIRECTORY READ GET_PERMS WATCH UNWATCH TRANSACTION_START TRANSACTION_END INTRODUCE RELEASE GET_DOMAIN_PATH WRITE '
                     'MKDIR RM SET_PERMS IS_DOMAIN_INTRODUCED RESUME SET_TARGET RESET_WATCHES DIRECTORY_PART').split():
            for data in (b'', b'\0', b'/a', b'/a\0', b'/a\0/b\0', b'/a\0\0', b'/a\0b\0c\0', b'/a\0b\0c\0d\0', b'3\0', b'3', b'9\0',
                         b'0\0', b'-1\0', b'x\0', b'70000\0', b'3\0x\0', b'T', b'X\0', b'F\0'):
                # The end of the domain is another scene, INTRODUCE of 3 resets it, and xenstored takes target x for 0.
                if kind in ('RELEASE', 'INTRODUCE', 'SET_TARGET') and data[:1] == b'3':
                    continue
                # xenstored 4.17 dies of an RM whose arguments are not one string.
                if kind == 'RM' and (data.count(b'\0') != 1 or data[-1:] != b'\0'):
                    continue
                say(kind, data, who.ask(kind, data))
        say(who.ask('RESET_WATCHES', z(b'')))


@scene
def types(d, c, say):
    """Numbers of requests that are none."""
    for who in (c, d.domain(3, c)):
        for kind in (15, 16, 20, 23, 24, 1000, 0xffffffff):
            say(kind, who.ask(kind, z(b'/')))


@scene
def oversized(d, c, say):
    """A length above the protocol's cuts the connection."""
    for size in (4096, 4097, 0xffffffff):
        x = d.client()
        try:
            x.send(b'\2\0\0\0' + b'\1\0\0\0' + b'\0\0\0\0' + size.to_bytes(4, 'little') + b'/' * min(size, 4096))
            say(size, x.message()[3])
        except Gone:
            say(size, 'gone')


@scene
def values(d, c, say):
    """What values may be."""
    r = d.domain(3, c)
    c.ask('MKDIR', z('/local/domain/3'))
    c.ask('SET_PERMS', z('/local/domain/3', 'n3'))
    for who in (c, r):
        for size in (0, 1, 2030, 2047, 2048, 2049, 4000, 4092):
            say(size, who.write(b'k', b'\0' * size), len(who.read(b'k')))
        say(who.write(b'k', b'a\0b\xff\n'), who.read(b'k'), who.ask('MKDIR', z('k')), who.read(b'k'))
        say(who.ask('DIRECTORY', z('')), who.ask('DIRECTORY', z('/local/domain/3')))


@scene
def creation(d, c, say):
    """What lacks above is made; children in the order they were made; removal of what is not there."""
    say(c.write(b'/x/y/z', b'1'), c.ask('DIRECTORY', z('/')), c.ask('DIRECTORY', z('/x')), c.read(b'/x'), c.read(b'/x/y'))
    for n in (b'c', b'a', b'b'):
        c.write(b'/x/' + n, n)
    say(c.ask('DIRECTORY', z('/x')))
    say(c.ask('RM', z('/x/a')), c.ask('DIRECTORY', z('/x')), c.write(b'/x/a', b''), c.ask('DIRECTORY', z('/x')))
    say(c.ask('RM', z('/x/none')), c.ask('RM', z('/none/none')), c.ask('RM', z('/')), c.ask('MKDIR', z('/')), c.read(b'/'))
    say(c.write(b'/', b'root'), c.read(b'/'), c.ask('RM', z('/x')), c.read(b'/x/y/z'), c.ask('DIRECTORY', z('/')))
    say(c.ask('DIRECTORY', z('/tool')), c.ask('GET_PERMS', z('/tool')), c.ask('GET_PERMS', z('/')))


@scene
def permissions(d, c, say):
    """Who sees what, what children inherit, what a domain may set."""
    r, s = d.domain(3, c), d.domain(4, c)
    for perms in (['n0'], ['r0'], ['w0'], ['b0'], ['n0', 'r3'], ['n0', 'w3'], ['n0', 'b3'], ['b0', 'n3'], ['n3'], ['r3', 'b4'], ['n4', 'r3', 'b3'],
                  ['n3', 'w4'], ['w3']):
        c.write(b'/p/q', b'v')
        say(perms, c.ask('SET_PERMS', z('/p/q', *perms)), c.ask('GET_PERMS', z('/p/q')))
        for who in (r, s):
            say(who.read(b'/p/q'), who.ask('DIRECTORY', z('/p/q')), who.ask('GET_PERMS', z('/p/q')), who.write(b'/p/q', b'w'),
                who.read(b'/p/q/none'), who.write(b'/p/q/new/er', b'n'), who.ask('MKDIR', z('/p/q/dir')))
            say(c.ask('GET_PERMS', z('/p/q/new')), c.ask('GET_PERMS', z('/p/q/new/er')), c.ask('GET_PERMS', z('/p/q/dir')))
            say(who.ask('SET_PERMS', z('/p/q', *perms)), who.ask('SET_PERMS', z('/p/q/new', 'b3')), who.ask('SET_PERMS', z('/p/q/new', 'r4', 'n3')),
                who.ask('RM', z('/p/q/none')), who.ask('RM', z('/p/q/none/none')), who.ask('RM', z('/p/q/new')), who.ask('RM', z('/p/q')))
        c.ask('RM', z('/p'))
    for bad in (['x0'], ['n'], ['n0x'], [''], ['r-1'], ['r70000'], ['n0'] * 5, ['n0'] * 6, ['n0'] * 40, ['r0', 'r40000']):
        c.write(b'/b', b'v')
        say(bad, c.ask('SET_PERMS', z('/b', *bad)), c.ask('GET_PERMS', z('/b')))
    c.write(b'/o', b'v')
    c.ask('SET_PERMS', z('/o', 'n3'))
    for good in (['n3'] + ['r4'] * 4, ['n3'] + ['r4'] * 5, ['r3', 'r4', 'w9'], ['n3', 'r0']):
        say(good, r.ask('SET_PERMS', z('/o', *good)), r.ask('GET_PERMS', z('/o')))
    say(c.ask('SET_PERMS', z('/none', 'n0')), c.ask('GET_PERMS', z('/none')), r.ask('SET_PERMS', z('/none', 'n0')))


@scene
def inherited_long_ago(d, c, say):
    """A domain made after the folder owns what it writes there."""
    c.write(b'/shared', b'')
    c.ask('SET_PERMS', z('/shared', 'w0'))
    r, s = d.domain(3, c), d.domain(4, c)
    say(r.write(b'/shared/mine', b'1'), c.ask('GET_PERMS', z('/shared/mine')), r.read(b'/shared/mine'), s.read(b'/shared/mine'),
        r.ask('SET_PERMS', z('/shared/mine', 'n3')), r.read(b'/shared/mine'), s.read(b'/shared/mine'))


@scene
def target(d, c, say):
    """A domain that acts for another."""
    r, s = d.domain(3, c), d.domain(4, c)
    c.write(b'/t', b'v')
    c.ask('SET_PERMS', z('/t', 'n4'))
    c.write(b'/u', b'v')
    c.ask('SET_PERMS', z('/u', 'n0', 'r4'))
    say(r.read(b'/t'), c.ask('SET_TARGET', z(3, 4)), r.read(b'/t'), r.write(b'/t', b'w'), r.read(b'/u'), r.write(b'/u', b'w'))
    say(r.ask('SET_PERMS', z('/t', 'n4', 'r3')), r.ask('SET_PERMS', z('/t', 'n3')), r.ask('SET_TARGET', z(3, 4)), s.ask('RELEASE', z(3)))
    say(c.ask('SET_TARGET', z(3, 9)), c.ask('SET_TARGET', z(9, 3)), c.ask('SET_TARGET', z(3, 0)))
    say(r.write(b'/t/new', b''), c.ask('GET_PERMS', z('/t/new')))


@scene
def watches(d, c, say):
    """Which events come, in which order."""
    c.write(b'/w/a/b', b'')
    for path, token in ((b'/w', b'1'), (b'/w/a', b'2'), (b'/w/a/b', b'3'), (b'/w/a/b/c', b'4'), (b'w', b'5'), (b'/', b'6')):
        say(c.watch(path, token), c.events_now())
    say(c.watch(b'/w', b'1'), c.watch(b'/w', b'other'), c.events_now(), c.ask('UNWATCH', z('/w', 'other')), c.ask('UNWATCH', z('/w', 'other')))
    for kind, data in (('WRITE', b'/w/a/b\0x'), ('WRITE', b'/w/a/b\0x'), ('WRITE', b'/w/a/b/c/d/e\0x'), ('MKDIR', b'/w/a/b\0'),
                       ('MKDIR', b'/w/new/er\0'), ('SET_PERMS', b'/w/a\0r0\0'), ('RM', b'/w/a/b/c/d\0'), ('RM', b'/w/none\0'),
                       ('RM', b'/w/a\0'), ('WRITE', b'/w/a/b/c\0x'), ('WRITE', b'/local/domain/0/w/q\0x'), ('RM', b'/w\0'), ('WRITE', b'/\0x')):
        say(kind, data, c.ask(kind, data), sorted(c.events_now()))
    say(c.ask('RESET_WATCHES', b'\0'), c.write(b'/w', b''), c.events_now())


@scene
def watch_order(d, c, say):
    """Events of several changes come in the order of the changes."""
    c.watch(b'/o', b't')
    c.events_now()
    for n in range(5):
        c.write(b'/o/%d' % (4 - n), b'')
    c.ask('RM', z('/o/2'))
    say(c.events_now())


@scene
def watches_of_domains(d, c, say):
    """A domain hears only of what it may read; relative paths."""
    r = d.domain(3, c)
    c.write(b'/local/domain/3/data', b'')
    c.ask('SET_PERMS', z('/local/domain/3', 'n3'))
    c.ask('SET_PERMS', z('/local/domain/3/data', 'n3'))
    for path, token in ((b'data', b'rel'), (b'/local/domain/3/data', b'abs'), (b'/secret', b's'), (b'/', b'root'), (b'@releaseDomain', b'r'),
                        (b'@introduceDomain', b'i'), (b'@other', b'o')):
        say(path, r.watch(path, token), r.events_now())
    for path in (b'/local/domain/3/data/x', b'/secret', b'/secret/x', b'/local/domain/3/data'):
        say(path, c.write(path, b'v'), sorted(r.events_now()), sorted(r.events_now()))
    say(c.ask('SET_PERMS', z('/secret', 'n0', 'r3')), sorted(r.events_now()))
    say(c.write(b'/secret', b'w'), sorted(r.events_now()), c.write(b'/secret/x', b'w'), sorted(r.events_now()), c.write(b'/secret/y', b''), sorted(r.events_now()))
    say(c.ask('SET_PERMS', z('/secret', 'n0')), sorted(r.events_now()), c.ask('RM', z('/secret/y')), sorted(r.events_now()))
    say(c.ask('SET_PERMS', z('/secret', 'r0')), sorted(r.events_now()), c.ask('RM', z('/secret/x')), sorted(r.events_now()),
        c.ask('RM', z('/secret')), sorted(r.events_now()))
    say(r.write(b'data/own', b'1'), sorted(r.events_now()), r.ask('RM', z('data')), sorted(r.events_now()))


@scene
def special_watches(d, c, say):
    """@introduceDomain and @releaseDomain."""
    for name in (b'@introduceDomain', b'@releaseDomain', b'@other'):
        say(c.watch(name, b't'), c.events_now(), c.ask('GET_PERMS', z(name)), c.read(name), c.write(name, b''), c.ask('RM', z(name)))
    r = d.domain(3, c)
    say(c.events_now(), r.ask('GET_PERMS', z('@releaseDomain')), r.ask('SET_PERMS', z('@releaseDomain', 'n0', 'r3')))
    say(c.ask('SET_PERMS', z('@releaseDomain', 'n0', 'r3')), c.ask('GET_PERMS', z('@releaseDomain')), r.watch(b'@releaseDomain', b'x'), r.events_now())
    s = d.domain(4, c)
    say(c.events_now(), s.ask('GET_DOMAIN_PATH', z(4)))
    d.hv.set(4, 2)
    say(c.ask('IS_DOMAIN_INTRODUCED', z(4)))
    d.until(lambda: c.events_now() == [(b'@releaseDomain', b't')])
    say(r.events_now(), c.ask('IS_DOMAIN_INTRODUCED', z(4)), c.ask('RESUME', z(4)), c.events_now())
    d.hv.set(4, 3)
    d.until(lambda: c.events_now() == [(b'@releaseDomain', b't')])
    say(r.events_now(), c.ask('IS_DOMAIN_INTRODUCED', z(4)), c.ask('RESUME', z(4)), c.ask('RELEASE', z(4)))
    say(c.ask('RELEASE', z(3)), c.events_now(), c.ask('IS_DOMAIN_INTRODUCED', z(3)), c.ask('RELEASE', z(3)))


@scene
def domains(d, c, say):
    """Introduction, again and of what is not there; paths of domains."""
    r = d.domain(3, c)
    for args in ((9, 1, 1), (3, 1, 1), (0, 1, 1), (3, 1, 0), (3, 1), (3, 1, 1, 1), (40000, 1, 1), ('x', 1, 1)):
        say(args, c.ask('INTRODUCE', z(*args)))
    say([c.ask('IS_DOMAIN_INTRODUCED', z(n)) for n in (0, 3, 4, 32752, 65535, 'x', -1)])
    say([c.ask('GET_DOMAIN_PATH', z(n)) for n in (0, 3, 4, 32752, 65535)])
    r.page[2048:2064] = bytes(16)
    say(r.ask('IS_DOMAIN_INTRODUCED', z(3)), r.ask('INTRODUCE', z(4, 1, 1)), r.ask('CONTROL', z('check')))
    c.watch(b'@introduceDomain', b't')
    r.watch(b'/', b'x')
    tx = r.start()
    c.events_now(), r.events_now()
    say(c.ask('INTRODUCE', z(3, 1, 1)), c.events_now())
    r.buffer = b''
    say(r.end(tx), r.ask('UNWATCH', z('/', 'x')))


@scene
def transactions(d, c, say):
    """Isolation, conflicts, and which errors."""
    o = d.client()
    c.write(b'/t/a', b'1')
    c.write(b'/t/b', b'1')
    t = c.start()
    say(c.write(b'/t/a', b'2', t), o.read(b'/t/a'), c.read(b'/t/a', t), c.read(b'/t/a'), c.end(t), o.read(b'/t/a'))
    t = c.start()
    say(c.write(b'/t/a', b'3', t), c.end(t, b'F'), c.read(b'/t/a'), c.end(t), c.read(b'/t/a', t))
    t = c.start()
    say(c.read(b'/t/a', t), o.write(b'/t/a', b'4'), c.read(b'/t/a', t), c.end(t))
    t = c.start()
    say(c.read(b'/t/a', t), o.write(b'/t/b', b'4'), c.write(b'/t/a', b'5', t), c.end(t))
    t = c.start()
    say(c.read(b'/t/none', t), o.write(b'/t/none', b''), c.end(t))
    t = c.start()
    say(c.ask('DIRECTORY', z('/t'), t), o.write(b'/t/more', b''), c.end(t))
    t = c.start()
    say(c.ask('RM', z('/t/more'), t), c.ask('DIRECTORY', z('/t'), t), c.ask('DIRECTORY', z('/t')), c.read(b'/t/more', t), c.end(t),
        c.read(b'/t/more'))
    t = c.start()
    say(c.write(b'/n/e/w', b'1', t), c.ask('DIRECTORY', z('/n'), t), o.read(b'/n/e/w'), c.ask('RM', z('/n/e'), t), c.ask('DIRECTORY', z('/n'), t),
        c.write(b'/n/e/x', b'2', t), c.ask('DIRECTORY', z('/n/e'), t), c.end(t), c.ask('DIRECTORY', z('/n/e')), c.read(b'/n/e/w'))
    t = c.start()
    say(c.ask('RM', z('/n'), t), c.write(b'/n/e/y', b'3', t), c.end(t), c.ask('DIRECTORY', z('/n')), c.ask('DIRECTORY', z('/n/e')))
    t = c.start()
    say(c.ask('SET_PERMS', z('/n', 'r0', 'b5'), t), c.ask('GET_PERMS', z('/n'), t), c.ask('GET_PERMS', z('/n')), c.end(t), c.ask('GET_PERMS', z('/n')))
    t = c.start()
    u = c.start()
    say(c.write(b'/t/a', b't', t), c.write(b'/t/a', b'u', u), c.end(t), c.end(u), c.read(b'/t/a'))
    t = c.start()
    say(c.ask('TRANSACTION_START', z(''), t), c.end(t, b'x'), c.end(t, b''), c.end(t), c.end(t), c.end(0), c.ask('TRANSACTION_START', z(''), 999))
    for kind, data in (('READ', b'/\0'), ('WRITE', b'/x\0'), ('WATCH', b'/x\0y\0'), ('UNWATCH', b'/x\0y\0'), ('GET_DOMAIN_PATH', b'0\0'),
                       ('IS_DOMAIN_INTRODUCED', b'0\0'), ('RESET_WATCHES', b'\0'), ('RELEASE', b'9\0'), ('INTRODUCE', b'9\0\x31\0\x31\0'),
                       ('DIRECTORY_PART', b'/\0\x30\0'), ('RESUME', b'9\0'), ('SET_TARGET', b'9\0\x39\0'), ('CONTROL', b'help\0')):
        say(kind, c.ask(kind, data, 999) == b'!ENOENT')
    t = o.start()
    say(c.end(t), c.read(b'/t', t))
    o.close()
    t = c.start()
    say(c.ask('RESET_WATCHES', b'\0'), c.end(t))


@scene
def transaction_watches(d, c, say):
    """Events of a transaction come at its end, and none of one that fails."""
    o = d.client()
    c.write(b'/t/a/b', b'1')
    o.watch(b'/t', b'1')
    o.watch(b'/t/a/b', b'2')
    o.events_now()
    t = c.start()
    say(c.write(b'/t/a', b'2', t), c.write(b'/t/x', b'2', t), c.write(b'/t/a', b'3', t), c.read(b'/t/a/b', t), o.events_now(), c.end(t), sorted(set(o.events_now())))
    t = c.start()
    say(c.write(b'/t/a', b'2', t), c.end(t, b'F'), o.events_now())
    t = c.start()
    say(c.ask('RM', z('/t/a'), t), c.end(t), sorted(set(o.events_now())))
    t = c.start()
    say(c.write(b'/t/y', b'', t), o.write(b'/t/y', b''), sorted(set(o.events_now())), c.end(t), o.events_now())
    t = c.start()
    say(c.write(b'/t/gone', b'', t), c.ask('RM', z('/t/gone'), t), c.end(t), set(o.events_now()) <= {(b'/t', b'1')})
    t = c.start()
    say(c.write(b'/t/p/q/r', b'', t), c.end(t), sorted(set(o.events_now())))
    t = c.start()
    say(c.ask('SET_PERMS', z('/t/y', 'r0'), t), c.end(t), sorted(set(o.events_now())))


@scene
def parts(d, c, say):
    """Long folders, in parts."""
    for n in range(800):
        c.write(b'/l/node%04d' % n, b'')
    say(c.ask('DIRECTORY', z('/l')))
    names, offset, stamps = b'', 0, set()
    while True:
        part = c.ask('DIRECTORY_PART', z('/l', offset))
        stamp, _, part = part.partition(b'\0')
        stamps.add(stamp)
        if part[-2:] == b'\0\0' or part == b'\0':
            names += part[:-1]
            break
        names += part
        offset += len(part)
    say(len(names), names.split(b'\0')[:3], len(stamps))
    for args in (('/l',), ('/l', 'x'), ('/l', -1), ('/none', 0), ('/l', 100000), ('/l', 3), ('/tool/xenstored', 0)):
        got = c.ask('DIRECTORY_PART', z(*args))
        say(args, got if got[:1] == b'!' else got.partition(b'\0')[2][:40])


@scene
def quotas(d, c, say):
    """What one domain may have."""
    r = d.domain(3, c)
    c.ask('MKDIR', z('/local/domain/3'))
    c.ask('SET_PERMS', z('/local/domain/3', 'n3'))
    got = [r.write(b'n%d' % n, b'') for n in range(1005)]
    say(got.count(b'OK\0'), got[-1], r.write(b'n0', b'again'), r.ask('RM', z('n0')), r.write(b'm', b''), r.write(b'm2', b''))
    got = [r.watch(b'/', b'%d' % n) for n in range(132)]
    say(got.count(b'OK\0'), got[-1], r.watch(b'/', b'0'))
    got = [r.ask('TRANSACTION_START', b'\0') for n in range(15)]
    say([g[:1] == b'!' for g in got], got[-1])


@scene
def death(d, c, say):
    """What a dead domain owned goes with it, and its number starts anew."""
    r = d.domain(3, c)
    s = d.domain(4, c)
    c.write(b'/local/domain/3/data', b'')
    c.ask('SET_PERMS', z('/local/domain/3/data', 'n3'))
    c.write(b'/keep', b'')
    c.ask('SET_PERMS', z('/keep', 'r0', 'b3'))
    c.ask('SET_PERMS', z('/local/domain/3', 'r0', 'b4'))
    say(r.write(b'data/x/y', b'1'), s.write(b'/local/domain/3/s', b''), c.ask('DIRECTORY', z('/local/domain/3')))
    c.watch(b'@releaseDomain', b't')
    c.watch(b'/local/domain/3/data/x', b'gone')
    c.events_now()
    d.hv.set(3, 0)
    events = []
    d.until(lambda: events.extend(c.events_now()) or (b'@releaseDomain', b't') in events)
    events += c.events_now()
    say(sorted(events), c.ask('DIRECTORY', z('/local/domain/3')), c.ask('GET_PERMS', z('/keep')), c.ask('IS_DOMAIN_INTRODUCED', z(3)))
    r.close()
    r = d.domain(3, c)
    say(r.read(b'/keep'), r.write(b'/keep', b'x'), r.ask('GET_PERMS', z('/keep')), c.ask('GET_PERMS', z('/keep')))


@scene
def reconnection(d, c, say):
    """The guest asks for a clean ring."""
    r = d.domain(3, c)
    say(r.get(r.FEATURES) & 1, r.get(r.CONNECTION))
    r.watch(b'/', b't')
    t = r.start()
    r.put(r.CONNECTION, 1)
    r.kick()
    d.until(lambda: r.get(r.CONNECTION) == 0)
    say([r.get(at) for at in (r.REQ_CONS, r.REQ_PROD, r.RSP_CONS, r.RSP_PROD)], r.end(t), r.ask('UNWATCH', z('/', 't')))


@scene
def bad_ring(d, c, say):
    """Indices out of range silence a ring, and nobody else."""
    r, s = d.domain(3, c), d.domain(4, c)
    r.put(r.REQ_PROD, r.get(r.REQ_CONS) + 1025)
    r.kick()
    say(s.read(b'/'), c.read(b'/tool'))
    say(s.read(b'/'), c.read(b'/tool'), c.ask('IS_DOMAIN_INTRODUCED', z(3)))
    r.put(r.CONNECTION, 1)
    r.kick()
    d.until(lambda: r.get(r.CONNECTION) == 0)
    say(r.ask('GET_DOMAIN_PATH', z(3)))


@scene
def dom0_ring(d, c, say):
    """Dom0's kernel is as good as its sockets."""
    k = d.hv.dom0
    say(k.write(b'/k/x', b'1'), k.read(b'/k/x'), c.read(b'/k/x'), c.ask('GET_PERMS', z('/k')), k.watch(b'/k', b't'), k.events_now(),
        c.write(b'/k/y', b''), k.events_now(), k.ask('GET_DOMAIN_PATH', z(0)), k.read(b'none'))
