/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions of ours that may fault on a guest's account, and where to go
 * on when they do.
 */
#include <hv/trap.h>

/* Offsets relative to each field: the table needs no relocation. */
struct ex_entry {
    int32_t from, to;
};

extern const struct ex_entry ex_table_start[], ex_table_end[];

unsigned long extable_fixup(unsigned long rip)
{
    for (const struct ex_entry *e = ex_table_start; e < ex_table_end; e++)
        if ((unsigned long)&e->from + e->from == rip)
            return (unsigned long)&e->to + e->to;
    return 0;
}
