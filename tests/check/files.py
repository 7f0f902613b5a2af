# SPDX-License-Identifier: MIT
"""The project's source files, for the checks: everything that is not below build/ or .git/."""

import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKIPPED = {'.git', 'build', '__pycache__'}


def all_files(*tops):
    """Paths relative to the root, sorted; of some top-level folders only, if named."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [f for f in folders if f not in SKIPPED]
        found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return sorted(f for f in found if not tops or f.split('/')[0] in tops)


def read(path):
    with open(os.path.join(ROOT, path), errors='replace') as f:
        return f.read()


def report(name, problems):
    """One result line; the problems stand above it."""
    for problem in problems:
        print(f'{name}: {problem}')
    print(f'FAIL {name}: {problems[0]} ({len(problems)} in all)' if problems else f'PASS {name}')
