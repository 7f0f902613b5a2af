/* SPDX-License-Identifier: MIT */
/* Domains that are there: stop, go, end. */
#include "internal.h"
#include "config.h"
#include "ended.h"
#include "making.h"
#include "names.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int simple(struct pxl *p, uint32_t cmd, const char *name, uint32_t domid, const char *what)
{
    fault_clear(p);
    domctl_new(p, cmd, domid);
    return domctl_run(p, name) ? pxl_wrap(p, "%s domain %u", what, domid) : 0;
}

int pxl_pause(struct pxl *p, uint32_t domid)
{
    return simple(p, XEN_DOMCTL_pausedomain, "domctl pausedomain", domid, "pause");
}

int pxl_unpause(struct pxl *p, uint32_t domid)
{
    return simple(p, XEN_DOMCTL_unpausedomain, "domctl unpausedomain", domid, "unpause");
}

/* The kept configuration is out of the way before the end, which the keeper would otherwise take for one of its cases. */
static void kept_hide(uint32_t domid, bool hide)
{
    char kept[64], hidden[64];

    snprintf(kept, sizeof(kept), PXL_RUN "/%u.json", domid);
    snprintf(hidden, sizeof(hidden), PXL_RUN "/%u.ending", domid);
    rename(hide ? kept : hidden, hide ? hidden : kept);
}

/* Killed on the way, it is ended by the next pxl or the keeper (making.h). */
int pxl_destroy(struct pxl *p, uint32_t domid)
{
    xen_domctl_getdomaininfo_t info;
    struct making ending;
    char *name, uuid[37];

    if (domid == 0)
        return pxl_fail(p, NULL, EINVAL, "poweroff in Dom0 ends the machine", "destroy domain 0");
    fault_clear(p);
    if (hv_domaininfo(p, domid, &info))
        return pxl_wrap(p, "destroy domain %u", domid);
    name = store_read(p, XBT_NULL, "/local/domain/%u/name", domid);
    uuid_print(uuid, info.handle);
    making_ending(p, &ending, uuid, domid);
    kept_hide(domid, true);
    if (simple(p, XEN_DOMCTL_destroydomain, "domctl destroydomain", domid, "destroy")) {
        kept_hide(domid, false);
        making_end(&ending);
        free(name);
        return -1;
    }
    ended_note(domid, name ? name : "", info.flags & XEN_DOMINF_shutdown
               ? (int)(info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask) : -1, "destroyed");
    free(name);
    domain_forget(p, domid);
    making_end(&ending);
    fault_clear(p);
    return 0;
}

static const char *const shutdown_words[] = {"poweroff", "reboot", "suspend", "halt", "crash"};

int pxl_shutdown(struct pxl *p, uint32_t domid, int how)
{
    xen_domctl_getdomaininfo_t info;

    fault_clear(p);
    if (hv_domaininfo(p, domid, &info))
        return pxl_wrap(p, "shut down domain %u", domid);
    if (info.flags & XEN_DOMINF_shutdown)
        return pxl_fail(p, NULL, EINVAL, "pxl destroy removes it", "shut down domain %u: it has ended already", domid);
    return store_write(p, XBT_NULL, shutdown_words[how], "/local/domain/%u/control/shutdown", domid)
               ? pxl_wrap(p, "shut down domain %u", domid)
               : 0;
}

/* Its end is heard from the store; whether it has come, the hypervisor says. */
int pxl_wait_end(struct pxl *p, uint32_t domid, int timeout_ms, int *reason)
{
    struct wire w = {.fd = -1};
    int64_t end = now_ms() + timeout_ms;
    char path[64];
    int rc;

    fault_clear(p);
    rc = store_watch(p, &w, "@releaseDomain");
    while (!rc) {
        xen_domctl_getdomaininfo_t info;
        int64_t left = timeout_ms < 0 ? -1 : end - now_ms();

        if (hv_domaininfo(p, domid, &info)) {
            *reason = -1;
            rc = p->fault->err == ESRCH ? 0 : -1;
            break;
        }
        if (info.flags & (XEN_DOMINF_shutdown | XEN_DOMINF_dying)) {
            *reason = (int)(info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask);
            break;
        }
        if (timeout_ms >= 0 && left <= 0)
            rc = pxl_fail(p, NULL, ETIMEDOUT, NULL, "see the end of domain %u", domid);
        else if (wire_event(&w, (int)left, path, sizeof(path)) < 0)
            rc = pxl_fail(p, "store watch", errno, NULL, "hear from the store");
    }
    wire_close(&w);
    if (rc)
        return pxl_wrap(p, "wait for domain %u", domid);
    fault_clear(p);
    return 0;
}

int pxl_trigger(struct pxl *p, uint32_t domid, const char *trigger, unsigned vcpu)
{
    static const struct {
        const char *name;
        uint32_t number;
    } triggers[] = {{"nmi", XEN_DOMCTL_SENDTRIGGER_NMI}, {"reset", XEN_DOMCTL_SENDTRIGGER_RESET},
                    {"init", XEN_DOMCTL_SENDTRIGGER_INIT}, {"power", XEN_DOMCTL_SENDTRIGGER_POWER},
                    {"sleep", XEN_DOMCTL_SENDTRIGGER_SLEEP}};

    for (unsigned i = 0; i < sizeof(triggers) / sizeof(triggers[0]); i++) {
        xen_domctl_t *d;

        if (strcmp(triggers[i].name, trigger))
            continue;
        d = domctl_new(p, XEN_DOMCTL_sendtrigger, domid);
        d->u.sendtrigger.trigger = triggers[i].number;
        d->u.sendtrigger.vcpu = vcpu;
        return domctl_run(p, "domctl sendtrigger") ? pxl_wrap(p, "send %s to domain %u", trigger, domid) : 0;
    }
    return pxl_fail(p, NULL, EINVAL, "nmi, reset, init, power or sleep", "send %s: there is no such trigger", trigger);
}

int pxl_sysrq(struct pxl *p, uint32_t domid, char key)
{
    char text[2] = {key, 0};

    fault_clear(p);
    return store_write(p, XBT_NULL, text, "/local/domain/%u/control/sysrq", domid)
               ? pxl_wrap(p, "send a sysrq to domain %u", domid)
               : 0;
}

/* As xl keeps it: /vm/UUID/start_time. Domain-0 runs since the machine does. */
int pxl_uptime(struct pxl *p, uint32_t domid, int64_t *seconds)
{
    struct timespec t;
    char *vm, *start;

    fault_clear(p);
    if (domid == 0) {
        clock_gettime(CLOCK_BOOTTIME, &t);
        *seconds = t.tv_sec;
        return 0;
    }
    vm = store_read(p, XBT_NULL, "/local/domain/%u/vm", domid);
    start = vm ? store_read(p, XBT_NULL, "%s/start_time", vm) : NULL;
    *seconds = start ? time(NULL) - strtoll(start, NULL, 10) : 0;
    *seconds = *seconds < 0 ? 0 : *seconds;
    free(vm);
    free(start);
    return p->fault ? pxl_wrap(p, "find since when domain %u runs", domid) : 0;
}

/* ---- the configuration it was made with ---- */

/* Written beside its name and moved there, so that nobody reads half of one. */
int config_store(struct pxl *p, const char *path, const struct pxl_config *c)
{
    char beside[80], *text = pxl_config_to_json(c);
    FILE *f;
    bool ok;

    snprintf(beside, sizeof(beside), "%s.new", path);
    if (mkdir(PXL_RUN, 0755) && errno != EEXIST) {
        free(text);
        return pxl_fail(p, "mkdir", errno, NULL, "keep the configuration in " PXL_RUN);
    }
    f = text ? fopen(beside, "we") : NULL;
    ok = f && !fchmod(fileno(f), 0600) && fputs(text, f) >= 0; /* it may have a password (vfb=) */
    if (f)
        ok = !fclose(f) && ok;
    free(text);
    ok = ok && !step(p) && !rename(beside, path) && !step(p);
    return ok || p->fault ? -!ok : pxl_fail(p, "write", errno, NULL, "keep the configuration in %s", path);
}

int pxl_domain_config_set(struct pxl *p, uint32_t domid, const struct pxl_config *c)
{
    char path[64];

    snprintf(path, sizeof(path), PXL_RUN "/%u.json", domid);
    return config_store(p, path, c);
}

/* Its name is what the store says: who renamed it may have been killed before the kept configuration knew. */
int pxl_domain_config(struct pxl *p, uint32_t domid, struct pxl_config *c)
{
    char path[64], *name;

    snprintf(path, sizeof(path), PXL_RUN "/%u.json", domid);
    if (access(path, R_OK) && errno == ENOENT)
        return pxl_fail(p, NULL, ENOENT, "it was not made by pxl create", "find the configuration of domain %u", domid);
    if (pxl_config_read_file(p, c, path, false))
        return -1;
    name = p->flags & PXL_NO_STORE ? NULL : store_read(p, XBT_NULL, "/local/domain/%u/name", domid);
    if (name && *name) {
        free(c->name);
        c->name = text_dup(name, strlen(name));
    }
    free(name);
    fault_clear(p);
    return 0;
}

int kept_rename(struct pxl *p, uint32_t domid, const char *name)
{
    struct pxl_config c;
    int rc = 0;

    pxl_config_init(&c);
    if (!pxl_domain_config(p, domid, &c)) {
        free(c.name);
        c.name = text_dup(name, strlen(name));
        rc = pxl_domain_config_set(p, domid, &c);
    } else {
        fault_clear(p);
    }
    pxl_config_free(&c);
    return rc;
}
