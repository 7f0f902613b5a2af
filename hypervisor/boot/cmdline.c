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

/* console=com1,vga: of the list only com1 counts, there is no other console. */
static bool set_console(struct boot_options *o, const char *value)
{
    o->console_com1 = false;
    for (const char *p = value; p; p = strchr(p, ','), p = p ? p + 1 : NULL)
        if (!strncmp(p, "com1", 4) && (!p[4] || p[4] == ','))
            o->console_com1 = true;
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
        o->com1_port = (uint16_t)port;
    }
    if (*end && *end != ',')
        return false;
    o->com1_baud = (uint32_t)baud;
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

/* Xen's words; behind a '/' comes the level up to which lines are shown at a limited rate, which
 * here means the same as shown. */
static bool parse_level(const char *value, unsigned *level)
{
    static const char *const words[] = {"none", "error", "warning", "info", "debug", "all"};
    const char *slash = strchr(value, '/');

    if (slash)
        value = slash + 1;
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
        if (!strcmp(value, words[i])) {
            *level = i;
            return true;
        }
    return false;
}

static bool set_loglvl(struct boot_options *o, const char *value)
{
    static const enum log_level to[] = {LOG_ERR, LOG_ERR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_DEBUG};
    unsigned level;

    if (!parse_level(value, &level))
        return false;
    o->loglvl = to[level];
    return true;
}

static bool set_guest_loglvl(struct boot_options *o, const char *value)
{
    static const enum log_level to[] = {LOG_DEBUG, LOG_GUEST_ERR,   LOG_GUEST_ERR,
                                        LOG_GUEST, LOG_GUEST_DEBUG, LOG_GUEST_DEBUG};
    unsigned level;

    if (!parse_level(value, &level))
        return false;
    o->guest_loglvl = to[level];
    return true;
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
};

static void report(struct boot_options *o, const char *name, bool bad_value)
{
    size_t n = strnlen(name, sizeof(o->report[0].name) - 1);

    if (o->reports == CMDLINE_REPORTS)
        return;
    memcpy(o->report[o->reports].name, name, n);
    o->report[o->reports].name[n] = 0;
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
        .console_com1 = true,
        .com1_baud = 115200,
        .com1_port = 0x3f8,
        .loglvl = LOG_INFO,
        .guest_loglvl = LOG_GUEST_ERR,
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
