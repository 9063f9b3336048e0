/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's kernel and ramdisk: opened, unpacked and checked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include "local.h"

/* What is wrong with a kernel is said with the kernel's path in front. */
static int name_kernel(struct pel_ctx *ctx, const char *path, int rc)
{
    char why[PEL_MESSAGE_MAX];

    if (!rc || rc == -PEL_ENOMEM)
        return rc;
    snprintf(why, sizeof(why), "%s", pel_error_message(ctx));
    pel_error_clear(ctx);
    return pel_fail(ctx, -rc, "kernel %s: %s", path, why);
}

static int understand(struct pel_ctx *ctx, const struct pel_config *cfg,
                      struct boot_files *f)
{
    int rc;

    rc = pel_kernel_unpack(ctx, &f->kernel_file, &f->kernel, &f->kernel_owned);
    if (!rc)
        rc = pel_elf_parse(ctx, f->kernel.data, f->kernel.len, &f->elf);
    if (!rc)
        rc = pel_notes_parse(ctx, &f->elf, &f->notes);
    if (!rc)
        rc = pel_layout_plan(ctx, &f->elf, &f->notes, cfg->memory_kb / 4,
                             f->ramdisk.len, &f->layout);
    return name_kernel(ctx, cfg->kernel, rc);
}

int boot_files_open(struct pel_ctx *ctx, const struct pel_config *cfg,
                    struct boot_files *f)
{
    int rc;

    memset(f, 0, sizeof(*f));
    rc = pel_file_map(ctx, "kernel", cfg->kernel, &f->kernel_file);
    if (!rc && cfg->ramdisk)
        rc = pel_file_map(ctx, "ramdisk", cfg->ramdisk, &f->ramdisk);
    if (!rc)
        rc = understand(ctx, cfg, f);
    if (rc)
        boot_files_close(f);
    return rc;
}

void boot_files_close(struct boot_files *f)
{
    if (f->kernel_owned)
        free(f->kernel.data);
    pel_file_unmap(&f->kernel_file);
    pel_file_unmap(&f->ramdisk);
    memset(f, 0, sizeof(*f));
}
