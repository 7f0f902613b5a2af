# SPDX-License-Identifier: MIT
"""The forms of pxl's results in JSON, in the notation of tools/pxl/command.h, and whether a value has one."""

import re

TOKENS = re.compile(r'\s*([\[\]{}|:?*]|[a-z0-9_]+)')
SIMPLE = {'text': str, 'number': (int, float), 'bool': bool, 'null': type(None), 'object': dict}


class Form:
    """A form that was read from its text."""

    def __init__(self, text):
        self.tokens = TOKENS.findall(text)
        if ''.join(self.tokens) != re.sub(r'\s', '', text):
            raise ValueError(f'the form {text} is not understood')
        self.at = 0
        self.form = self.alternatives()
        if self.at != len(self.tokens):
            raise ValueError(f'the form {text} goes on at {self.tokens[self.at:]}')

    def take(self, token):
        if self.at < len(self.tokens) and self.tokens[self.at] == token:
            self.at += 1
            return True
        return False

    def need(self, token):
        if not self.take(token):
            raise ValueError(f'{token} is wanted at {self.tokens[self.at:]}')

    def alternatives(self):
        forms = [self.one()]
        while self.take('|'):
            forms.append(self.one())
        return ('any', forms)

    def one(self):
        if self.take('['):
            inner = self.alternatives()
            self.need(']')
            return ('list', inner)
        if self.take('{'):
            keys = {}
            while not self.take('}'):
                key = self.tokens[self.at]
                self.at += 1
                optional = self.take('?')
                self.need(':')
                keys[key] = (optional, self.one())
            return ('object', keys)
        word = self.tokens[self.at]
        self.at += 1
        if word not in SIMPLE:
            raise ValueError(f'no form is called {word}')
        return ('simple', word)

    def wrong(self, value):
        """What is wrong with the value, or None."""
        return mismatch(self.form, value, 'result')


def mismatch(form, value, where):
    kind, inner = form
    if kind == 'any':
        found = [mismatch(f, value, where) for f in inner]
        return None if None in found else found[0]
    if kind == 'simple':
        good = isinstance(value, SIMPLE[inner]) and isinstance(value, bool) == (inner == 'bool')
        return None if good else f'{where} is no {inner}: {value!r}'
    if kind == 'list':
        if not isinstance(value, list):
            return f'{where} is no list: {value!r}'
        return next(filter(None, (mismatch(inner, v, f'{where}[{i}]') for i, v in enumerate(value))), None)
    if not isinstance(value, dict):
        return f'{where} is no object: {value!r}'
    for key, (optional, f) in inner.items():
        if key != '*' and key not in value and not optional:
            return f'{where} has no {key}'
    for key, v in value.items():
        f = inner.get(key, inner.get('*'))
        if not f:
            return f'{where} has a {key}, which nobody documents'
        bad = mismatch(f[1], v, f'{where}.{key}')
        if bad:
            return bad
    return None


FAULTS = Form('[{what:text call?:text errno?:number why?:text hint?:text}]')


class Forms:
    """Of all commands, as `pxl --json help` has them; and which were seen."""

    def __init__(self, helped):
        self.forms = {k['name']: Form(k['result']) for k in helped['result']}
        self.seen = set()

    def wrong(self, answer):
        """What is wrong with one whole answer, or None."""
        name = answer.get('command')
        if name not in self.forms:
            return f'it is of no command: {answer!r}'
        if answer.get('ok') is True and set(answer) == {'command', 'ok', 'result'}:
            self.seen.add(name)
            bad = self.forms[name].wrong(answer['result'])
        elif answer.get('ok') is False and set(answer) == {'command', 'ok', 'faults'} and answer['faults']:
            bad = FAULTS.wrong(answer['faults'])
        else:
            bad = f'neither a result nor faults: {answer!r}'
        return bad and f'{name}: {bad}'
