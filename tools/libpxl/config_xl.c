/* SPDX-License-Identifier: MIT */
/*
 * xl's syntax: lines of KEY = VALUE (also several, by ';'), where a value is a number, a text in single or double
 * quotes, or a list [ value, … ] over any number of lines; += adds to a text or a list; # begins a comment.
 */
#include "config.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_MAX 4096

struct reader {
    struct assigner *a;
    const char *at, *end;
    unsigned line;
};

static int wrong(struct reader *r, const char *what)
{
    return pxl_fail(r->a->p, NULL, EINVAL, NULL, "read %s:%u: %s", r->a->source, r->line, what);
}

/* Blanks and comments; lines too if `lines`. */
static void skip(struct reader *r, bool lines)
{
    for (; r->at < r->end; r->at++) {
        if (*r->at == '#') {
            while (r->at < r->end && *r->at != '\n')
                r->at++;
            r->at--;
        } else if (*r->at == '\n') {
            if (!lines)
                return;
            r->line++;
        } else if (*r->at == '\\' && r->at + 1 < r->end && r->at[1] == '\n') {
            r->line++;
            r->at++;
        } else if (*r->at != ' ' && *r->at != '\t' && *r->at != '\r') {
            return;
        }
    }
}

static bool take(struct reader *r, char c)
{
    if (r->at >= r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static int escape(struct reader *r, char *out)
{
    static const char from[] = "abfnrtv\\'\"?", to[] = "\a\b\f\n\r\t\v\\'\"?";
    const char *letter;
    unsigned value = 0, digits;

    if (r->at >= r->end)
        return wrong(r, "the file ends inside a text");
    letter = *r->at ? strchr(from, *r->at) : NULL;
    if (letter) {
        r->at++;
        *out = to[letter - from];
        return 0;
    }
    if (*r->at == 'x') {
        r->at++;
        for (digits = 0; digits < 2 && r->at < r->end && isxdigit((unsigned char)*r->at); digits++, r->at++)
            value = value * 16 + (unsigned)(isdigit((unsigned char)*r->at) ? *r->at - '0' : (*r->at | 32) - 'a' + 10);
    } else {
        for (digits = 0; digits < 3 && r->at < r->end && *r->at >= '0' && *r->at <= '7'; digits++, r->at++)
            value = value * 8 + (unsigned)(*r->at - '0');
    }
    if (!digits || !value || value > 255)
        return wrong(r, "an escape in a text is not understood");
    *out = (char)value;
    return 0;
}

static int read_text(struct reader *r, char **out)
{
    char quote = *r->at++, *text = malloc((size_t)(r->end - r->at) + 1);
    size_t n = 0;

    if (!text)
        abort();
    while (!take(r, quote)) {
        int rc = 0;

        if (r->at >= r->end || *r->at == '\n' || !*r->at)
            rc = wrong(r, "a text is not closed");
        else if (take(r, '\\'))
            rc = escape(r, &text[n++]);
        else
            text[n++] = *r->at++;
        if (rc) {
            free(text);
            return rc;
        }
    }
    *out = text_dup(text, n);
    free(text);
    return 0;
}

bool text_is_number(const char *s)
{
    s += *s == '-';
    if (*s == '0')
        return !s[1];
    return *s && !s[strspn(s, "0123456789")];
}

static int read_scalar(struct reader *r, struct assignment *s)
{
    char *text = NULL;

    if (r->at < r->end && (*r->at == '"' || *r->at == '\'')) {
        if (read_text(r, &text))
            return -1;
    } else {
        const char *first = r->at;

        while (r->at < r->end && (isalnum((unsigned char)*r->at) || strchr("-+._:/", *r->at)) && *r->at)
            r->at++;
        if (r->at == first)
            return wrong(r, "a value is wanted: a number, a text in quotes, or a list");
        text = text_dup(first, (size_t)(r->at - first));
        s->number = text_is_number(text);
    }
    if (!text_valid(text)) {
        free(text);
        return wrong(r, "a text is not UTF-8");
    }
    if (s->n == VALUES_MAX) {
        free(text);
        return wrong(r, "too many values");
    }
    s->value = realloc(s->value, (s->n + 1) * sizeof(*s->value));
    if (!s->value)
        abort();
    s->value[s->n++] = text;
    return 0;
}

static int read_list(struct reader *r, struct assignment *s)
{
    s->list = true;
    for (;;) {
        skip(r, true);
        if (take(r, ']'))
            return 0;
        if (read_scalar(r, s))
            return -1;
        skip(r, true);
        if (take(r, ',') || (r->at < r->end && *r->at == ']'))
            continue;
        return wrong(r, "a list goes on with a comma or ends with ]");
    }
}

static int read_assignment(struct reader *r)
{
    const char *first = r->at;
    struct assignment s = {.line = r->line};
    char *key;
    int rc;

    while (r->at < r->end && (isalnum((unsigned char)*r->at) || *r->at == '_'))
        r->at++;
    if (r->at == first)
        return wrong(r, "a key is wanted");
    key = text_dup(first, (size_t)(r->at - first));
    s.key = key;
    skip(r, false);
    s.append = take(r, '+');
    rc = take(r, '=') ? 0 : wrong(r, "= is wanted after the key");
    if (!rc) {
        skip(r, false);
        rc = take(r, '[') ? read_list(r, &s) : read_scalar(r, &s);
    }
    if (!rc) {
        skip(r, false);
        if (r->at < r->end && *r->at != '\n' && *r->at != ';')
            rc = wrong(r, "something follows the value");
    }
    if (!rc)
        rc = config_assign(r->a, &s);
    for (unsigned i = 0; i < s.n; i++)
        free(s.value[i]);
    free(s.value);
    free(key);
    return rc;
}

int config_read_xl(struct assigner *a, const char *text, size_t size)
{
    struct reader r = {a, text, text + size, 1};

    for (;;) {
        skip(&r, true);
        if (take(&r, ';'))
            continue;
        if (r.at >= r.end)
            return 0;
        if (read_assignment(&r))
            return -1;
    }
}

/* ---- writing ---- */

static void put_quoted(FILE *f, const char *s)
{
    fputc('"', f);
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            fprintf(f, "\\%c", *s);
        else if ((unsigned char)*s < 32 || *s == 127)
            fprintf(f, "\\x%02x", (unsigned char)*s);
        else
            fputc(*s, f);
    }
    fputc('"', f);
}

static void put(void *arg, const struct assignment *s)
{
    FILE *f = arg;

    fprintf(f, "%s = ", s->key);
    if (!s->list) {
        if (s->number)
            fputs(s->value[0], f);
        else
            put_quoted(f, s->value[0]);
        fputc('\n', f);
        return;
    }
    fputs("[ ", f);
    for (unsigned i = 0; i < s->n; i++) {
        if (i)
            fputs(", ", f);
        put_quoted(f, s->value[i]);
    }
    fputs(" ]\n", f);
}

char *pxl_config_to_xl(const struct pxl_config *c)
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        return NULL;
    config_each(c, put, f);
    fclose(f);
    return text;
}
