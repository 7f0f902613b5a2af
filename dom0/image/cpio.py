# SPDX-License-Identifier: MIT
"""A folder as an initramfs: cpio's `newc` format with every file owned by root.

Written here and not by cpio(1), so that it needs neither root nor fakeroot for owners and the
device node that the kernel opens before /init runs. Times are 0: the same files make the same
image.
"""

import os
import stat

S_CONSOLE = stat.S_IFCHR | 0o600
DEV_CONSOLE = (5, 1)


class Writer:
    """Entries one after the other; hard links are written as files of their own."""

    def __init__(self, out):
        self.out = out
        self.number = 0

    def entry(self, name, mode, data=b'', device=(0, 0)):
        path = name.encode() + b'\0'
        self.number += 1
        fields = (self.number, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(path), 0)
        self.padded(b'070701' + b''.join(b'%08X' % field for field in fields) + path)
        self.padded(data)

    def padded(self, data):
        self.out.write(data + b'\0' * (-len(data) % 4))

    def tree(self, folder):
        for where, folders, names in os.walk(folder):
            folders.sort()
            for name in sorted(folders + names):
                self.file(os.path.join(where, name), os.path.relpath(where, folder))

    def file(self, path, where):
        name = os.path.normpath(os.path.join(where, os.path.basename(path)))
        mode = os.lstat(path).st_mode
        if stat.S_ISLNK(mode):
            self.entry(name, mode, os.readlink(path).encode())
        elif stat.S_ISREG(mode):
            with open(path, 'rb') as f:
                self.entry(name, mode, f.read())
        elif stat.S_ISDIR(mode):
            self.entry(name, mode)


def write(folder, out):
    """Writes the folder's tree and /dev/console to a binary stream."""
    writer = Writer(out)
    writer.tree(folder)
    writer.entry('dev/console', S_CONSOLE, device=DEV_CONSOLE)
    writer.entry('TRAILER!!!', 0)
