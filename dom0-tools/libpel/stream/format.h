/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headers of the image as they stand in the file; fields are little-endian
 * unless said otherwise. */
#ifndef PEL_STREAM_FORMAT_H
#define PEL_STREAM_FORMAT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define XL_MAGIC "Xen saved domain, xl format\n \0 \r"
#define XL_BYTE_ORDER 0x01020304u
#define XL_CONFIG_JSON 1u /* the configuration is JSON, not xl.cfg */
#define XL_STREAM_V2 2u

struct xl_header {
    char magic[32];
    uint32_t byte_order;
    uint32_t mandatory; /* flags */
    uint32_t optional;
    uint32_t data_len; /* bytes that follow: a length, and the configuration */
};

#define LIBXL_IDENT 0x4c6962786c466d74ull /* "LibxlFmt" */
#define LIBXL_VERSION 2u
#define BIG_ENDIAN_STREAM 1u /* in the options of both streams */

struct libxl_header {
    uint64_t ident; /* big-endian, as all of it */
    uint32_t version, options;
};

enum { LIBXL_END = 0, LIBXL_LIBXC_CONTEXT = 1 };

#define LIBXC_MARKER 0xffffffffffffffffull
#define LIBXC_IDENT 0x58454e46u /* "XENF" */
#define LIBXC_VERSION 3u

struct libxc_header {
    uint64_t marker; /* big-endian, as all of it */
    uint32_t ident, version;
    uint16_t options, reserved;
    uint32_t reserved2;
};

#define DOMAIN_PV 1u
#define DOMAIN_HVM 2u

struct domain_header {
    uint32_t type;
    uint16_t page_shift, reserved;
    uint32_t major, minor;
};

struct record_header {
    uint32_t type;
    uint32_t len; /* of the body; padded to 8 bytes behind it */
};

#define RECORD_OPTIONAL 0x80000000u
#define RECORD_MAX (8u << 20) /* bytes; our own limit */
#define PAGE_BYTES 4096u

/* In the list of a PAGE_DATA record. */
#define PFN_MASK 0x000fffffffffffffull
#define PFN_RESERVED 0x0ff0000000000000ull

static_assert(sizeof(struct xl_header) == 48 &&
                  sizeof(struct libxl_header) == 16 &&
                  sizeof(struct libxc_header) == 24 &&
                  sizeof(struct domain_header) == 16,
              "headers");

/**
 * sum_bytes - go on with a sum over @len bytes
 *
 * Finds damage, not malice.  Eight bytes at a time, the last ones filled up
 * with zeros.
 */
uint64_t sum_bytes(uint64_t sum, const void *buf, size_t len);

/** sum_page - go on with a page: its pel_page_hash(), or PEL_ZERO_HASH */
uint64_t sum_page(uint64_t sum, uint64_t hash);

#endif
