/* SPDX-License-Identifier: MIT */
/* LINK: tools/libpxl/config.c tools/libpxl/config_xl.c tools/libpxl/config_json.c tools/libpxl/devspec.c tools/libpxl/fault.c */
/* LINK: tools/libpxl/cpumask.c tools/libpxl/config_check.c tools/libpxl/qemuconf.c tools/libpxl/cpuid.c */
/* Any bytes as a configuration in xl's syntax: a fault with words, or what both syntaxes can say again. */
#include "pxlconfig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size || data[0] != '{')
        pxlconfig_try(data, size);
    return 0;
}
