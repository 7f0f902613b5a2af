#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Operations of pxstored and of Debian's xenstored with 1, 100 and 1,000 connected domains, same client, one run.

The domains are pretended (fakehv.c), but to the daemon each has a ring, an event channel, 21 nodes and 3 watches. Printed are microseconds
an operation: of the clock, and of the daemon's processor time, which a loaded machine does not change.
"""

import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client import BUILD, Daemon

DAEMONS = (('pxstored', 'dom0/pxstored'), ('xenstored', 'xenstored/usr/lib/xen-4.17/bin/xenstored'))
OPERATIONS = ('read', 'write', 'list', 'ring', 'txn', 'event', 'intro')
SIZES = [int(n) for n in (sys.argv[1:] or ('1', '100', '1000'))]
CLIENT = os.path.join(BUILD, 'tests', 'bench_store')


def run(d, what, count):
    return float(subprocess.run([CLIENT, d.hv.folder, d.socket_path, what, str(count)], check=True, stdout=subprocess.PIPE,
                                timeout=600).stdout)


def measure(which, domains):
    """{operation: (microseconds of the clock, of the daemon)}"""
    d = Daemon(which)
    base = d.memory()
    keeper = subprocess.Popen([CLIENT, d.hv.folder, d.socket_path, 'setup', str(domains)], stdout=subprocess.PIPE, text=True)
    try:
        keeper.stdout.readline()
        result = {'memory': (d.memory() - base) / domains / 1024}
        for what in OPERATIONS:
            each = run(d, what, 20)
            count = max(20, min(5000, int(0.5 / max(each, 1e-6))))
            runs = []
            for _ in range(3):
                before = d.cpu()
                clock = run(d, what, count)
                runs.append((clock * 1e6, (d.cpu() - before) / count * 1e6))
            result[what] = sorted(runs, key=lambda r: r[1])[1]
        return result
    finally:
        keeper.kill()
        keeper.wait()
        d.close()


def main():
    print(f'{"domains":>7} {"operation":10}' + ''.join(f'{name:>12} clock {"daemon":>8}' for name, _ in DAEMONS) + f'{"ratio":>8}')
    for domains in SIZES:
        both = [measure(which, domains) for _, which in DAEMONS]
        for what in OPERATIONS:
            print(f'{domains:7} {what:10}' + ''.join(f'{r[what][0]:18.1f} {r[what][1]:8.1f}' for r in both)
                  + f'{both[0][what][1] / both[1][what][1]:8.2f}')
        print(f'{domains:7} KiB each  ' + ''.join(f'{r["memory"]:18.1f} {"":8}' for r in both), flush=True)


main()
