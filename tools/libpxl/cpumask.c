/* SPDX-License-Identifier: MIT */
/* Sets of CPUs as text: "0-3,^2", "all". */
#include "internal.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool mask_range(const char **s, uint64_t mask[16], bool clear)
{
    char *end;
    unsigned long a = strtoul(*s, &end, 10), b = a;

    if (**s < '0' || **s > '9')
        return false;
    if (*end == '-') {
        const char *second = end + 1;

        b = strtoul(second, &end, 10);
        if (*second < '0' || *second > '9')
            return false;
    }
    if (a > b || b >= 1024)
        return false;
    for (; a <= b; a++) {
        if (clear)
            mask[a / 64] &= ~(1ul << a % 64);
        else
            mask[a / 64] |= 1ul << a % 64;
    }
    *s = end;
    return true;
}

/* One of "3", "0-3", "^2", "^1-2", "all", "node:0"; *s moves behind it. */
static bool mask_part(const char **s, uint64_t mask[16])
{
    bool clear = **s == '^';

    *s += clear;
    if (!strncmp(*s, "all", 3)) {
        memset(mask, clear ? 0 : 0xff, 128);
        *s += 3;
        return true;
    }
    /* LIMIT: one node, as these hypervisors have on PV machines: "node:0" is all of it. */
    if (!strncmp(*s, "node:", 5) || !strncmp(*s, "nodes:", 6)) {
        memset(mask, clear ? 0 : 0xff, 128);
        *s += strcspn(*s, ",");
        return true;
    }
    return mask_range(s, mask, clear);
}

int pxl_cpumask_parse(struct pxl *p, const char *text, uint64_t mask[16])
{
    const char *s = text;

    memset(mask, 0, 128);
    while (*s) {
        if (!mask_part(&s, mask) || (*s && (*s != ',' || !s[1])))
            return pxl_fail(p, NULL, EINVAL, "for example 0-3,^2 or all", "understand the CPUs \"%s\" at \"%s\"", text, s);
        s += *s == ',';
    }
    return 0;
}

void pxl_cpumask_print(char *out, size_t size, const uint64_t mask[16], unsigned nr_cpus)
{
    size_t at = 0;
    unsigned set = 0;

    for (unsigned c = 0; c < nr_cpus; c++)
        set += mask[c / 64] >> c % 64 & 1;
    if (set == nr_cpus) {
        snprintf(out, size, "all");
        return;
    }
    out[0] = 0;
    for (unsigned c = 0; c < nr_cpus && at < size; c++) {
        unsigned first = c;

        if (!(mask[c / 64] >> c % 64 & 1))
            continue;
        while (c + 1 < nr_cpus && mask[(c + 1) / 64] >> (c + 1) % 64 & 1)
            c++;
        at += (size_t)snprintf(out + at, size - at, first == c ? "%s%u" : "%s%u-%u", at ? "," : "", first, c);
    }
}
