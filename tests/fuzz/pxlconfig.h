/* SPDX-License-Identifier: MIT */
/* What the two fuzz targets of pxl's configurations check. */
#ifndef FUZZ_PXLCONFIG_H
#define FUZZ_PXLCONFIG_H

#include "tools/libpxl/config.h"
#include <stdlib.h>
#include <string.h>

#define MUST(c)                                                                                    \
    do {                                                                                           \
        if (!(c))                                                                                  \
            abort();                                                                               \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void no_log(void *arg, int level, const char *message)
{
    (void)arg, (void)level, (void)message;
}

/* The same text again, whichever syntax it went through. */
static void again(struct pxl *p, const char *text, const char *want, bool json)
{
    struct pxl_config c;
    char *back;

    pxl_config_init(&c);
    MUST(!pxl_config_read(p, &c, text, strlen(text), "again", false));
    back = json ? pxl_config_to_json(&c) : pxl_config_to_xl(&c);
    MUST(back && !strcmp(back, want));
    free(back);
    pxl_config_free(&c);
}

static inline void pxlconfig_try(const uint8_t *data, size_t size)
{
    struct pxl p = {.log = no_log};
    struct pxl_config c;

    pxl_config_init(&c);
    if (pxl_config_read(&p, &c, (const char *)data, size, "input", false)) {
        MUST(pxl_fault(&p) && pxl_fault(&p)->what);
    } else {
        char *xl = pxl_config_to_xl(&c), *json = pxl_config_to_json(&c);

        MUST(xl && json);
        again(&p, xl, xl, false);
        again(&p, json, json, true);
        again(&p, json, xl, false);
        again(&p, xl, json, true);
        free(xl);
        free(json);
        pxl_config_check(&p, &c);
    }
    pxl_config_free(&c);
    fault_clear(&p);
}

#endif
