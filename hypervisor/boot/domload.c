/* SPDX-License-Identifier: MIT */
#include "boot/domload.h"
#include "boot/cmdline.h"
#include "boot/domain_build.h"
#include "core/log.h"
#include "lib/errno.h"
#include "lib/string.h"

#define PREFIX "domU:"
#define PREFIX_LEN (sizeof(PREFIX) - 1)

bool domload_is_domain(const char *line)
{
    return strncmp(line, PREFIX, PREFIX_LEN) == 0;
}

static bool item_ends(char c)
{
    return !c || c == ';' || c == ' ';
}

/* One item at s; where it ends in *end. */
static bool item_parse(const char *s, struct domload *out, const char **end)
{
    uint64_t bytes;
    char *e;

    if (strncmp(s, "name=", 5) == 0) {
        size_t n = 0;

        for (s += 5; !item_ends(*s); s++)
            if (n + 1 < sizeof(out->name))
                out->name[n++] = *s;
        *end = s;
    } else if (strncmp(s, "mem=", 4) == 0) {
        if (!cmdline_size(s + 4, end, &bytes))
            return false;
        out->pages = bytes >> PAGE_SHIFT;
    } else if (strncmp(s, "vcpus=", 6) == 0) {
        out->vcpus = (unsigned)strtoul(s + 6, &e, 10);
        *end = e;
        if (!out->vcpus || out->vcpus > NR_CPUS)
            return false;
    } else if (strncmp(s, "initrd", 6) == 0) {
        out->initrd = true;
        *end = s + 6;
    } else {
        *end = s;
    }
    return item_ends(**end);
}

bool domload_parse(const char *line, struct domload *out, const char **bad)
{
    const char *s = line + PREFIX_LEN;

    *out = (struct domload){.pages = (16ul << 20) >> PAGE_SHIFT, .vcpus = 1};
    while (*s && *s != ' ') {
        const char *end;

        if (!item_parse(s, out, &end)) {
            *bad = s;
            return false;
        }
        s = *end == ';' ? end + 1 : end;
    }
    while (*s == ' ')
        s++;
    out->cmdline = s;
    return true;
}

static void domain_abandon(struct domain *d)
{
    while (domain_destroy(d) == -ERESTART)
        ;
}

static void module_build(const struct domload *l, const struct boot_module *kernel,
                         const struct boot_module *initrd)
{
    struct build_request r = {
        .kernel = directmap + kernel->start,
        .kernel_size = kernel->end - kernel->start,
        .cmdline = l->cmdline,
        .nr_pages = l->pages,
        .nr_vcpus = l->vcpus,
    };
    struct domain *d;
    int rc;

    if (initrd) {
        r.initrd = directmap + initrd->start;
        r.initrd_size = initrd->end - initrd->start;
    }
    rc = domain_create(DOMID_FIRST_RESERVED, l->vcpus, false, &d);
    if (rc) {
        log_msg(LOG_ERR, "domain \"%s\" cannot be created (%d)", l->name, rc);
        return;
    }
    log_msg(LOG_INFO, "%s: \"%s\" from a module", d->name, l->name);
    rc = domain_build(d, &r);
    if (rc) {
        log_msg(LOG_ERR, "%s: \"%s\" not built (%d)", d->name, l->name, rc);
        domain_abandon(d);
        return;
    }
    domain_unpause(d);
}

/* LIMIT: the files of these domains stay in memory, they are not given to the heap. */
void domload_build(const struct boot_modules *m, unsigned first)
{
    for (unsigned i = first; i < m->count; i++) {
        const struct boot_module *kernel = &m->mod[i], *initrd = NULL;
        struct domload l;
        const char *bad;

        if (!domload_is_domain(kernel->cmdline)) {
            log_msg(LOG_WARN, "module %u is nothing I know what to do with: \"%.60s\"", i,
                    kernel->cmdline);
            continue;
        }
        if (!domload_parse(kernel->cmdline, &l, &bad)) {
            log_msg(LOG_ERR, "module %u: not understood at \"%.40s\"", i, bad);
            continue;
        }
        if (l.initrd && i + 1 < m->count)
            initrd = &m->mod[++i];
        module_build(&l, kernel, initrd);
    }
}
