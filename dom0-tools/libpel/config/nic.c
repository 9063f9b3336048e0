/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings of vif=[...]: comma-separated KEY=VALUE; '' has all defaults. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <net/if.h>
#include <pel/ctx.h>
#include "local.h"

struct parser {
    struct pel_ctx *ctx;
    const char *whole; /* for messages */
    struct pel_nic *nic;
};

static int nic_fail(const struct parser *p, int err, const char *what,
                    const char *word)
{
    return pel_fail(p->ctx, err, "vif \"%s\": %s \"%s\"", p->whole, what, word);
}

static int set_mac(struct parser *p, const char *word)
{
    uint8_t *m = p->nic->mac;
    int used = 0;

    if (strlen(word) != 17 ||
        sscanf(word, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &m[0], &m[1],
               &m[2], &m[3], &m[4], &m[5], &used) != 6 ||
        used != 17)
        return nic_fail(p, PEL_EINVAL, "this is no MAC address:", word);
    if (m[0] & 1)
        return nic_fail(p, PEL_EINVAL, "this is a group address:", word);
    p->nic->has_mac = true;
    return 0;
}

/* The name of an interface in dom0. */
static int set_interface(struct parser *p, char **to, const char *word)
{
    if (!*word || strlen(word) >= IFNAMSIZ || strpbrk(word, "/ "))
        return nic_fail(p, PEL_EINVAL, "this is no interface name:", word);
    return text_copy(p->ctx, to, word);
}

static int set_bridge(struct parser *p, const char *word)
{
    return set_interface(p, &p->nic->bridge, word);
}

static int set_ifname(struct parser *p, const char *word)
{
    return set_interface(p, &p->nic->ifname, word);
}

static int set_ip(struct parser *p, const char *word)
{
    return text_copy(p->ctx, &p->nic->ip, word);
}

static int set_script(struct parser *p, const char *word)
{
    if (!*word)
        return nic_fail(p, PEL_EINVAL, "there is no script in", "script=");
    return text_copy(p->ctx, &p->nic->script, word);
}

static int set_mtu(struct parser *p, const char *word)
{
    uint64_t mtu;

    if (!text_number(word, &mtu) || mtu < 68 || mtu > 65535)
        return nic_fail(p, PEL_EINVAL, "mtu is from 68 to 65535, not", word);
    p->nic->mtu = mtu;
    return 0;
}

/* Names the card that an emulator would show; PV guests have none. */
static int set_model(struct parser *p, const char *word)
{
    (void)p;
    (void)word;
    return 0;
}

static int set_type(struct parser *p, const char *word)
{
    if (strcmp(word, "vif") && strcmp(word, "netfront"))
        return nic_fail(p, PEL_ENOTSUP, "the only type is vif, not", word);
    return 0;
}

static int set_backend(struct parser *p, const char *word)
{
    if (strcmp(word, "0") && strcmp(word, "Domain-0"))
        return nic_fail(p, PEL_ENOTSUP, "the only backend is dom0, not", word);
    return 0;
}

// clang-format off
static const struct {
    const char *key;
    int (*set)(struct parser *p, const char *value);
} keys[] = {
    { "mac",     set_mac },
    { "bridge",  set_bridge },
    { "vifname", set_ifname },
    { "ip",      set_ip },
    { "script",  set_script },
    { "mtu",     set_mtu },
    { "model",   set_model },
    { "type",    set_type },
    { "backend", set_backend },
};
// clang-format on

static int set(struct parser *p, char *word)
{
    char *equals = strchr(word, '=');

    if (!equals)
        return nic_fail(p, PEL_EINVAL, "this is no KEY=VALUE:", word);
    *equals = '\0';
    word = text_trim(word);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (!strcmp(keys[i].key, word))
            return keys[i].set(p, text_trim(equals + 1));
    return nic_fail(p, PEL_EINVAL, "unknown key", word);
}

int pel_nic_parse(struct pel_ctx *ctx, const char *text, struct pel_nic *nic)
{
    struct parser p = { .ctx = ctx, .whole = text, .nic = nic };
    char *copy = strdup(text), *rest = copy, *word;
    int rc = 0;

    if (!copy)
        return pel_fail_oom(ctx);
    while (!rc && (word = strsep(&rest, ","))) {
        word = text_trim(word);
        if (*word)
            rc = set(&p, word);
    }
    free(copy);
    /* Who writes it means that others cannot be used. */
    if (!rc && nic->ip && !nic->script)
        rc = pel_fail(ctx, PEL_ENOTSUP,
                      "vif \"%s\": ip= is for scripts: a NIC without script= "
                      "may use every address",
                      text);
    return rc;
}

void pel_nic_free(struct pel_nic *nic)
{
    free(nic->bridge);
    free(nic->ifname);
    free(nic->ip);
    free(nic->script);
    memset(nic, 0, sizeof(*nic));
}

int pel_nic_copy(struct pel_ctx *ctx, struct pel_nic *to,
                 const struct pel_nic *from)
{
    const char *const texts[] = { from->bridge, from->ifname, from->ip,
                                  from->script };
    char **const fields[] = { &to->bridge, &to->ifname, &to->ip, &to->script };
    int rc = 0;

    memcpy(to->mac, from->mac, sizeof(to->mac));
    to->has_mac = from->has_mac;
    to->mtu = from->mtu;
    for (size_t i = 0; !rc && i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i])
            rc = text_copy(ctx, fields[i], texts[i]);
    if (rc)
        pel_nic_free(to);
    return rc;
}
