# SPDX-License-Identifier: MIT
"""The kernel's modules of an image: some names, what they need, and lists for modprobe."""

import glob
import os
import shutil
import sys

# What QEMU's machines and a Dom0 are made of. There is no USB: nothing here uses it.
DEFAULT = """
    virtio_pci virtio_blk virtio_net virtio_scsi virtio_rng virtio_console
    ahci ata_piix sd_mod sr_mod nvme e1000e e1000 8139cp
    ext4 crc32c_generic vfat nls_ascii nls_cp437 isofs overlay 9p 9pnet_virtio 9pnet_xen
    loop null_blk dm-mod af_packet tun bridge veth
    xen-blkback xen-netback xen-blkfront xen-netfront
    xen-gntdev xen-gntalloc xen-evtchn xen-privcmd xenfs xen-acpi-processor
""".split()


class Modules:
    """Debian's modules below build/dom0/modules, as depmod lists them."""

    def __init__(self, folder):
        self.version = os.listdir(os.path.join(folder, 'lib', 'modules'))[0]
        self.folder = os.path.join(folder, 'lib', 'modules', self.version)
        self.needs = {}  # path: [path]
        self.paths = {}  # name: path
        with open(os.path.join(self.folder, 'modules.dep')) as f:
            for line in f:
                path, _, needs = line.partition(':')
                self.needs[path] = needs.split()
                self.paths[module_name(path)] = path
        with open(os.path.join(self.folder, 'modules.builtin')) as f:
            self.builtin = {module_name(line.strip()) for line in f}

    def closure(self, names):
        """Paths of modules and of what they need."""
        chosen = set()
        for name in names:
            name = name.replace('-', '_')
            if name in self.paths:
                chosen |= {self.paths[name], *self.needs[self.paths[name]]}
            elif name not in self.builtin:
                sys.exit(f'image: Debian\'s kernel has no module {name}')
        return chosen

    def install(self, root, names):
        """Copies modules, and those lines of depmod's lists that speak of them."""
        chosen = self.closure(names)
        target = os.path.join(root, 'usr', 'lib', 'modules', self.version)
        os.makedirs(target)
        for path in sorted(chosen):
            os.makedirs(os.path.dirname(os.path.join(target, path)), exist_ok=True)
            shutil.copyfile(os.path.join(self.folder, path), os.path.join(target, path))
        kept = {module_name(path) for path in chosen}
        self.copy_list(target, 'modules.dep', lambda line: line.split(':')[0] in chosen)
        for name in ('modules.alias', 'modules.symbols', 'modules.softdep'):
            # `alias PATTERN MODULE`, `softdep MODULE pre: ...`
            word = 1 if name == 'modules.softdep' else -1
            self.copy_list(target, name, lambda line, w=word: not line.startswith('#') and
                           line.split()[w].replace('-', '_') in kept)
        for path in glob.glob(os.path.join(self.folder, 'modules.builtin*')):
            if not path.endswith('.bin'):
                shutil.copy(path, target)

    def copy_list(self, target, name, wanted):
        with open(os.path.join(self.folder, name)) as f, \
             open(os.path.join(target, name), 'w') as out:
            out.writelines(line for line in f if wanted(line))


def module_name(path):
    return os.path.basename(path).split('.ko')[0].replace('-', '_')
