/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits on what one unprivileged domain may take. */
#include <store/quota.h>

const struct quota_row quota_rows[] = {
#define X(field, name, value, text)                                            \
    { name, text, offsetof(struct quota, field), value },
    QUOTA_LIST(X)
#undef X
};

const size_t nr_quota_rows = sizeof(quota_rows) / sizeof(quota_rows[0]);

unsigned int *quota_at(struct quota *q, const struct quota_row *row)
{
    return (unsigned int *)(void *)((char *)q + row->offset);
}

void quota_init(struct quota *q)
{
    for (size_t i = 0; i < nr_quota_rows; i++)
        *quota_at(q, &quota_rows[i]) = quota_rows[i].value;
}
