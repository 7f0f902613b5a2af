# SPDX-License-Identifier: MIT
"""No file over 1 MiB, a licence line in each source, and nothing but sources."""

import os

from files import ROOT, all_files, read, report

SOURCES = ('.c', '.h', '.S', '.def', '.ld', '.mk', '.py', '.sh', 'Makefile', '.ci/run')
PRODUCTS = ('.o', '.a', '.d', '.elf', '.iso', '.deb', '.pyc', '.bin')


def has_licence(path):
    return any('SPDX-License-Identifier: MIT' in line for line in read(path).splitlines()[:2])


def is_script(path):
    with open(os.path.join(ROOT, path), 'rb') as f:
        return f.read(2) == b'#!'


FILES = all_files()
report('file_sizes', [f'{f} is over 1 MiB' for f in FILES
                      if os.path.getsize(os.path.join(ROOT, f)) > 1 << 20])
report('licence_lines', [f'{f} has no SPDX line at its head' for f in FILES
                         if (f.endswith(SOURCES) or is_script(f)) and not has_licence(f)])
report('no_products', [f'{f} belongs below build/' for f in FILES if f.endswith(PRODUCTS)])
