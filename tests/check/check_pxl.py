# SPDX-License-Identifier: MIT
"""What pxl says of itself fits together: pxl.cfg(5) has every key, pxl(1) every command, and the completion completes."""

import os
import re
import subprocess

from files import ROOT, read, report

PXL = os.path.join(ROOT, os.environ.get('B') or 'build', 'dom0', 'pxl')

keys = re.findall(r'^    (?:KEY|LIST)\("(\w+)"', read('tools/libpxl/config.c'), re.M)
manual = read('tools/pxl/pxl.cfg.5')
bold = set(re.findall(r'\w+', ' '.join(re.findall(r'^\.BR? (.*)$', manual, re.M))))
report('pxl_cfg_has_every_key', [f'pxl.cfg(5) says nothing of {key}' for key in keys if key not in bold]
       + ([] if len(keys) > 40 else ['no keys found in tools/libpxl/config.c']))

if not os.path.exists(PXL):
    print('SKIP pxl_completion: build/dom0/pxl is not built')
else:
    def pxl(*words):
        return subprocess.run([PXL, *words], stdout=subprocess.PIPE, text=True, check=True).stdout

    def complete(*words):
        """What bash offers for the last word."""
        script = pxl('completion') + 'pxl() { printf "Name ID\\nguest1 1\\nguest2 2\\nother 3\\n"; }\n'
        script += f'COMP_WORDS=({" ".join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}; _pxl\n'
        script += 'printf "%s\\n" "${COMPREPLY[@]}"\n'
        return subprocess.run(['bash', '-c', script], stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT).stdout.split()

    wrong = []
    for words, wanted in ((('pxl', 'vcpu-'), {'vcpu-list', 'vcpu-pin', 'vcpu-set'}), (('pxl', 'destroy', 'gu'), {'guest1', 'guest2'}),
                          (('pxl', 'create', 'READ'), {'README.md'}), (('pxl', 'create', '--pau'), {'--paused'}),
                          (('pxl', 'why', 'o'), {'other'}), (('pxl', 'check', 'LIC'), {'LICENSE'})):
        if set(complete(*words)) != wanted:
            wrong.append(f'{" ".join(words)} completes to {complete(*words)}')
    report('pxl_completion', wrong)
    names = re.findall(r'^    \{"([a-z0-9-]+)", "', read('tools/pxl/table.c'), re.M)
    page = pxl('manpage').replace('\\-', '-')
    report('pxl_manpage_has_every_command', [f'pxl(1) lacks {name}' for name in names if f'.B {name}\n' not in page]
           + ([] if len(names) > 30 else ['no commands found in tools/pxl/table.c']))
