/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: the configuration in an image.  What is taken can be written
 * and is then taken again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <pel/config.h>
#include <pel/ctx.h>
#include <pel/stream.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct pel_ctx ctx = { .message = "" };
    struct pel_config cfg, again;
    char *json;

    if (pel_xl_config_read(&ctx, (const char *)data, len, &cfg))
        return 0;
    if (!pel_xl_config_write(&ctx, &cfg, cfg.memory_kb, &json)) {
        if (pel_xl_config_read(&ctx, json, strlen(json), &again))
            abort();
        free(json);
        pel_config_free(&again);
    }
    pel_config_free(&cfg);
    return 0;
}
