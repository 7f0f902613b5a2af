# SPDX-License-Identifier: MIT
"""Images for tests of pxl: Debian's xl and its daemons, which nobody starts, and our programs, in /usr/bin, where /init does not look for daemons."""

import os

from harness import BUILD, built
from linux import archive

PROGRAMS = ('pxl', 'pxstored', 'pxconsoled')


def image(name, files):
    """An initrd in build/system of the tools' image, our programs and these files, {path: built file or path}."""
    contents = {}
    for program in PROGRAMS:
        if os.path.exists(os.path.join(BUILD, 'dom0', program)):
            files = {f'usr/bin/{program}': f'dom0/{program}', **files}
    for path, source in files.items():
        with open(source if os.path.isabs(source) else built(source), 'rb') as f:
            contents[path] = f.read()
    path = os.path.join(BUILD, 'system', name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(built('dom0/tools.img'), 'rb') as f:
        base = f.read()
    with open(path + '.new', 'wb') as f:
        f.write(base + b'\0' * (-len(base) % 4) + archive(contents))
    os.rename(path + '.new', path)
    return path
