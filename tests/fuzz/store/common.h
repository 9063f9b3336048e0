/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzz targets of the store share. */
#ifndef FUZZ_STORE_COMMON_H
#define FUZZ_STORE_COMMON_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Something that holds for every input. */
#define MUST(x)                                                                \
    do {                                                                       \
        if (!(x)) {                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);            \
            abort();                                                           \
        }                                                                      \
    } while (0)

/* Of tests/unit/xenstore-like/fake_mem.c: the allocation that fails, how many
 * there were, and blocks that are not given back. */
extern unsigned long mem_fail_at, mem_calls;
extern long mem_blocks;

/** LLVMFuzzerTestOneInput - try one input; libFuzzer calls it */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
