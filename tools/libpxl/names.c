/* SPDX-License-Identifier: MIT */
#include "names.h"
#include "device.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int names_add(struct pxl *p, xs_transaction_t t, const char *name, uint32_t domid)
{
    char id[12];

    snprintf(id, sizeof(id), "%u", domid);
    return store_write(p, t, id, "/pxl/names/%s", name);
}

void names_remove(struct pxl *p, const char *name, uint32_t domid)
{
    char *id = store_read(p, XBT_NULL, "/pxl/names/%s", name);

    /* It may be another's by now. */
    if (id && strtoul(id, NULL, 10) == domid)
        store_remove(p, XBT_NULL, "/pxl/names/%s", name);
    free(id);
}

static bool has_name(struct pxl *p, uint32_t domid, const char *name)
{
    char *own = store_read(p, XBT_NULL, "/local/domain/%u/name", domid);
    bool same = own && !strcmp(own, name);

    free(own);
    return same;
}

int names_find(struct pxl *p, const char *name, uint32_t *domid)
{
    char *id = store_read(p, XBT_NULL, "/pxl/names/%s", name);
    bool found = false;

    if (id) {
        *domid = (uint32_t)strtoul(id, NULL, 10);
        found = has_name(p, *domid, name);
    }
    free(id);
    return found ? 0 : -1;
}

static int find_slowly(struct pxl *p, const char *name, uint32_t *domid)
{
    unsigned n = 0;
    char **list = xs_directory(p->store, XBT_NULL, "/local/domain", &n);
    int rc = -1;

    for (unsigned i = 0; list && i < n && rc; i++) {
        *domid = (uint32_t)strtoul(list[i], NULL, 10);
        if (has_name(p, *domid, name))
            rc = 0;
    }
    free(list);
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
    if (!names_find(p, what, domid) || !find_slowly(p, what, domid)) {
        fault_clear(p);
        return 0;
    }
    return pxl_fail(p, NULL, ESRCH, "pxl list shows the domains", "find the domain %s", what);
}

void domain_forget(struct pxl *p, uint32_t domid)
{
    char *vm = store_read(p, XBT_NULL, "/local/domain/%u/vm", domid);
    char *name = store_read(p, XBT_NULL, "/local/domain/%u/name", domid);
    char path[64];

    devices_remove(p, domid);
    if (name)
        names_remove(p, name, domid);
    if (vm && !strncmp(vm, "/vm/", 4))
        store_remove(p, XBT_NULL, "%s", vm);
    store_remove(p, XBT_NULL, "/local/domain/%u", domid);
    store_remove(p, XBT_NULL, "/libxl/%u", domid);
    store_remove(p, XBT_NULL, "/pxl/building/%u", domid);
    snprintf(path, sizeof(path), PXL_RUN "/%u.json", domid);
    unlink(path);
    free(vm);
    free(name);
}

int pxl_rename(struct pxl *p, uint32_t domid, const char *name)
{
    char *old = store_read(p, XBT_NULL, "/local/domain/%u/name", domid);
    char *vm = store_read(p, XBT_NULL, "/local/domain/%u/vm", domid);
    uint32_t taken;
    int rc;

    fault_clear(p);
    if (!pxl_find(p, name, &taken)) {
        rc = pxl_fail(p, NULL, EEXIST, NULL, "rename domain %u to %s: domain %u has that name", domid, name, taken);
    } else {
        rc = store_write(p, XBT_NULL, name, "/local/domain/%u/name", domid) || names_add(p, XBT_NULL, name, domid) ||
                     (vm && store_write(p, XBT_NULL, name, "%s/name", vm))
                 ? -1
                 : 0;
        if (!rc && old)
            names_remove(p, old, domid);
    }
    free(old);
    free(vm);
    return rc;
}
