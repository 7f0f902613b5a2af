# SPDX-License-Identifier: MIT
"""Images for tests of pxl: Debian's xl and its daemons, which nobody starts, and our programs, in /usr/bin, where /init does not look for daemons."""

import os

from harness import BUILD, built
from linux import archive

PROGRAMS = ('pxl', 'pxstored', 'pxconsoled')


def image(name, files, base=None):
    """An initrd in build/system of the tools' image, our programs and these files, {path: built file or path}; of another
    image these files alone."""
    contents = {}
    for program in PROGRAMS:
        if not base and os.path.exists(os.path.join(BUILD, 'dom0', program)):
            files = {f'usr/bin/{program}': f'dom0/{program}', **files}
    for path, source in files.items():
        with open(source if os.path.isabs(source) else built(source), 'rb') as f:
            contents[path] = f.read()
    path = os.path.join(BUILD, 'system', name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(built(base or 'dom0/tools.img'), 'rb') as f:
        packed = f.read()
    with open(path + '.new', 'wb') as f:
        f.write(packed + b'\0' * (-len(packed) % 4) + archive(contents))
    os.rename(path + '.new', path)
    return path
