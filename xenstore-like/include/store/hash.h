/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashes of paths, made byte by byte so that each prefix has its own. */
#ifndef STORE_HASH_H
#define STORE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START 2166136261u /* FNV-1a, 32 bits */

/** hash_more - the hash of what @hash stands for, followed by @len bytes */
static inline uint32_t hash_more(uint32_t hash, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)s[i]) * 16777619u;
    return hash;
}

#endif
