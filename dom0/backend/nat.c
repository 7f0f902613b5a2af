/* SPDX-License-Identifier: MIT */
#include "nat.h"
#include "log.h"
#include <arpa/inet.h>
#include <errno.h>
#include <nftables/libnftables.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int run(const char *commands, bool quiet)
{
    static struct nft_ctx *nft;
    int rc;

    if (!nft) {
        nft = nft_ctx_new(NFT_CTX_DEFAULT);
        if (!nft)
            return ENOMEM;
        nft_ctx_buffer_output(nft);
        nft_ctx_buffer_error(nft);
    }
    rc = nft_run_cmd_from_buffer(nft, commands);
    nft_ctx_get_output_buffer(nft);
    if (rc && !quiet)
        log_line(LOG_ERROR, "nftables: %s", nft_ctx_get_error_buffer(nft));
    else
        nft_ctx_get_error_buffer(nft);
    return rc ? errno ? errno : EINVAL : 0;
}

/* Only an address goes into a command. */
static bool plain(const char *ip, char *text)
{
    struct in_addr a;
    char copy[INET_ADDRSTRLEN + 4];

    snprintf(copy, sizeof(copy), "%s", ip);
    copy[strcspn(copy, "/")] = 0;
    return inet_pton(AF_INET, copy, &a) == 1 && inet_ntop(AF_INET, &a, text, INET_ADDRSTRLEN);
}

/* The whole table each time: nothing changes where it is there already. */
int nat_add(const struct link_plan *p, const char *ip)
{
    char commands[512], address[INET_ADDRSTRLEN];

    (void)p;
    if (!plain(ip, address))
        return EINVAL;
    snprintf(commands, sizeof(commands),
             "add table ip philoxen\n"
             "add set ip philoxen guests { type ipv4_addr; }\n"
             "add chain ip philoxen out { type nat hook postrouting priority 100; }\n"
             "flush chain ip philoxen out\n"
             "add rule ip philoxen out ip saddr @guests ip daddr != @guests masquerade\n"
             "add element ip philoxen guests { %s }\n",
             address);
    return run(commands, false);
}

int nat_remove(const struct link_plan *p, const char *ip)
{
    char commands[128], address[INET_ADDRSTRLEN];

    (void)p;
    if (!plain(ip, address))
        return EINVAL;
    snprintf(commands, sizeof(commands), "delete element ip philoxen guests { %s }\n", address);
    return run(commands, true);
}
