/* SPDX-License-Identifier: MIT */
#include "boot/e820.h"
#include "lib/string.h"

struct e820_map machine_e820;

/* How little a range of this type can be used; where two entries overlap the higher one wins. */
static unsigned type_rank(uint32_t type)
{
    static const uint8_t rank[] = {0, 1, 3, 2, 4, 5};

    return type < ARRAY_SIZE(rank) ? rank[type] : 3;
}

static uint64_t entry_end(const struct e820_entry *e)
{
    return e->addr + e->size;
}

/* Append a range, joined with the last one if that is its neighbour of the same type. */
static void append(struct e820_map *m, uint64_t start, uint64_t end, uint32_t type)
{
    struct e820_entry *last = m->count ? &m->e[m->count - 1] : NULL;

    if (start >= end)
        return;
    if (last && last->type == type && entry_end(last) == start)
        last->size += end - start;
    else if (m->count < E820_MAX)
        m->e[m->count++] = (struct e820_entry){.addr = start, .size = end - start, .type = type};
}

/* The lowest address above `at` where some entry begins or ends; ~0: none. */
static uint64_t next_edge(const struct e820_map *m, uint64_t at)
{
    uint64_t edge = ~0ull;

    for (unsigned i = 0; i < m->count; i++) {
        uint64_t start = m->e[i].addr, end = entry_end(&m->e[i]);

        if (start > at && start < edge)
            edge = start;
        if (end > at && end < edge)
            edge = end;
    }
    return edge;
}

/* What lies at `at`; 0: nothing. */
static uint32_t type_at(const struct e820_map *m, uint64_t at)
{
    uint32_t type = 0;

    for (unsigned i = 0; i < m->count; i++)
        if (m->e[i].addr <= at && at < entry_end(&m->e[i]) &&
            type_rank(m->e[i].type) > type_rank(type))
            type = m->e[i].type;
    return type;
}

void e820_normalise(struct e820_map *m)
{
    static struct e820_map out; /* boot only, one CPU */
    uint64_t at = 0;

    out.count = 0;
    while (at != ~0ull) {
        uint64_t end = next_edge(m, at);
        uint32_t type = type_at(m, at);

        if (type)
            append(&out, at, end, type);
        at = end;
    }
    *m = out;
}

void e820_set(struct e820_map *m, uint64_t start, uint64_t end, uint32_t type, bool only_ram)
{
    static struct e820_map out; /* boot only, one CPU */
    uint64_t at = 0;

    out.count = 0;
    while (at != ~0ull) {
        uint64_t stop = next_edge(m, at);
        uint32_t t = type_at(m, at);

        if (at < start && stop > start)
            stop = start;
        else if (at < end && stop > end)
            stop = end;
        if (at >= start && at < end && (t == E820_RAM || !only_ram))
            t = type;
        if (t)
            append(&out, at, stop, t);
        at = stop;
    }
    *m = out;
}

uint64_t e820_bytes(const struct e820_map *m, uint32_t type)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < m->count; i++)
        if (m->e[i].type == type)
            bytes += m->e[i].size;
    return bytes;
}

const char *e820_type_name(uint32_t type)
{
    static const char *const names[] = {"none",      "usable",   "reserved",
                                        "ACPI data", "ACPI NVS", "unusable"};

    return type < ARRAY_SIZE(names) ? names[type] : "reserved";
}
