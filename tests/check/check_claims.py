# SPDX-License-Identifier: MIT
"""The ids of SPEC.md's claims, such as EVT-3 in square brackets, and the tests that name them."""

import os
import re

from files import ROOT, all_files, read, report

ID = re.compile(r'\[([A-Z][A-Z0-9]*-\d+)\]')

if not os.path.exists(os.path.join(ROOT, 'SPEC.md')):
    print('SKIP claims_have_tests: there is no SPEC.md')
else:
    claimed = set(ID.findall(read('SPEC.md')))
    tested = {}
    for path in all_files('tests'):
        for claim in ID.findall(read(path)):
            tested.setdefault(claim, path)
    report('tests_name_known_claims', [f'{path} names [{claim}], which SPEC.md has not'
                                       for claim, path in sorted(tested.items())
                                       if claim not in claimed])
    untested = sorted(claimed - set(tested))
    report('claims_have_tests', [f'no test names [{claim}]' for claim in untested])
