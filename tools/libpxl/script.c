/* SPDX-License-Identifier: MIT */
/* script= of a device that the kernel's back end has: called as xl calls those of /etc/xen/scripts. pxbackd runs its own.
 * LIMIT: it is waited for, up to 40 s each: so does the keeper when a domain ends. */
#include "device.h"
#include "program.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 40000

void script_path(const char *script, char *path, size_t size)
{
    snprintf(path, size, "%s%s", strchr(script, '/') ? "" : "/etc/xen/scripts/", script);
}

int script_run(struct pxl *p, uint32_t domid, unsigned kind, unsigned id, const char *path, bool begin)
{
    char script[280], back[96], type[32], vif[64], device[32] = "";
    bool net = kind == KIND_VIF;
    const char *env[] = {script, type, back, "XENBUS_BASE_PATH=backend", vif, device, NULL};
    const char *argv[] = {path, net ? begin ? "online" : "offline" : begin ? "add" : "remove", net ? "type_if=vif" : NULL, NULL};
    char *gateway = net ? store_read(p, XBT_NULL, BACK "/gatewaydev", device_kinds[kind], domid, id) : NULL;
    int rc;

    snprintf(script, sizeof(script), "script=%s", path);
    snprintf(type, sizeof(type), "XENBUS_TYPE=%s", device_kinds[kind]);
    snprintf(back, sizeof(back), "XENBUS_PATH=" BACK, device_kinds[kind], domid, id);
    snprintf(vif, sizeof(vif), "vif=vif%u.%u", domid, id);
    if (gateway)
        snprintf(device, sizeof(device), "netdev=%.20s", gateway);
    else
        env[5] = NULL;
    if (!net)
        env[4] = NULL;
    free(gateway);
    rc = program_run(p, &(struct program){.argv = argv, .env = env, .timeout_ms = TIMEOUT_MS});
    if (rc && begin) {
        device_complaint(p, domid, kind, id);
        pxl_wrap(p, "run its script %s", path);
    }
    return rc;
}

/* At the end of the device: it goes whatever the script says. */
void script_end(struct pxl *p, uint32_t domid, unsigned kind, const char *id)
{
    char *path = store_read(p, XBT_NULL, "/local/domain/0/backend/%s/%u/%s/" SCRIPT, device_kinds[kind], domid, id);
    struct pxl_fault *had = p->fault;

    if (!path)
        return;
    p->fault = NULL;
    if (script_run(p, domid, kind, (unsigned)strtoul(id, NULL, 10), path, false)) {
        pxl_log(p, 0, "warning: %s", p->fault ? p->fault->what : path);
        fault_clear(p);
    }
    p->fault = had;
    free(path);
}
