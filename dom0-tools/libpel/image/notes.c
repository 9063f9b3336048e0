/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ELF notes by which a kernel says how it wants to be started as PV. */
#include <elf.h>
#include <string.h>
#include <xen/elfnote.h>
#include <pel/ctx.h>
#include <pel/image.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Everything known about the notes while they are collected. */
struct collect {
    struct pel_ctx *ctx;
    struct pel_notes *n;
    uint64_t has; /* bit N: a note of type N was there */
};

struct note {
    uint32_t type;
    const uint8_t *desc;
    size_t len;
};

static bool has(const struct collect *c, unsigned int type)
{
    return c->has >> type & 1;
}

static int get_number(struct collect *c, const struct note *note, void *to)
{
    uint64_t v = 0;

    if (note->len != 4 && note->len != 8)
        return pel_fail(c->ctx, PEL_EFORMAT,
                        "the kernel's Xen note %u is %zu bytes long, not 4 "
                        "or 8",
                        note->type, note->len);
    memcpy(&v, note->desc, note->len);
    *(uint64_t *)to = v;
    return 0;
}

static int get_flag(struct collect *c, const struct note *note, void *to)
{
    uint64_t v = 0;
    int rc = get_number(c, note, &v);

    if (!rc)
        *(bool *)to = v != 0;
    return rc;
}

static int get_guest_os(struct collect *c, const struct note *note, void *to)
{
    size_t len = strnlen((const char *)note->desc, note->len);

    (void)c;
    if (len >= sizeof(c->n->guest_os))
        len = sizeof(c->n->guest_os) - 1;
    memcpy(to, note->desc, len);
    ((char *)to)[len] = '\0';
    return 0;
}

/* A text that has to be one certain word. */
static int want_text(struct collect *c, const struct note *note,
                     const char *want)
{
    size_t len = strnlen((const char *)note->desc, note->len);

    if (len == strlen(want) && !memcmp(note->desc, want, len))
        return 0;
    return pel_fail(c->ctx, PEL_ENOTSUP,
                    "the kernel wants \"%.*s\" where only \"%s\" is offered",
                    (int)(len < 40 ? len : 40), (const char *)note->desc, want);
}

static int want_abi(struct collect *c, const struct note *note, void *to)
{
    (void)to;
    return want_text(c, note, "xen-3.0");
}

static int want_loader(struct collect *c, const struct note *note, void *to)
{
    (void)to;
    return want_text(c, note, "generic");
}

static int ignore(struct collect *c, const struct note *note, void *to)
{
    (void)c;
    (void)note;
    (void)to;
    return 0;
}

// clang-format off
static const struct {
    uint32_t type;
    int (*get)(struct collect *c, const struct note *note, void *to);
    size_t field;
} known[] = {
    { XEN_ELFNOTE_ENTRY,          get_number,   offsetof(struct pel_notes, entry) },
    { XEN_ELFNOTE_HYPERCALL_PAGE, get_number,   offsetof(struct pel_notes, hypercall_page) },
    { XEN_ELFNOTE_VIRT_BASE,      get_number,   offsetof(struct pel_notes, virt_base) },
    { XEN_ELFNOTE_PADDR_OFFSET,   get_number,   offsetof(struct pel_notes, paddr_offset) },
    { XEN_ELFNOTE_INIT_P2M,       get_number,   offsetof(struct pel_notes, init_p2m) },
    { XEN_ELFNOTE_MOD_START_PFN,  get_flag,     offsetof(struct pel_notes, mod_start_pfn) },
    { XEN_ELFNOTE_GUEST_OS,       get_guest_os, offsetof(struct pel_notes, guest_os) },
    { XEN_ELFNOTE_XEN_VERSION,    want_abi,     0 },
    { XEN_ELFNOTE_LOADER,         want_loader,  0 },
    { XEN_ELFNOTE_PHYS32_ENTRY,   ignore,       0 },
};
// clang-format on

static int take(struct collect *c, const struct note *note)
{
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        if (known[i].type != note->type)
            continue;
        c->has |= 1ull << note->type;
        return known[i].get(c, note, (char *)c->n + known[i].field);
    }
    return 0;
}

static size_t pad(size_t len, size_t align)
{
    return (align - len % align) % align;
}

/* Walk one area of notes; each is three words, a name and a description. */
static int walk(struct collect *c, const uint8_t *p, size_t len, size_t align)
{
    while (len >= sizeof(Elf64_Nhdr)) {
        const char *name = (const char *)p + sizeof(Elf64_Nhdr);
        size_t head, desc_pad;
        struct note note;
        Elf64_Nhdr nh;
        int rc;

        memcpy(&nh, p, sizeof(nh));
        head = sizeof(nh) + (size_t)nh.n_namesz;
        head += pad(head, align);
        if (head > len || nh.n_descsz > len - head)
            return pel_fail(c->ctx, PEL_EFORMAT,
                            "the kernel's ELF notes are malformed");
        note = (struct note){ nh.n_type, p + head, nh.n_descsz };
        if (nh.n_namesz == 4 && !memcmp(name, "Xen", 4)) {
            rc = take(c, &note);
            if (rc)
                return rc;
        }
        /* The last note's padding may be missing. */
        desc_pad = pad(note.len, align);
        p += head + note.len;
        len -= head + note.len;
        if (desc_pad >= len)
            break;
        p += desc_pad;
        len -= desc_pad;
    }
    return 0;
}

int pel_notes_parse(struct pel_ctx *ctx, const struct pel_elf *elf,
                    struct pel_notes *notes)
{
    struct collect c = { .ctx = ctx, .n = notes };

    memset(notes, 0, sizeof(*notes));
    for (size_t i = 0; i < elf->nr_notes; i++) {
        int rc = walk(&c, elf->notes[i].data, elf->notes[i].len,
                      elf->notes[i].align);

        if (rc)
            return rc;
    }

    if (has(&c, XEN_ELFNOTE_PHYS32_ENTRY) && !has(&c, XEN_ELFNOTE_ENTRY))
        return pel_fail(ctx, PEL_ENOTSUP,
                        "the kernel can be started as PVH only: it was built "
                        "without PV support");
    if (!has(&c, XEN_ELFNOTE_XEN_VERSION) && !has(&c, XEN_ELFNOTE_GUEST_OS) &&
        !has(&c, XEN_ELFNOTE_LOADER))
        return pel_fail(ctx, PEL_ENOTSUP,
                        "the kernel has no Xen notes: it was built without "
                        "PV support");
    if (!has(&c, XEN_ELFNOTE_ENTRY))
        notes->entry = elf->entry;
    notes->has_init_p2m = has(&c, XEN_ELFNOTE_INIT_P2M);
    notes->has_hypercall_page = has(&c, XEN_ELFNOTE_HYPERCALL_PAGE);
    return 0;
}
