/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image of a suspended PV guest as a stream of bytes: the header of xl,
 * around it the libxl migration stream v2, inside it the libxc migration
 * stream v3.  Reading and writing are pure: bytes come and go through
 * callbacks, and nothing that is read is believed before it is checked.
 *
 * Source: the public specifications libxl-migration-stream and
 * libxc-migration-stream of Xen 4.17.
 */
#ifndef PEL_STREAM_H
#define PEL_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pel_config;
struct pel_ctx;

#define PEL_BATCH_PAGES 1024u       /* most pages of one record */
#define PEL_IMAGE_PFNS (1ull << 28) /* most pages of a guest */
#define PEL_IMAGE_VCPUS 128u
#define PEL_IMAGE_CONFIG_MAX (1u << 20) /* bytes */

/* Records of the inner stream. */
enum pel_record {
    PEL_REC_END = 0,
    PEL_REC_PAGE_DATA = 1,
    PEL_REC_PV_INFO = 2,
    PEL_REC_P2M_FRAMES = 3,
    PEL_REC_VCPU_BASIC = 4,
    PEL_REC_VCPU_EXTENDED = 5,
    PEL_REC_VCPU_XSAVE = 6,
    PEL_REC_SHARED_INFO = 7,
    PEL_REC_TSC_INFO = 8,
    PEL_REC_HVM_CONTEXT = 9,
    PEL_REC_HVM_PARAMS = 10,
    PEL_REC_VCPU_MSRS = 12,
    PEL_REC_VERIFY = 13,
    PEL_REC_CHECKPOINT = 14,
    PEL_REC_STATIC_DATA_END = 16,
    PEL_REC_CPUID_POLICY = 17,
    PEL_REC_MSR_POLICY = 18,
    /* Optional, ours: a sum over all records before it. */
    PEL_REC_SUM = 0x80000000u | 0x50454d,
    /* Optional, ours: a round of a migration is over. */
    PEL_REC_ROUND = 0x80000000u | 0x50454e,
    /* Ours, of a migration whose sides have agreed on it: bytes of a disk. */
    PEL_REC_DISK = 0x80000000u | 0x50454f,
};

/* Body of PEL_REC_TSC_INFO. */
struct pel_image_tsc {
    uint32_t mode, khz;
    uint64_t nsec;
    uint32_t incarnation, reserved;
};

/* Types of pages, bits 28 to 31: XEN_DOMCTL_PFINFO_* of <xen/domctl.h>. */

/** pel_page_has_data - whether a page of this type has its bytes sent */
bool pel_page_has_data(uint32_t type);

/** pel_page_is_table - whether it is a page table, pinned or not */
bool pel_page_is_table(uint32_t type);

/** pel_page_is_zero - whether all 4096 bytes are 0; @page aligned to 8 */
bool pel_page_is_zero(const void *page);

/** pel_page_hash - XXH3, 64 bits, of a page's bytes; @page aligned to 8 */
uint64_t pel_page_hash(const void *page);

#define PEL_ZERO_HASH 4096u /* stands for a page of zeros */

/* ---- writing ------------------------------------------------------------ */

/**
 * pel_write_fn - take @len bytes; NULL for @buf: that many zeros
 * Returns: 0; a negative PEL_E* with its message
 */
typedef int pel_write_fn(void *arg, const void *buf, size_t len);

/**
 * pel_room_fn - a place for the next @len bytes, where they can be put together
 * and then be written from without a copy
 * Returns: 0; a negative PEL_E* with its message
 */
typedef int pel_room_fn(void *arg, size_t len, void **room);

struct pel_image_writer {
    pel_write_fn *write;
    pel_room_fn *room; /* NULL: it has none */
    void *arg;
    uint64_t sum;
    uint64_t len; /* bytes written so far */
};

/**
 * pel_image_begin - all headers
 * @w:      with its callback set
 * @config: the guest's configuration as pel_xl_config_write() makes it
 */
int pel_image_begin(struct pel_image_writer *w, const char *config);

/** pel_image_put - a record of any type but PAGE_DATA, END and the sum */
int pel_image_put(struct pel_image_writer *w, uint32_t type, const void *body,
                  size_t len);

/** pel_image_end_round - tell the reader of what was written so far */
int pel_image_end_round(struct pel_image_writer *w);

/**
 * pel_image_put_disk - a record of PEL_REC_DISK
 * @head: @head_len bytes, a multiple of 8; @data: @len bytes behind them
 */
int pel_image_put_disk(struct pel_image_writer *w, const void *head,
                       size_t head_len, const void *data, size_t len);

/** pel_image_put_vcpu - a record of the state of one vCPU */
int pel_image_put_vcpu(struct pel_image_writer *w, uint32_t type, uint32_t vcpu,
                       const void *body, size_t len);

/** pel_image_put_p2m - pfns of the frames that hold entries 0 to @last */
int pel_image_put_p2m(struct pel_image_writer *w, uint32_t last,
                      const uint64_t *pfns);

/**
 * pel_image_put_pages - one PAGE_DATA record
 * @pfns, @types: @nr of them, 1 to PEL_BATCH_PAGES
 * @pages: the bytes of each; not looked at where the type has none
 */
int pel_image_put_pages(struct pel_image_writer *w, const uint64_t *pfns,
                        const uint32_t *types, const void *const *pages,
                        size_t nr);

/**
 * pel_image_begin_pages - a PAGE_DATA record without the pages themselves
 *
 * Each page that has data has to follow, in this order: its bytes by the
 * caller's own way to where the callback puts them, and
 * pel_image_count_page() for the sum.
 */
int pel_image_begin_pages(struct pel_image_writer *w, const uint64_t *pfns,
                          const uint32_t *types, size_t nr);

/** pel_image_count_page - @hash: pel_page_hash(), or PEL_ZERO_HASH */
void pel_image_count_page(struct pel_image_writer *w, uint64_t hash);

/**
 * pel_pages_fn - take pages, as pel_image_put_pages() does
 * Returns: 0; a negative PEL_E* with its message
 */
typedef int pel_pages_fn(void *arg, const uint64_t *pfns, const uint32_t *types,
                         const void *const *pages, size_t nr);

/** pel_image_finish - the sum and the ends of both streams */
int pel_image_finish(struct pel_image_writer *w);

/* ---- reading ------------------------------------------------------------ */

/**
 * pel_read_fn - give exactly @len bytes
 * Returns: 0; a negative PEL_E* with its message
 */
typedef int pel_read_fn(void *arg, void *buf, size_t len);

/* One record, checked; it points into the reader. */
struct pel_image_record {
    uint32_t type;    /* never an optional one */
    uint32_t vcpu;    /* of PEL_REC_VCPU_* */
    const void *body; /* of a vCPU: behind its id */
    size_t len;
    /* PAGE_DATA */
    size_t nr;
    const uint64_t *pfns;
    const uint32_t *types;
    const void *const *pages; /* NULL without data and for zeros */
};

struct pel_image_reader {
    struct pel_ctx *ctx;
    pel_read_fn *read;
    void *arg;
    /* Takes the body of each PEL_REC_DISK; NULL: nobody expects one. */
    int (*disk)(void *arg, const void *body, size_t len);
    int (*round)(void *arg); /* called for PEL_REC_ROUND; NULL: it is nothing */
    void *own_arg;           /* of both */
    bool pages_apart; /* set by the caller: the image may be without pages */
    char *config;     /* NUL-terminated; NULL: the image has none */
    bool config_is_json;
    bool has_sum;      /* at the end: there was one, and it is right */
    uint32_t last_pfn; /* once P2M_FRAMES has been seen */
    /* The rest is private. */
    uint64_t sum;
    uint32_t seen; /* bit of each record type that came */
    uint8_t vcpu_seen[PEL_IMAGE_VCPUS];
    uint8_t *body;
    size_t room;
    uint64_t pfns[PEL_BATCH_PAGES];
    uint32_t types[PEL_BATCH_PAGES];
    const void *pages[PEL_BATCH_PAGES];
};

/**
 * pel_image_open - read and check all headers
 * @r: with ctx, read, arg, maybe pages_apart set, else zero; pel_image_close()
 * it in any case Returns: 0; -PEL_EFORMAT no such image, or a damaged one;
 * -PEL_ENOTSUP another version, an HVM guest, big-endian; what the callback
 * says
 */
int pel_image_open(struct pel_image_reader *r);

/**
 * pel_image_next - the next record that matters
 *
 * Lengths, types, order, counts, ranges and doubles are checked.  After
 * PEL_REC_END both streams have ended properly and no record is missing.
 * Returns: as pel_image_open()
 */
int pel_image_next(struct pel_image_reader *r, struct pel_image_record *out);

void pel_image_close(struct pel_image_reader *r);

/* ---- page tables --------------------------------------------------------- */

/**
 * pel_table_normalise - a table's machine frames into the guest's own numbers
 * @level:  1 to 4
 * @m2p:    pfn + 1 of each machine frame below @nr_mfns; 0: not the guest's
 * @bad:    set to the entry that names a frame of nobody
 *
 * The hypervisor's own entries of a top-level table become empty.
 * Returns: 0; -1 with @bad
 */
int pel_table_normalise(uint64_t *table, unsigned int level,
                        const uint32_t *m2p, uint64_t nr_mfns, uint64_t *bad);

/** pel_table_pfn - the frame number in an entry; UINT64_MAX: not present */
uint64_t pel_table_pfn(uint64_t entry);

/**
 * pel_table_localise - the reverse, from numbers to the frames they have now
 * @p2m: machine frame of each pfn up to @last; UINT64_MAX: none
 * Returns: 0; -1 with @bad
 */
int pel_table_localise(uint64_t *table, const uint64_t *p2m, uint64_t last,
                       uint64_t *bad);

/* ---- the configuration inside -------------------------------------------- */

/**
 * pel_xl_config_write - a configuration as the JSON of libxl
 * @memory_kb: what the guest has now
 * @out: malloc'ed
 *
 * Ours goes with it, under a name that libxl does not know and passes over.
 */
int pel_xl_config_write(struct pel_ctx *ctx, const struct pel_config *cfg,
                        uint64_t memory_kb, char **out);

/**
 * pel_xl_config_read - the reverse, also of what stock tools wrote
 * @cfg: empty; finished on success
 * Returns: 0; -PEL_EFORMAT; -PEL_ENOTSUP not a PV guest, or devices that we
 *          do not have; -PEL_EINVAL
 */
int pel_xl_config_read(struct pel_ctx *ctx, const char *text, size_t len,
                       struct pel_config *cfg);

#endif
