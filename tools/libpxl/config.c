/* SPDX-License-Identifier: MIT */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the table ---- */

enum kind { TEXT, NUMBER32, NUMBER64, SIGNED32, SIGNED64, FLAG, STRINGS, TUPLES, DISKS, VIFS, ACTION, CPUS, UUID };

#define KEY(key_, kind_, field_) {key_, kind_, offsetof(struct pxl_config, field_), 0}
#define LIST(key_, kind_, field_, count_) \
    {key_, kind_, offsetof(struct pxl_config, field_), offsetof(struct pxl_config, count_)}

static const struct key {
    const char *name;
    enum kind kind;
    size_t at, count;
} keys[] = {
    KEY("name", TEXT, name),
    KEY("type", TEXT, type),
    KEY("builder", TEXT, builder),
    KEY("kernel", TEXT, kernel),
    KEY("ramdisk", TEXT, ramdisk),
    KEY("cmdline", TEXT, cmdline),
    KEY("root", TEXT, root),
    KEY("extra", TEXT, extra),
    KEY("bootloader", TEXT, bootloader),
    KEY("bootloader_args", STRINGS, bootloader_args),
    KEY("memory", NUMBER64, memory),
    KEY("maxmem", NUMBER64, maxmem),
    KEY("vcpus", NUMBER32, vcpus),
    KEY("maxvcpus", NUMBER32, maxvcpus),
    KEY("cpus", CPUS, cpus),
    KEY("cpus_soft", CPUS, cpus_soft),
    KEY("cpu_weight", NUMBER32, cpu_weight),
    KEY("cap", NUMBER32, cap),
    KEY("pool", TEXT, pool),
    KEY("uuid", UUID, uuid),
    LIST("disk", DISKS, disks, nr_disks),
    LIST("vif", VIFS, vifs, nr_vifs),
    LIST("p9", TUPLES, p9s, nr_p9s),
    LIST("channel", TUPLES, channels, nr_channels),
    LIST("vfb", TUPLES, vfbs, nr_vfbs),
    KEY("on_poweroff", ACTION, on_poweroff),
    KEY("on_reboot", ACTION, on_reboot),
    KEY("on_crash", ACTION, on_crash),
    KEY("on_watchdog", ACTION, on_watchdog),
    KEY("on_soft_reset", ACTION, on_soft_reset),
    KEY("max_grant_frames", SIGNED32, max_grant_frames),
    KEY("max_maptrack_frames", SIGNED32, max_maptrack_frames),
    KEY("max_grant_version", SIGNED32, max_grant_version),
    KEY("max_event_channels", NUMBER32, max_event_channels),
    KEY("nomigrate", FLAG, nomigrate),
    KEY("driver_domain", FLAG, driver_domain),
    KEY("e820_host", FLAG, e820_host),
    KEY("seclabel", TEXT, seclabel),
    KEY("tsc_mode", TEXT, tsc_mode),
    KEY("cpuid", STRINGS, cpuid),
    KEY("xenstore_quota", SIGNED64, xenstore_quota),
};
#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))

static const char *const action_words[] = {"destroy", "restart", "rename-restart", "preserve", "coredump-destroy",
                                           "coredump-restart", "soft-reset"};

static void *field(const struct pxl_config *c, size_t at)
{
    return (char *)c + at;
}

char *text_dup(const char *s, size_t n)
{
    char *copy = strndup(s, n);

    if (!copy)
        abort();
    return copy;
}

unsigned pxl_utf8(const char *s)
{
    const unsigned char *c = (const unsigned char *)s;
    unsigned more = *c < 0x80 ? 0 : *c >= 0xc2 && *c < 0xe0 ? 1 : *c >= 0xe0 && *c < 0xf0 ? 2 : *c >= 0xf0 && *c < 0xf5 ? 3 : 9;

    if (more == 9)
        return 0;
    /* Too long forms, surrogates and what lies behind the last plane. */
    if ((*c == 0xe0 && c[1] < 0xa0) || (*c == 0xed && c[1] > 0x9f) || (*c == 0xf0 && c[1] < 0x90) || (*c == 0xf4 && c[1] > 0x8f))
        return 0;
    for (unsigned i = 1; i <= more; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    return more + 1;
}

bool text_valid(const char *s)
{
    for (unsigned n; *s; s += n) {
        n = pxl_utf8(s);
        if (!n)
            return false;
    }
    return true;
}

bool words_have(const char *const *words, unsigned n, const char *s, unsigned *index)
{
    for (*index = 0; *index < n; (*index)++)
        if (!strcmp(words[*index], s))
            return true;
    return false;
}

/* ---- empty, and gone ---- */

void pxl_config_init(struct pxl_config *c)
{
    memset(c, 0, sizeof(*c));
    c->vcpus = 1;
    c->on_poweroff = PXL_DESTROY;
    c->on_reboot = PXL_RESTART;
    c->on_crash = c->on_watchdog = PXL_DESTROY;
    c->on_soft_reset = PXL_SOFT_RESET;
    c->max_grant_frames = c->max_maptrack_frames = c->max_grant_version = -1;
    c->xenstore_quota = -1;
}

static void strings_free(struct pxl_strings *s)
{
    for (unsigned i = 0; i < s->n; i++)
        free(s->s[i]);
    free(s->s);
    *s = (struct pxl_strings){0};
}

static void key_free(struct pxl_config *c, const struct key *k)
{
    void *at = field(c, k->at);
    unsigned *n = field(c, k->count);

    switch (k->kind) {
    case TEXT:
        free(*(char **)at);
        *(char **)at = NULL;
        break;
    case STRINGS: strings_free(at); break;
    case CPUS:
        free(((struct pxl_vcpu_list *)at)->mask);
        *(struct pxl_vcpu_list *)at = (struct pxl_vcpu_list){0};
        break;
    case TUPLES:
        for (; *n; (*n)--)
            strings_free(&(*(struct pxl_strings **)at)[*n - 1]);
        free(*(void **)at);
        *(void **)at = NULL;
        break;
    case DISKS:
        for (; *n; (*n)--)
            pxl_disk_free(&c->disks[*n - 1]);
        free(c->disks);
        c->disks = NULL;
        break;
    case VIFS:
        for (; *n; (*n)--)
            pxl_vif_free(&c->vifs[*n - 1]);
        free(c->vifs);
        c->vifs = NULL;
        break;
    default: break;
    }
}

void pxl_config_free(struct pxl_config *c)
{
    for (unsigned i = 0; i < NR_KEYS; i++)
        key_free(c, &keys[i]);
    for (; c->nr_unknown; c->nr_unknown--) {
        free(c->unknown[c->nr_unknown - 1].key);
        strings_free(&c->unknown[c->nr_unknown - 1].values);
    }
    free(c->unknown);
    c->unknown = NULL;
}

unsigned config_keys(const char **names, unsigned n)
{
    for (unsigned i = 0; i < n && i < NR_KEYS; i++)
        names[i] = keys[i].name;
    return NR_KEYS;
}

/* ---- in ---- */

static int bad(struct assigner *a, const struct assignment *s, const char *hint, const char *what)
{
    return pxl_fail(a->p, NULL, EINVAL, hint, "read %s:%u: %s: %s", a->source, s->line, s->key, what);
}

static unsigned distance(const char *a, const char *b)
{
    unsigned row[64], n = (unsigned)strlen(b);

    if (n > 62)
        return 99;
    for (unsigned j = 0; j <= n; j++)
        row[j] = j;
    for (unsigned i = 1; *a; a++, i++) {
        unsigned diagonal = row[0];

        row[0] = i;
        for (unsigned j = 1; j <= n; j++) {
            unsigned up = row[j], best = diagonal + (*a != b[j - 1]);

            best = up + 1 < best ? up + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = up;
            row[j] = best;
        }
    }
    return row[n];
}

static const char *nearest(const char *key)
{
    const char *best = NULL;
    unsigned least = 4;

    for (unsigned i = 0; i < NR_KEYS; i++) {
        unsigned d = distance(key, keys[i].name);

        if (d < least) {
            least = d;
            best = keys[i].name;
        }
    }
    return best;
}

static void strings_add(struct pxl_strings *s, const char *text, size_t n)
{
    s->s = realloc(s->s, (s->n + 1) * sizeof(*s->s));
    if (!s->s)
        abort();
    s->s[s->n++] = text_dup(text, n);
}

static int unknown(struct assigner *a, const struct assignment *s)
{
    const char *best = nearest(s->key);
    struct pxl_config *c = a->c;
    struct pxl_unknown *u;
    char hint[64] = "";

    if (best)
        snprintf(hint, sizeof(hint), "did you mean %s?", best);
    /* JSON could name a key that xl's syntax cannot say. */
    if (!*s->key || s->key[strspn(s->key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")])
        return bad(a, s, NULL, "a key has letters, digits and _ only");
    if (a->strict)
        return bad(a, s, best ? hint : NULL, "no such key");
    pxl_log(a->p, 0, "%s:%u: warning: the key %s is not known and has no effect%s%s", a->source, s->line, s->key,
            best ? "; " : "", hint);
    c->unknown = realloc(c->unknown, (c->nr_unknown + 1) * sizeof(*c->unknown));
    if (!c->unknown)
        abort();
    u = &c->unknown[c->nr_unknown++];
    *u = (struct pxl_unknown){.key = text_dup(s->key, strlen(s->key)), .list = s->list, .number = s->number && !s->list};
    for (unsigned i = 0; i < s->n; i++)
        strings_add(&u->values, s->value[i], strlen(s->value[i]));
    return 0;
}

static int number(struct assigner *a, const struct assignment *s, int64_t least, int64_t most, int64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoll(s->value[0], &end, 0);
    if (s->n != 1 || s->list || !*s->value[0] || *end || errno || *out < least || *out > most)
        return bad(a, s, NULL, "a number is wanted, in its range");
    return 0;
}

static int set_cpus(struct assigner *a, const struct assignment *s, struct pxl_vcpu_list *l)
{
    free(l->mask);
    l->mask = calloc(s->n, sizeof(*l->mask));
    l->n = s->n;
    if (!l->mask)
        abort();
    for (unsigned i = 0; i < s->n; i++)
        if (pxl_cpumask_parse(a->p, s->value[i], l->mask[i]))
            return pxl_wrap(a->p, "read %s:%u: %s", a->source, s->line, s->key);
    return 0;
}

static int set_uuid(struct assigner *a, const struct assignment *s)
{
    unsigned k = 0;

    for (const char *c = s->value[0]; *c; c++) {
        unsigned digit;

        if (*c == '-')
            continue;
        digit = *c >= '0' && *c <= '9' ? (unsigned)*c - '0' : (*c | 32) >= 'a' && (*c | 32) <= 'f' ? (unsigned)(*c | 32) - 'a' + 10 : 16;
        if (digit > 15 || k >= 32)
            return bad(a, s, NULL, "not a UUID");
        a->c->uuid[k / 2] = (uint8_t)(k & 1 ? a->c->uuid[k / 2] | digit : digit << 4);
        k++;
    }
    a->c->uuid_set = true;
    return k == 32 ? 0 : bad(a, s, NULL, "not a UUID");
}

static void set_tuples(const struct assignment *s, struct pxl_strings **list, unsigned *n)
{
    for (unsigned i = 0; i < s->n; i++) {
        struct pxl_strings t = {0};

        for (const char *at = s->value[i]; *at;) {
            size_t length = strcspn(at, ",");

            while (*at == ' ' && length)
                at++, length--;
            strings_add(&t, at, length);
            at += length + (at[length] == ',');
        }
        *list = realloc(*list, (*n + 1) * sizeof(**list));
        if (!*list)
            abort();
        (*list)[(*n)++] = t;
    }
}

static int set_devices(struct assigner *a, const struct assignment *s, const struct key *k)
{
    struct pxl_config *c = a->c;

    for (unsigned i = 0; i < s->n; i++) {
        int rc;

        if (k->kind == DISKS) {
            c->disks = realloc(c->disks, (c->nr_disks + 1) * sizeof(*c->disks));
            rc = c->disks ? pxl_disk_parse(a->p, &c->disks[c->nr_disks++], s->value[i]) : -1;
        } else {
            c->vifs = realloc(c->vifs, (c->nr_vifs + 1) * sizeof(*c->vifs));
            rc = c->vifs ? pxl_vif_parse(a->p, &c->vifs[c->nr_vifs++], s->value[i]) : -1;
        }
        if (rc)
            return pxl_wrap(a->p, "read %s:%u: %s", a->source, s->line, s->key);
    }
    return 0;
}

static int set_text(const struct assignment *s, char **at)
{
    char *old = *at;

    if (!s->append || !old)
        *at = text_dup(s->value[0], strlen(s->value[0]));
    else if (asprintf(at, "%s%s", old, s->value[0]) < 0)
        abort();
    free(old);
    return 0;
}

static int set_strings(const struct assignment *s, struct pxl_strings *l)
{
    for (unsigned i = 0; i < s->n; i++)
        strings_add(l, s->value[i], strlen(s->value[i]));
    return 0;
}

static int set_number(struct assigner *a, const struct assignment *s, const struct key *k, void *at)
{
    int64_t v;

    switch (k->kind) {
    case NUMBER32: return number(a, s, 0, UINT32_MAX, &v) ? -1 : (*(uint32_t *)at = (uint32_t)v, 0);
    case NUMBER64: return number(a, s, 0, INT64_MAX >> 12, &v) ? -1 : (*(uint64_t *)at = (uint64_t)v, 0);
    case SIGNED32: return number(a, s, -1, INT32_MAX, &v) ? -1 : (*(int32_t *)at = (int32_t)v, 0);
    case SIGNED64: return number(a, s, -1, INT64_MAX, &v) ? -1 : (*(int64_t *)at = v, 0);
    default: return number(a, s, 0, 1, &v) ? -1 : (*(bool *)at = v, 0);
    }
}

int config_assign(struct assigner *a, const struct assignment *s)
{
    const struct key *k = NULL;
    unsigned word;
    void *at;

    for (unsigned i = 0; i < NR_KEYS && !k; i++)
        if (!strcmp(keys[i].name, s->key))
            k = &keys[i];
    if (!k)
        return unknown(a, s);
    at = field(a->c, k->at);
    if (!s->append && k->kind != TEXT)
        key_free(a->c, k);
    if (s->list && (k->kind == ACTION || k->kind == UUID))
        return bad(a, s, NULL, "one text is wanted, not a list");
    if (!s->n && k->kind != STRINGS && k->kind != DISKS && k->kind != VIFS && k->kind != TUPLES)
        return bad(a, s, NULL, "an empty list is not allowed here");
    switch (k->kind) {
    case TEXT: return s->list ? bad(a, s, NULL, "one text is wanted, not a list") : set_text(s, at);
    case STRINGS: return set_strings(s, at);
    case TUPLES: return set_tuples(s, at, field(a->c, k->count)), 0;
    case DISKS:
    case VIFS: return set_devices(a, s, k);
    case CPUS: return set_cpus(a, s, at);
    case UUID: return set_uuid(a, s);
    case ACTION:
        if (!words_have(action_words, 7, s->value[0], &word))
            return bad(a, s, "destroy, restart, rename-restart, preserve, coredump-destroy, coredump-restart",
                       "no such action");
        *(enum pxl_action *)at = (enum pxl_action)word;
        return 0;
    default: return set_number(a, s, k, at);
    }
}

int pxl_config_read(struct pxl *p, struct pxl_config *c, const char *text, size_t size, const char *source, bool strict)
{
    struct assigner a = {p, c, source, strict};
    size_t at = 0;

    fault_clear(p);
    while (at < size && strchr(" \t\r\n", text[at]) && text[at])
        at++;
    return at < size && text[at] == '{' ? config_read_json(&a, text, size) : config_read_xl(&a, text, size);
}

int pxl_config_read_file(struct pxl *p, struct pxl_config *c, const char *path, bool strict)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc;
    struct stat st;
    char *text;

    if (fd < 0 || fstat(fd, &st)) {
        rc = pxl_fail(p, "open", errno, NULL, "read the configuration %s", path);
    } else if (st.st_size > 1 << 20 || S_ISDIR(st.st_mode)) {
        rc = pxl_fail(p, NULL, EFBIG, NULL, "read the configuration %s: it is no text file of at most 1 MiB", path);
    } else {
        ssize_t n;

        text = malloc((size_t)st.st_size + 1);
        if (!text)
            abort();
        n = read(fd, text, (size_t)st.st_size);
        rc = n < 0 ? pxl_fail(p, "read", errno, NULL, "read the configuration %s", path)
                   : pxl_config_read(p, c, text, (size_t)n, path, strict);
        free(text);
    }
    if (fd >= 0)
        close(fd);
    return rc;
}

int pxl_config_set(struct pxl *p, struct pxl_config *c, const char *assignment, bool strict)
{
    return pxl_config_read(p, c, assignment, strlen(assignment), "command line", strict);
}

/* ---- out ---- */

struct out {
    void (*put)(void *arg, const struct assignment *s);
    void *arg;
};

static void put_one(const struct out *o, const char *key, bool is_number, char *value)
{
    struct assignment s = {.key = key, .number = is_number, .n = 1, .value = &value};

    o->put(o->arg, &s);
    free(value);
}

static void put_list(const struct out *o, const char *key, char **values, unsigned n)
{
    struct assignment s = {.key = key, .list = true, .n = n, .value = values};

    if (n)
        o->put(o->arg, &s);
    for (unsigned i = 0; i < n; i++)
        free(values[i]);
    free(values);
}

static char *joined(const struct pxl_strings *s)
{
    char *text;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    if (!f)
        abort();
    for (unsigned i = 0; i < s->n; i++)
        fprintf(f, "%s%s", i ? "," : "", s->s[i]);
    fclose(f);
    return text;
}

static void put_strings(const struct out *o, const struct pxl_config *c, const struct key *k)
{
    unsigned n = k->kind == STRINGS ? ((struct pxl_strings *)field(c, k->at))->n : *(unsigned *)field(c, k->count);
    char **values = calloc(n + 1, sizeof(*values));

    if (!values)
        abort();
    for (unsigned i = 0; i < n; i++) {
        switch (k->kind) {
        case STRINGS: values[i] = strdup(((struct pxl_strings *)field(c, k->at))->s[i]); break;
        case TUPLES: values[i] = joined(&(*(struct pxl_strings **)field(c, k->at))[i]); break;
        case DISKS: values[i] = disk_print(&c->disks[i]); break;
        default: values[i] = vif_print(&c->vifs[i]); break;
        }
    }
    put_list(o, k->name, values, n);
}

static void put_cpus(const struct out *o, const struct pxl_vcpu_list *l, const char *key)
{
    char **values = calloc(l->n + 1, sizeof(*values)), text[8192];

    if (!values)
        abort();
    for (unsigned i = 0; i < l->n; i++) {
        pxl_cpumask_print(text, sizeof(text), l->mask[i], 1024);
        values[i] = strdup(text);
    }
    if (l->n == 1)
        put_one(o, key, false, values[0]), free(values);
    else
        put_list(o, key, values, l->n);
}

static void put_uuid(const struct out *o, const struct pxl_config *c)
{
    char *text = NULL;
    const uint8_t *u = c->uuid;

    if (!c->uuid_set)
        return;
    if (asprintf(&text, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1], u[2], u[3], u[4],
                 u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]) < 0)
        abort();
    put_one(o, "uuid", false, text);
}

static void put_number(const struct out *o, const struct pxl_config *c, const struct pxl_config *initial, const struct key *k)
{
    int64_t v, first;
    char *text;

    switch (k->kind) {
    case NUMBER32: v = *(uint32_t *)field(c, k->at), first = *(uint32_t *)field(initial, k->at); break;
    case SIGNED32: v = *(int32_t *)field(c, k->at), first = *(int32_t *)field(initial, k->at); break;
    case FLAG: v = *(bool *)field(c, k->at), first = *(bool *)field(initial, k->at); break;
    default: v = *(int64_t *)field(c, k->at), first = *(int64_t *)field(initial, k->at); break;
    }
    if (v == first)
        return;
    if (asprintf(&text, "%ld", v) < 0)
        abort();
    put_one(o, k->name, true, text);
}

void config_each(const struct pxl_config *c, void (*put)(void *arg, const struct assignment *s), void *arg)
{
    const struct out o = {put, arg};
    struct pxl_config initial;

    pxl_config_init(&initial);
    for (unsigned i = 0; i < NR_KEYS; i++) {
        const struct key *k = &keys[i];
        enum pxl_action *action = field(c, k->at);

        switch (k->kind) {
        case TEXT:
            if (*(char **)field(c, k->at))
                put_one(&o, k->name, false, strdup(*(char **)field(c, k->at)));
            break;
        case STRINGS:
        case TUPLES:
        case DISKS:
        case VIFS: put_strings(&o, c, k); break;
        case CPUS: put_cpus(&o, field(c, k->at), k->name); break;
        case UUID: put_uuid(&o, c); break;
        case ACTION:
            if (*action != *(enum pxl_action *)field(&initial, k->at))
                put_one(&o, k->name, false, strdup(action_words[*action]));
            break;
        default: put_number(&o, c, &initial, k); break;
        }
    }
    for (unsigned i = 0; i < c->nr_unknown; i++) {
        const struct pxl_unknown *u = &c->unknown[i];
        struct assignment s = {.key = u->key, .list = u->list, .number = u->number, .n = u->values.n, .value = u->values.s};

        put(arg, &s);
    }
}
