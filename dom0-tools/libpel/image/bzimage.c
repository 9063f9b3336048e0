/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ELF inside a bzImage.  Offsets are those of the Linux/x86 boot
 * protocol (Documentation/arch/x86/boot.rst), 2.08 or later.
 */
#include <string.h>
#include <elf.h>
#include <pel/ctx.h>
#include <pel/image.h>

enum {
    HDR_SETUP_SECTS = 0x1f1,    /* u8, sectors after the first; 0 means 4 */
    HDR_BOOT_FLAG = 0x1fe,      /* u16, 0xaa55 */
    HDR_MAGIC = 0x202,          /* "HdrS" */
    HDR_VERSION = 0x206,        /* u16 */
    HDR_PAYLOAD_OFFSET = 0x248, /* u32, from the end of the set-up code */
    HDR_PAYLOAD_LENGTH = 0x24c, /* u32 */
    HDR_END = 0x250,
    SECTOR = 512,
};

static uint32_t get(const uint8_t *p, unsigned int bytes)
{
    uint32_t v = 0;

    while (bytes--)
        v = v << 8 | p[bytes];
    return v;
}

static bool is_elf(const uint8_t *p, size_t len)
{
    return len >= SELFMAG && !memcmp(p, ELFMAG, SELFMAG);
}

static bool is_bzimage(const struct pel_buf *f)
{
    return f->len >= HDR_END && get(f->data + HDR_BOOT_FLAG, 2) == 0xaa55 &&
           !memcmp(f->data + HDR_MAGIC, "HdrS", 4);
}

/* The packed part of a bzImage, within the file's bounds. */
static int payload(struct pel_ctx *ctx, const struct pel_buf *f,
                   const uint8_t **data, size_t *len)
{
    uint64_t sectors = f->data[HDR_SETUP_SECTS];
    uint64_t start, size;

    if (get(f->data + HDR_VERSION, 2) < 0x208)
        return pel_fail(ctx, PEL_ENOTSUP,
                        "the bzImage is older than boot protocol 2.08 and "
                        "does not say where its kernel is");
    start = ((sectors ? sectors : 4) + 1) * SECTOR +
            get(f->data + HDR_PAYLOAD_OFFSET, 4);
    size = get(f->data + HDR_PAYLOAD_LENGTH, 4);
    if (size == 0 || start >= f->len || size > f->len - start)
        return pel_fail(ctx, PEL_EFORMAT,
                        "the bzImage is truncated: its kernel would end at "
                        "byte %llu of %zu",
                        (unsigned long long)(start + size), f->len);
    *data = f->data + start;
    *len = size;
    return 0;
}

int pel_kernel_unpack(struct pel_ctx *ctx, const struct pel_buf *file,
                      struct pel_buf *out, bool *owned)
{
    const uint8_t *data = file->data;
    size_t len = file->len;
    int rc;

    *owned = false;
    *out = *file;
    if (is_elf(data, len))
        return 0;

    if (is_bzimage(file)) {
        rc = payload(ctx, file, &data, &len);
        if (rc)
            return rc;
    }
    if (is_elf(data, len)) { /* CONFIG_KERNEL_UNCOMPRESSED */
        out->data = (uint8_t *)data;
        out->len = len;
        return 0;
    }
    rc = pel_decompress(ctx, data, len, out);
    if (rc == 1)
        return pel_fail(ctx, PEL_EFORMAT,
                        "this is neither an ELF nor a bzImage kernel");
    *owned = !rc;
    return rc;
}
