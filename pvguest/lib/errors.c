/* SPDX-License-Identifier: MIT */
#include "panic.h"

#include "string.h"

/* The public header lists the numbers through whatever XEN_ERRNO is when it is included again. */
static const struct {
    const char *name;
    int value;
} errors[] = {
#define XEN_ERRNO(n, v) {#n, v},
#include <xen/errno.h>
};

const char *error_name(long error)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i].value == (error < 0 ? -error : error))
            return errors[i].name;
    return "?";
}

long error_number(const char *name)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (!strcmp(errors[i].name, name))
            return errors[i].value;
    return 0;
}
