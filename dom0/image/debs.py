# SPDX-License-Identifier: MIT
"""Debian packages for Dom0's images: which ones, from where, and their files in a folder.

Packages are downloaded to build/deb by apt, which checks them against Debian's signed index, and
unpacked below build/. Nothing is installed on this machine and no maintainer script runs. What a
set of packages resolved to is remembered in build/deb/sets, so that a second build needs neither
the network nor apt.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get('B') or 'build')
DEBS = os.path.join(BUILD, 'deb')
APT = ['-q', '-o', 'APT::Sandbox::User=root', '-o', 'Debug::NoLocking=1',
       '-o', 'APT::Install-Recommends=0']
INST = re.compile(r'^Inst (\S+) \((\S+) .*\[(\w+)\]\)', re.M)

# Dependencies that only maintainer scripts use, or whose place busybox takes.
UNUSED = ('adduser', 'debconf', 'dpkg', 'media-types', 'passwd', 'sensible-utils', 'sysvinit-utils',
          'tar', 'ucf')


def say(text):
    print(f'image: {text}', file=sys.stderr, flush=True)


def run_apt(tool, words):
    return subprocess.run([tool] + APT + list(words), cwd=DEBS, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)


def apt(tool, *words):
    """apt's answer. Its lists may be missing or older than the mirror, so it may ask twice."""
    run = run_apt(tool, words)
    if run.returncode:
        update = ['apt-get', '-q', 'update']
        subprocess.run(update if os.getuid() == 0 else ['sudo'] + update, check=True,
                       stdout=sys.stderr)
        run = run_apt(tool, words)
    if run.returncode:
        sys.exit(f'image: {tool} {" ".join(words[-6:])} failed:\n{run.stderr}')
    return run.stdout


def file_name(package, version, arch):
    """apt's name of a package's file: a colon of the version is %3a."""
    return f'{package}_{version.replace(":", "%3a")}_{arch}.deb'


def pretend_installed(path, packages):
    """A dpkg status that has these packages and nothing else.

    With it apt names every dependency, installed on this machine or not, but neither these
    packages nor what only they need.
    """
    with open(path, 'w') as f:
        if packages:
            for stanza in apt('apt-cache', 'show', '--no-all-versions', *packages).split('\n\n'):
                lines = [line for line in stanza.strip().splitlines()
                         if re.match(r'(Package|Version|Architecture|Provides|Multi-Arch):', line)]
                if lines:
                    f.write('\n'.join(lines + ['Status: install ok installed', 'Maintainer: none',
                                               'Description: none']) + '\n\n')


def resolve(packages, without, status):
    """[(package, version, arch)] of packages and of what they depend on, without some."""
    pretend_installed(status, sorted({*UNUSED, *without} - set(packages)))
    found = INST.findall(apt('apt-get', '-o', f'Dir::State::status={status}', '-s', 'install',
                             *packages))
    if not found:
        sys.exit(f'image: apt finds no packages for {" ".join(packages)}')
    return found


def fetch(packages, without=()):
    """Paths of the files of packages with their dependencies, downloaded where they are missing."""
    key = ' '.join(sorted(packages)) + ' - ' + ' '.join(sorted(without))
    memory = os.path.join(DEBS, 'sets', hashlib.sha256(key.encode()).hexdigest()[:16])
    names = remembered(memory, key)
    if names:
        return [os.path.join(DEBS, name) for name in names]
    os.makedirs(os.path.join(DEBS, 'sets'), exist_ok=True)
    entries = resolve(packages, without, memory + '.status')
    missing = [e for e in entries if not os.path.exists(os.path.join(DEBS, file_name(*e)))]
    if missing:
        say(f'downloading {len(missing)} packages: {" ".join(e[0] for e in missing)}')
        apt('apt-get', 'download', *(f'{package}={version}' for package, version, _ in missing))
    names = [file_name(*entry) for entry in entries]
    with open(memory + '.new', 'w') as f:
        f.write('\n'.join([key] + names) + '\n')
    os.replace(memory + '.new', memory)
    return [os.path.join(DEBS, name) for name in names]


def remembered(memory, key):
    """The files a set resolved to, if all are still there."""
    try:
        with open(memory) as f:
            first, *names = f.read().splitlines()
    except (OSError, ValueError):
        return None
    there = first == key and all(os.path.exists(os.path.join(DEBS, n)) for n in names)
    return names if there else None


def make_root(folder):
    """An empty root with Debian's links between folders."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in ('bin', 'sbin', 'lib', 'lib64'):
        os.makedirs(os.path.join(folder, 'usr', name))
        os.symlink('usr/' + name, os.path.join(folder, name))
    os.makedirs(os.path.join(folder, 'var'))
    os.symlink('../run', os.path.join(folder, 'var', 'run'))
    os.symlink('../run/lock', os.path.join(folder, 'var', 'lock'))


def unpack(deb, folder):
    """A package's files, without running anything of it."""
    tar = subprocess.Popen(['dpkg-deb', '--fsys-tarfile', deb], stdout=subprocess.PIPE)
    subprocess.run(['tar', '-x', '-C', folder, '--keep-directory-symlink', '--no-same-owner', '-p',
                    '--exclude=./usr/share/doc', '--exclude=./usr/share/man',
                    '--exclude=./usr/share/locale', '--exclude=./usr/share/lintian',
                    '--exclude=./usr/share/info'],
                   stdin=tar.stdout, check=True)
    tar.stdout.close()
    if tar.wait():
        sys.exit(f'image: {deb} is damaged')
