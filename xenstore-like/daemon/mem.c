/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory for the pure parts, from the C library. */
#include <stdlib.h>

#include <store/mem.h>

void *mem_alloc(size_t len_bytes) { return malloc(len_bytes); }

void *mem_resize(void *p, size_t len_bytes) { return realloc(p, len_bytes); }

void mem_free(void *p) { free(p); }
