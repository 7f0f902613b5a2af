/* SPDX-License-Identifier: MIT */
#include "names.h"
#include "qemu.h"
#include "device.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_HINT "another name=, or pxl rename"

static bool has_name(struct pxl *p, xs_transaction_t t, uint32_t domid, const char *name)
{
    char *own = store_read(p, t, "/local/domain/%u/name", domid);
    bool same = own && !strcmp(own, name);

    free(own);
    return same;
}

int names_take(struct pxl *p, xs_transaction_t t, const char *name, uint32_t domid)
{
    char id[12], *other = store_read(p, t, "/pxl/names/%s", name);
    uint32_t taken = other ? (uint32_t)strtoul(other, NULL, 10) : domid;

    free(other);
    if (taken != domid && has_name(p, t, taken, name))
        return pxl_fail(p, NULL, EEXIST, NAME_HINT, "take the name %s: domain %u has it", name, taken);
    snprintf(id, sizeof(id), "%u", domid);
    return store_write(p, t, id, "/pxl/names/%s", name);
}

int names_find(struct pxl *p, const char *name, uint32_t *domid)
{
    char *id = store_read(p, XBT_NULL, "/pxl/names/%s", name);
    bool found = false;

    if (id) {
        *domid = (uint32_t)strtoul(id, NULL, 10);
        found = has_name(p, XBT_NULL, *domid, name);
    }
    free(id);
    return found ? 0 : -1;
}

/* ---- without the index ---- */

struct search {
    char **ids;
    const char *name;
    const char *found;
};

static void search_path(void *arg, unsigned i, char *path, size_t size)
{
    const struct search *s = arg;

    snprintf(path, size, "/local/domain/%s/name", s->ids[i]);
}

static void search_take(void *arg, unsigned i, char *text)
{
    struct search *s = arg;

    if (text && !strcmp(text, s->name))
        s->found = s->ids[i];
}

int names_search(struct pxl *p, const char *name, uint32_t *domid)
{
    struct search s = {.name = name};
    unsigned n = 0;
    int rc = -1;

    s.ids = store_list(p, "/local/domain", &n);
    if (s.ids && !store_read_many(p, n, search_path, search_take, &s) && s.found) {
        *domid = (uint32_t)strtoul(s.found, NULL, 10);
        rc = 0;
    }
    free(s.ids);
    return rc;
}

static bool is_number(const char *s, uint32_t *out)
{
    char *end;
    unsigned long v = strtoul(s, &end, 10);

    *out = (uint32_t)v;
    return *s >= '0' && *s <= '9' && !*end && v < DOMID_FIRST_RESERVED;
}

int pxl_find(struct pxl *p, const char *what, uint32_t *domid)
{
    xen_domctl_getdomaininfo_t info;

    fault_clear(p);
    if (is_number(what, domid) && !hv_domaininfo(p, *domid, &info))
        return 0;
    if (!names_find(p, what, domid) || !names_search(p, what, domid)) {
        fault_clear(p);
        return 0;
    }
    if (p->fault && p->fault->err != ESRCH)
        return pxl_wrap(p, "find the domain %s", what);
    return pxl_fail(p, NULL, ESRCH, "pxl list shows the domains", "find the domain %s", what);
}

/* ---- the end of all of it ---- */

void domain_forget(struct pxl *p, uint32_t domid)
{
    static const char *const kept[] = {"json", "json.new", "ending", "again.new"};
    char *vm = store_read(p, XBT_NULL, "/local/domain/%u/vm", domid);
    char *name = store_read(p, XBT_NULL, "/local/domain/%u/name", domid);
    char *id = name ? store_read(p, XBT_NULL, "/pxl/names/%s", name) : NULL;
    char path[64];

    devices_remove(p, domid);
    store_batch(p);
    if (id && strtoul(id, NULL, 10) == domid) /* it may be another's by now */
        store_remove(p, XBT_NULL, "/pxl/names/%s", name);
    if (vm && !strncmp(vm, "/vm/", 4))
        store_remove(p, XBT_NULL, "%s", vm);
    store_remove(p, XBT_NULL, "/local/domain/%u", domid);
    store_remove(p, XBT_NULL, "/libxl/%u", domid);
    store_remove(p, XBT_NULL, QEMU_STATE, domid);
    store_batch_end(p);
    for (unsigned i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        snprintf(path, sizeof(path), PXL_RUN "/%u.%s", domid, kept[i]);
        unlink(path);
    }
    free(vm);
    free(name);
    free(id);
}

struct renaming {
    uint32_t domid;
    const char *name;
};

static int name_change(struct pxl *p, xs_transaction_t t, void *arg)
{
    const struct renaming *r = arg;
    char *old = store_read(p, t, "/local/domain/%u/name", r->domid);
    char *vm = store_read(p, t, "/local/domain/%u/vm", r->domid);
    char *id = old ? store_read(p, t, "/pxl/names/%s", old) : NULL;
    int rc = old ? 0 : pxl_fail(p, NULL, ESRCH, NULL, "the store does not know domain %u", r->domid);

    if (!rc)
        rc = names_take(p, t, r->name, r->domid) || store_write(p, t, r->name, "/local/domain/%u/name", r->domid) ||
             (vm && store_write(p, t, r->name, "%s/name", vm)) ||
             (id && strtoul(id, NULL, 10) == r->domid && strcmp(old, r->name) && store_remove(p, t, "/pxl/names/%s", old));
    free(old);
    free(vm);
    free(id);
    return rc ? -1 : 0;
}

int pxl_rename(struct pxl *p, uint32_t domid, const char *name)
{
    struct renaming r = {domid, name};
    uint32_t taken;
    int rc;

    fault_clear(p);
    if (!pxl_name_valid(name))
        rc = pxl_fail(p, NULL, EINVAL, "1 to 63 bytes without /", "%s is no name for a domain", name);
    else if (!names_search(p, name, &taken) && taken != domid)
        rc = pxl_fail(p, NULL, EEXIST, NAME_HINT, "take the name %s: domain %u has it", name, taken);
    else
        rc = store_change(p, name_change, &r);
    if (rc)
        return pxl_wrap(p, "rename domain %u to %s", domid, name);
    return kept_rename(p, domid, name);
}
