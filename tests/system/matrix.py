# SPDX-License-Identifier: MIT
"""The machines of the boot matrix: a few that have every value once, and more that have every pair."""

import itertools

# Opteron_G4 and G5 are left out: setting CR4.OSXSAVE on them does not end in QEMU 7.2's TCG.
CPUS = ('qemu64', 'max,-smap', 'max', 'Nehalem', 'SandyBridge', 'Haswell-noTSX', 'Skylake-Server,-smap',
        'Opteron_G3', 'EPYC,-smap', 'core2duo', 'kvm64')
VALUES = {
    'machine': ('q35', 'pc'),
    'vcpus': ((1, 1), (2, 2), (4, 4), (2, 1), (1, 2), (4, 2), (2, 4), (4, 1), (1, 4)),  # vcpus on CPUs
    'dom0_mem': (512, 1024, 4096, 2048),
    'disk': ('ahci', 'virtio-blk'),
    'nic': ('e1000e', 'virtio-net'),
    'cpu': CPUS,
}
FIELDS = tuple(VALUES)


def pairs(row):
    return set(itertools.combinations(list(zip(FIELDS, row)), 2))


def fast():
    """As many machines as there are CPU models; the other values take turns."""
    v = VALUES
    return [(v['machine'][i % 2], v['vcpus'][i % 9], v['dom0_mem'][(i + i // 4) % 4], v['disk'][i // 2 % 2],
             v['nic'][i // 3 % 2], cpu) for i, cpu in enumerate(CPUS)]


def whole():
    """The fast ones and as many more as it takes until every two values met; greedy, not the fewest."""
    rows = fast()
    met = set().union(*map(pairs, rows))
    for (a, b) in itertools.combinations(FIELDS, 2):
        for x, y in itertools.product(VALUES[a], VALUES[b]):
            if ((a, x), (b, y)) in met:
                continue
            row = {a: x, b: y}
            for field in FIELDS:
                if field not in row:
                    row[field] = max(VALUES[field], key=lambda value: len(news(row, field, value) - met))
            rows.append(tuple(row[field] for field in FIELDS))
            met |= pairs(rows[-1])
    return rows


def news(row, field, value):
    """The pairs that a value makes with the values chosen already."""
    rank = FIELDS.index
    return {tuple(sorted([(field, value), other], key=lambda item: rank(item[0]))) for other in row.items()}
