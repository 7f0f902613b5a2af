#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Asks pxstored and Debian's xenstored the same (scenes.py) and shows where the answers differ.

compare.py [SCENE...]: PASS and FAIL lines. build/tests/store/SCENE.px and .xen keep all answers.
"""

import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client import BUILD, Daemon
from scenes import SCENES

XENSTORED = 'xenstored/usr/lib/xen-4.17/bin/xenstored'

# Lines that may differ: how pxstored's begin, and why (SPEC.md has the same list).
NUMBERS = 'what is no number is EINVAL, where xenstored takes it for 0 or wraps it'
SIZES = 'the quota of a size counts the value; xenstored adds permissions and the names of the children'
RECONNECT = 'reconnection and the error field are of later versions of the interface than 4.17'
MAY_DIFFER = {
    'shapes': {"'GET_DOMAIN_PATH' ": NUMBERS, "'DIRECTORY_PART' ": NUMBERS, "'INTRODUCE' ": NUMBERS, "'RELEASE' ": NUMBERS,
               "'IS_DOMAIN_INTRODUCED' ": NUMBERS, "'RESUME' ": NUMBERS, "'SET_TARGET' ": NUMBERS},
    'permissions': {"['r-1']": NUMBERS, "['r70000']": NUMBERS},
    'domains': {'(0, 1, 1)': 'domain 0 has the connection of its kernel and gets no other', "('x', 1, 1)": NUMBERS, "[b'T": NUMBERS},
    'parts': {"('/l', 'x')": NUMBERS, "('/l', -1)": NUMBERS},
    'values': {str(n): SIZES for n in (2030, 2047, 2048, 2049, 4000, 4092)},
    'quotas': {'999 ': SIZES},
    'reconnection': {'1 0': RECONNECT, '[0': RECONNECT},
    'bad_ring': {"b'/local": RECONNECT},
}


def same(scene, px, xen):
    if px == xen or any(px.startswith(words) for words in MAY_DIFFER.get(scene, ())):
        return True
    # To a malformed request xenstored answers with whatever error came last.
    return scene in ('shapes', 'oversized') and 'EINVAL' in px and re.search(r"b'!?E[A-Z]+(.x00)?'$", xen) is not None


def answers(which, function):
    """The lines of what a daemon said."""
    lines = []
    d = Daemon(which)
    try:
        control = d.client()
        function(d, control, lambda *words: lines.append(' '.join(map(repr, words))))
        if d.is_px:
            found = control.ask('CONTROL', b'check\0')
            if not found.startswith(b'0 errors'):
                lines.append(f'the tree is damaged: {found}')
    except Exception as e:  # the comparison goes on with the next scene
        lines.append(f'{type(e).__name__}: {e}')
    finally:
        alive = d.process.poll() is None
        said = d.said()
        d.close()
    if not alive or 'Sanitizer' in said or 'runtime error' in said:
        lines.append('DIED: ' + said[-3000:])
    return lines


def main():
    out = os.path.join(BUILD, 'tests', 'store')
    os.makedirs(out, exist_ok=True)
    failed = 0
    for function in SCENES:
        name = function.__name__
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        got = {}
        for short, which in (('px', 'tests/pxstored'), ('xen', XENSTORED)):
            got[short] = answers(which, function)
            with open(os.path.join(out, f'{name}.{short}'), 'w', encoding='utf-8') as f:
                f.write('\n'.join(got[short]) + '\n')
        pairs = list(zip(got['px'], got['xen'])) + [(x, 'nothing') for x in got['px'][len(got['xen']):]] + \
            [('nothing', x) for x in got['xen'][len(got['px']):]]
        bad = [(a, b) for a, b in pairs if not same(name, a, b)]
        for a, b in bad[:40]:
            print(f'  px  {a[:3000]}\n  xen {b[:300]}')
        print(f'{"FAIL" if bad else "PASS"} store_{name}' + (f': {len(bad)} of {len(pairs)} answers differ from xenstored' if bad else ''), flush=True)
        failed += bool(bad)
    return 1 if failed else 0


sys.exit(main())
