# SPDX-License-Identifier: MIT
"""What the system tests are written with: boots, and claims about their consoles."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'tools',
                                'run'))
from machine import BUILD, GUEST_CRASHED, PANICKED, ROOT, TIMED_OUT, Machine

HELLO = os.path.join(BUILD, 'pvguest', 'hello.elf')
HELLO_LINE = r'Hello from .*the first domain'
FULL = bool(os.environ.get('FULL'))


class Failure(Exception):
    """A claim that does not hold; what it says ends with the console's last lines."""


class Skip(Exception):
    """Why a test cannot be run here."""


def cases(*arguments):
    """A test that runs once for each of these tuples of arguments, which become part of its name."""
    def mark(function):
        function.cases = arguments
        return function
    return mark


def built(name):
    """The path of a built file."""
    path = os.path.join(BUILD, name)
    if not os.path.exists(path):
        raise Failure(f'build/{name} was not built')
    return path


def boot(guest=HELLO, **options):
    """Boots a guest as first domain to the machine's end, which must come in time."""
    if guest and not os.path.exists(guest):
        raise Failure(f'{os.path.relpath(guest, ROOT)} was not built')
    options.setdefault('timeout', 60)
    feed = options.pop('feed', ())
    m = Machine(guest=guest, **options)
    m.run(feed=feed)
    if m.status == TIMED_OUT:
        fail(m, f'the machine did not end within {m.timeout} s')
    if m.status:
        fail(m, f'QEMU ended with status {m.status}')
    return m


def fail(m, why):
    raise Failure(f'{why}\n{m.last_lines()}')


def expect(m, pattern):
    """A console line that must be there; returns its match."""
    for line in m.console:
        found = re.search(pattern, line)
        if found:
            return found
    return fail(m, f'no console line matches /{pattern}/')


def expect_none(m, pattern):
    line = m.find(pattern)
    if line:
        fail(m, f'the console has {line!r}')


def expect_healthy(m):
    """Neither the hypervisor nor the first domain died."""
    expect_none(m, PANICKED)
    expect_none(m, GUEST_CRASHED)
