# SPDX-License-Identifier: MIT
"""Include arrows point one way, and there is no cycle.

Inside the hypervisor lib <- core <- hypercall <- x86 <- boot: a file includes its own folder and
those to the left of it. Between the top folders, only those named in MAY_USE.
"""

import os
import re

from files import ROOT, all_files, read, report

LAYERS = ['lib', 'core', 'hypercall', 'x86', 'boot']
# For each top folder: where its "quoted" includes are looked for, after the file's own folder.
INCLUDE_PATHS = {
    'hypervisor': ['hypervisor', 'abi'],
    'pvguest': ['pvguest/lib', 'pvguest', 'abi'],
    'abi': ['abi'],
    'tests': ['hypervisor', 'abi', 'tests/unit', 'pvguest/lib', 'tests/guest/lib'],
    'tools': ['tools', 'abi'],
    'dom0': ['dom0', 'tools/libpxl', 'abi'],
}
MAY_USE = {
    'abi': {'abi'},
    'hypervisor': {'hypervisor', 'abi'},
    'pvguest': {'pvguest', 'abi'},
    'tools': {'tools', 'abi'},
    'dom0': {'dom0', 'tools', 'abi'},
    'tests': {'tests', 'hypervisor', 'pvguest', 'tools', 'dom0', 'abi'},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def resolve(path, name):
    top = path.split('/')[0]
    for folder in [os.path.dirname(path)] + INCLUDE_PATHS.get(top, []):
        candidate = os.path.normpath(os.path.join(folder, name))
        if os.path.isfile(os.path.join(ROOT, candidate)):
            return candidate
    return None  # generated below build/


def graph():
    files = [f for f in all_files(*INCLUDE_PATHS) if f.endswith(('.c', '.h', '.S', '.def'))]
    return {f: [t for t in (resolve(f, n) for n in INCLUDE.findall(read(f))) if t] for f in files}


def wrong_arrow(source, target):
    top, target_top = source.split('/')[0], target.split('/')[0]
    if target_top not in MAY_USE[top]:
        return True
    if top == target_top == 'hypervisor':
        here, there = source.split('/')[1], target.split('/')[1]
        return here in LAYERS and there in LAYERS and LAYERS.index(there) > LAYERS.index(here)
    return False


def cycles(edges):
    """One description for each file that is reached again while its includes are followed."""
    found, state = [], {}

    def visit(path, trail):
        state[path] = 'open'
        for target in edges.get(path, []):
            if state.get(target) == 'open':
                found.append(' -> '.join(trail[trail.index(target):] + [target]))
            elif target not in state:
                visit(target, trail + [target])
        state[path] = 'done'

    for path in edges:
        if path not in state:
            visit(path, [path])
    return found


EDGES = graph()
report('include_arrows', [f'{source} includes {target}' for source, targets in EDGES.items()
                          for target in targets if wrong_arrow(source, target)])
report('include_cycles', cycles(EDGES))
