/* SPDX-License-Identifier: MIT */
#include "boot/cmdline.h"
#include "lib/string.h"

struct boot_options opt;

/* One option: set() gets the text behind '=' ("" without one); false: not understood. */
struct option {
    const char *name;
    bool (*set)(struct boot_options *o, const char *value);
};

bool cmdline_size(const char *s, const char **end, uint64_t *bytes)
{
    static const char units[] = "BKMGT"; /* each 1024 times the one before */
    char *e;
    uint64_t n = strtoul(s, &e, 0);
    const char *unit = *e ? strchr(units, *e & ~0x20) : NULL;
    unsigned shift = unit ? (unsigned)(unit - units) * 10 : 10;

    if (e == s || n > (uint64_t)INT64_MAX >> shift)
        return false;
    *bytes = n << shift;
    *end = e + (unit != NULL);
    return true;
}

static bool set_number(const char *value, unsigned *n)
{
    char *end;
    unsigned long v = strtoul(value, &end, 0);

    if (end == value || *end || v > UINT32_MAX)
        return false;
    *n = (unsigned)v;
    return true;
}

static bool set_flag(const char *value, bool *flag)
{
    static const char *const no[] = {"0", "no", "off", "false", "disable"};

    *flag = true;
    for (unsigned i = 0; i < ARRAY_SIZE(no); i++)
        if (!strcmp(value, no[i]))
            *flag = false;
    return true;
}

static bool word_is(const char *p, size_t n, const char *word)
{
    return n == strlen(word) && !strncmp(p, word, n);
}

/* console=com1,vga,none: any of the list. */
static bool set_console(struct boot_options *o, const char *value)
{
    bool com1 = false, vga = false;

    while (*value) {
        const char *comma = strchr(value, ',');
        size_t n = comma ? (size_t)(comma - value) : strlen(value);

        if (word_is(value, n, "com1"))
            com1 = true;
        else if (word_is(value, n, "vga"))
            vga = true;
        else if (!word_is(value, n, "none") && n)
            return false;
        value += n + (comma != NULL);
    }
    o->console.com1 = com1;
    o->console.vga = vga;
    return true;
}

/* com1=<baud>|auto[,<data bits><parity><stop bits>[,<port>[,<irq>]]]; only 8n1 exists. */
static bool set_com1(struct boot_options *o, const char *value)
{
    char *end = (char *)(uintptr_t)value;
    unsigned long baud = 0, port;

    if (!strncmp(value, "auto", 4))
        end += 4;
    else
        baud = strtoul(value, &end, 10);
    if (end == value || baud > 115200 || (*end && *end != ','))
        return false;
    if (*end == ',') {
        if (strncmp(end + 1, "8n1", 3))
            return false;
        end += 4;
    }
    if (*end == ',') {
        const char *p = end + 1;

        port = strtoul(p, &end, 0);
        if (end == p || !port || port > 0xfff8)
            return false;
        o->console.com1_port = (uint16_t)port;
    }
    if (*end == ',') {
        const char *p = end + 1;
        unsigned long irq = strtoul(p, &end, 0);

        if (end == p || irq > 255)
            return false;
        o->console.com1_irq = (uint32_t)irq;
    }
    if (*end && *end != ',') /* what follows names PCI devices */
        return false;
    o->console.com1_baud = (uint32_t)baud;
    return true;
}

static bool set_dom0_mem(struct boot_options *o, const char *value)
{
    for (;;) {
        int64_t *to = &o->dom0_mem;
        bool negative;
        uint64_t bytes;

        if (!strncmp(value, "min:", 4)) {
            to = &o->dom0_mem_min;
            value += 4;
        } else if (!strncmp(value, "max:", 4)) {
            to = &o->dom0_mem_max;
            value += 4;
        }
        negative = *value == '-';
        if (!cmdline_size(value + negative, &value, &bytes) || (*value && *value != ','))
            return false;
        *to = negative ? -(int64_t)bytes : (int64_t)bytes;
        if (!*value)
            return true;
        value++;
    }
}

/* dom0_max_vcpus=<n> or <min>-<max>: the upper number counts. */
static bool set_dom0_max_vcpus(struct boot_options *o, const char *value)
{
    const char *dash = strchr(value, '-');

    return set_number(dash ? dash + 1 : value, &o->dom0_max_vcpus);
}

static bool set_maxcpus(struct boot_options *o, const char *value)
{
    return set_number(value, &o->maxcpus);
}

/* Xen's words, <level>[/<rate-limited level>]; to[]: what they mean here. */
static bool parse_levels(const char *value, const enum log_level to[6], enum log_level *always,
                         enum log_level *limited)
{
    static const char *const words[] = {"none", "error", "warning", "info", "debug", "all"};
    const char *slash = strchr(value, '/');
    size_t n = slash ? (size_t)(slash - value) : strlen(value);
    int first = -1, second = -1;

    for (int i = 0; i < (int)ARRAY_SIZE(words); i++) {
        if (word_is(value, n, words[i]))
            first = i;
        if (!strcmp(slash ? slash + 1 : value, words[i]))
            second = i;
    }
    if (first < 0 || second < 0)
        return false;
    *always = to[first];
    *limited = to[max(first, second)];
    return true;
}

static bool set_loglvl(struct boot_options *o, const char *value)
{
    static const enum log_level to[] = {LOG_ERR, LOG_ERR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_DEBUG};

    return parse_levels(value, to, &o->console.loglvl, &o->console.loglvl_limited);
}

static bool set_guest_loglvl(struct boot_options *o, const char *value)
{
    static const enum log_level to[] = {LOG_DEBUG, LOG_GUEST_ERR,   LOG_GUEST_ERR,
                                        LOG_GUEST, LOG_GUEST_DEBUG, LOG_GUEST_DEBUG};

    return parse_levels(value, to, &o->console.guest_loglvl, &o->console.guest_loglvl_limited);
}

static bool set_sync_console(struct boot_options *o, const char *value)
{
    return set_flag(value, &o->console.sync);
}

static bool set_console_to_ring(struct boot_options *o, const char *value)
{
    return set_flag(value, &o->console.to_ring);
}

static bool set_conring_size(struct boot_options *o, const char *value)
{
    const char *end;
    uint64_t bytes;

    if (!cmdline_size(value, &end, &bytes) || *end)
        return false;
    o->console.ring_size = (uint32_t)min(bytes, (uint64_t)1 << 30);
    return true;
}

static bool set_console_timestamps(struct boot_options *o, const char *value)
{
    static const char *const words[] = {"none", "date", "datems", "boot", "raw"};
    bool flag;

    for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
        if (!strcmp(value, words[i])) {
            o->console.timestamps = (enum timestamp_mode)i;
            return true;
        }
    set_flag(value, &flag);
    if (*value && flag && strcmp(value, "1") && strcmp(value, "yes") && strcmp(value, "on") &&
        strcmp(value, "true"))
        return false;
    o->console.timestamps = flag ? STAMP_DATE : STAMP_NONE;
    return true;
}

static bool set_conswitch(struct boot_options *o, const char *value)
{
    if (strlen(value) > 2)
        return false;
    o->console.conswitch[0] = value[0];
    o->console.conswitch[1] = value[0] ? value[1] : 0;
    return true;
}

static bool set_vga(struct boot_options *o, const char *value)
{
    size_t n = strlen(value);

    o->console.vga_keep = n >= 4 && !strcmp(value + n - 4, "keep");
    return o->console.vga_keep || !strncmp(value, "text-80x25", 10);
}

static bool set_noreboot(struct boot_options *o, const char *value)
{
    return set_flag(value, &o->noreboot);
}

static bool set_debug_panic(struct boot_options *o, const char *value)
{
    return set_flag(value, &o->debug_panic);
}

static bool set_sched(struct boot_options *o, const char *value)
{
    size_t n = strlen(value);

    if (n >= sizeof(o->sched))
        return false;
    memcpy(o->sched, value, n + 1);
    return true;
}

static const struct option options[] = {
    {"console", set_console},           {"com1", set_com1},
    {"dom0_mem", set_dom0_mem},         {"dom0_max_vcpus", set_dom0_max_vcpus},
    {"maxcpus", set_maxcpus},           {"loglvl", set_loglvl},
    {"guest_loglvl", set_guest_loglvl}, {"noreboot", set_noreboot},
    {"debug-panic", set_debug_panic},   {"sched", set_sched},
    {"sync_console", set_sync_console}, {"console_to_ring", set_console_to_ring},
    {"conring_size", set_conring_size}, {"console_timestamps", set_console_timestamps},
    {"conswitch", set_conswitch},       {"vga", set_vga},
};

/* How many letters must be changed, added or dropped to make b of a. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[32], n = (unsigned)strlen(b);

    for (unsigned j = 0; j <= n; j++)
        row[j] = j;
    for (unsigned i = 1; a[i - 1]; i++) {
        unsigned corner = row[0]; /* of the row above, one to the left */

        row[0] = i;
        for (unsigned j = 1; j <= n; j++) {
            unsigned change = corner + (a[i - 1] != b[j - 1]), shift = min(row[j], row[j - 1]) + 1;

            corner = row[j];
            row[j] = min(change, shift);
        }
    }
    return row[n];
}

/* The option whose name is at most a third wrong, or NULL. */
static const char *nearest(const char *name)
{
    const char *best = NULL;
    unsigned least = (unsigned)strlen(name) / 3 + 1;

    for (unsigned i = 0; i < ARRAY_SIZE(options); i++) {
        unsigned d = distance(name, options[i].name);

        if (d < least) {
            least = d;
            best = options[i].name;
        }
    }
    return best;
}

static void report(struct boot_options *o, const char *name, bool bad_value)
{
    size_t n = strnlen(name, sizeof(o->report[0].name) - 1);

    if (o->reports == CMDLINE_REPORTS)
        return;
    memcpy(o->report[o->reports].name, name, n);
    o->report[o->reports].name[n] = 0;
    o->report[o->reports].nearest = bad_value ? NULL : nearest(o->report[o->reports].name);
    o->report[o->reports++].bad_value = bad_value;
}

/* word: writable, without blanks. As in Xen, - and _ in a name are the same. */
static void parse_word(struct boot_options *o, char *word)
{
    char *value = strchr(word, '=');

    if (value)
        *value++ = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(options); i++) {
        const char *a = word, *b = options[i].name;

        while (*a && (*a == *b || (*a == '-' && *b == '_') || (*a == '_' && *b == '-'))) {
            a++;
            b++;
        }
        if (*a || *b)
            continue;
        if (!options[i].set(o, value ? value : ""))
            report(o, word, true);
        return;
    }
    report(o, word, false);
}

void cmdline_parse(struct boot_options *o, const char *line)
{
    char word[256];

    *o = (struct boot_options){
        .console = {.com1 = true,
                    .com1_baud = 115200,
                    .com1_port = 0x3f8,
                    .com1_irq = 4,
                    .conswitch = "a",
                    .loglvl = LOG_INFO,
                    .loglvl_limited = LOG_INFO,
                    .guest_loglvl = LOG_GUEST_ERR,
                    .guest_loglvl_limited = LOG_GUEST_ERR},
    };
    for (;;) {
        size_t n = 0;

        while (*line == ' ' || *line == '\t')
            line++;
        if (!*line)
            return;
        while (line[n] && line[n] != ' ' && line[n] != '\t')
            n++;
        if (n < sizeof(word)) {
            memcpy(word, line, n);
            word[n] = 0;
            parse_word(o, word);
        } else {
            report(o, "(word too long)", false);
        }
        line += n;
    }
}
