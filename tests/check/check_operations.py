# SPDX-License-Identifier: MIT
"""SPEC.md's tables of domctl, sysctl and memory_op name every number that Xen's headers define, and no other."""

import os
import re

from files import read, report

HEADERS = '/usr/include/xen'
# section: (header, pattern of the names, parts of names that are values of arguments)
TABLES = {'4.3': ('memory.h', r'XENMEM_([a-z]\w+)', r'(paging|access|sharing)_op_|^resource_'),
          '4.13': ('domctl.h', r'XEN_DOMCTL_([a-z]\w+)', r'^vmtrace_(?!op)'),
          '4.14': ('sysctl.h', r'XEN_SYSCTL_([a-z]\w+)', r'^cpu_(featureset|policy)_')}


def defined(header, name, argument):
    """{number: name} of a header's operations."""
    with open(os.path.join(HEADERS, header)) as f:
        found = re.findall(rf'^#define {name}\s+(\d+)\s*(?:/\*.*)?$', f.read(), re.M)
    return {int(number): word for word, number in found if not re.search(argument, word)}


def told(section):
    """The numbers in the first column of a section's table."""
    text = read('SPEC.md').split(f'### {section} ')[1].split('\n#')[0]
    numbers = set()
    for cell in re.findall(r'^\| ([\d ,–]+) \|', text, re.M):
        for part in cell.replace(' ', '').split(','):
            first, _, last = part.partition('–')
            numbers |= set(range(int(first), int(last or first) + 1))
    return numbers


problems = []
for key, (file, pattern, values) in TABLES.items():
    there, said = defined(file, pattern, values), told(key)
    problems += [f'SPEC.md {key} does not name {number}, {there[number]}' for number in sorted(set(there) - said)]
    problems += [f'SPEC.md {key} names {number}, which {file} does not' for number in sorted(said - set(there))]
report('spec_names_every_operation', problems)
