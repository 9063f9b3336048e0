/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disk names and numbers.  A number says how the guest shall call the disk:
 * old ones look like a Linux device number, the extended form has bit 28.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pel/device.h>
#include <pel/error.h>

#define EXTENDED (1u << 28)
#define EXTENDED_DISKS (1u << 20)
#define EXTENDED_PARTS 256
#define MAJOR(number) ((number) >> 8)
#define MINOR(number) ((number)&0xff)

/* How the numbers of one family of names are made. */
struct family {
    const char *prefix;
    unsigned int nr_disks;   /* with a number of the old form */
    unsigned int parts;      /* minors of one disk, itself included */
    unsigned int majors[10]; /* each holds disks_per_major disks */
    unsigned int disks_per_major;
    bool extended; /* whether disks beyond get the extended form */
};

static const struct family families[] = {
    { "xvd", 16, 16, { 202 }, 16, true },
    { "hd", 4, 64, { 3, 22 }, 2, false },
    { "sd", 16, 16, { 8 }, 16, false },
};

#define NR_FAMILIES (sizeof(families) / sizeof(families[0]))

/* Digits up to the end: 0, or -1; no sign, no leading zero, at most @max. */
static int parse_digits(const char *text, unsigned long max, uint32_t *out)
{
    unsigned long value;
    char *end;

    if (!isdigit((unsigned char)text[0]) || (text[0] == '0' && text[1]))
        return -1;
    errno = 0;
    value = strtoul(text, &end, 10);
    if (errno || *end || value > max)
        return -1;
    *out = (uint32_t)value;

    return 0;
}

/* Letters as a number: a 0, z 25, aa 26, ...  Moves @text behind them. */
static int parse_letters(const char **text, uint32_t *out)
{
    uint64_t value = 0;
    const char *p = *text;

    for (; *p >= 'a' && *p <= 'z'; p++) {
        value = value * 26 + (uint64_t)(*p - 'a') + 1;
        if (value > EXTENDED_DISKS)
            return -1;
    }
    if (p == *text)
        return -1;
    *text = p;
    *out = (uint32_t)value - 1;

    return 0;
}

static int number_of(const struct family *f, uint32_t disk, uint32_t part,
                     uint32_t *out)
{
    if (disk < f->nr_disks && part < f->parts) {
        uint32_t major = f->majors[disk / f->disks_per_major];

        *out = major << 8 | (disk % f->disks_per_major) * f->parts | part;
        return 0;
    }
    if (!f->extended || disk >= EXTENDED_DISKS || part >= EXTENDED_PARTS)
        return -PEL_EINVAL;
    *out = EXTENDED | disk << 8 | part;

    return 0;
}

/* d3 and d3p1: the ABI's own names, without saying what the guest uses. */
static int parse_plain(const char *name, uint32_t *out)
{
    char disk_text[16];
    const char *p = strchr(name, 'p');
    size_t len = p ? (size_t)(p - name) : strlen(name);
    uint32_t disk, part = 0;

    if (!len || len >= sizeof(disk_text))
        return -PEL_EINVAL;
    memcpy(disk_text, name, len);
    disk_text[len] = '\0';
    if (parse_digits(disk_text, EXTENDED_DISKS - 1, &disk) ||
        (p && (parse_digits(p + 1, EXTENDED_PARTS - 1, &part) || !part)))
        return -PEL_EINVAL;

    return number_of(&families[0], disk, part, out);
}

static int parse_number(const char *name, uint32_t *out)
{
    unsigned long value;
    char *end;

    errno = 0;
    value = strtoul(name, &end, 0);
    if (errno || *end || value >= 2ul * EXTENDED)
        return -PEL_EINVAL;
    *out = (uint32_t)value;

    return 0;
}

int pel_vbd_number(const char *name, uint32_t *out)
{
    if (isdigit((unsigned char)name[0]))
        return parse_number(name, out);
    if (name[0] == 'd' && isdigit((unsigned char)name[1]))
        return parse_plain(name + 1, out);

    for (size_t i = 0; i < NR_FAMILIES; i++) {
        const struct family *f = &families[i];
        const char *p = name + strlen(f->prefix);
        uint32_t disk, part = 0;

        if (strncmp(name, f->prefix, strlen(f->prefix)))
            continue;
        if (parse_letters(&p, &disk) ||
            (*p && (parse_digits(p, EXTENDED_PARTS - 1, &part) || !part)))
            return -PEL_EINVAL;
        return number_of(f, disk, part, out);
    }

    return -PEL_EINVAL;
}

static void format_name(char name[PEL_VBD_NAME_SIZE], const char *prefix,
                        uint32_t disk, uint32_t part)
{
    char letters[8];
    char *p = letters + sizeof(letters) - 1;

    *p = '\0';
    for (disk++; disk; disk = (disk - 1) / 26)
        *--p = (char)('a' + (disk - 1) % 26);
    if (part)
        snprintf(name, PEL_VBD_NAME_SIZE, "%s%s%u", prefix, p, part);
    else
        snprintf(name, PEL_VBD_NAME_SIZE, "%s%s", prefix, p);
}

void pel_vbd_name(uint32_t number, char name[PEL_VBD_NAME_SIZE])
{
    name[0] = '\0';
    if (number >= 2u * EXTENDED)
        return;
    if (number & EXTENDED) {
        format_name(name, "xvd", number >> 8 & (EXTENDED_DISKS - 1),
                    MINOR(number));
        return;
    }

    for (size_t i = 0; i < NR_FAMILIES; i++) {
        const struct family *f = &families[i];
        unsigned int nr_majors = f->nr_disks / f->disks_per_major;

        for (unsigned int m = 0; m < nr_majors; m++) {
            uint32_t disk = m * f->disks_per_major + MINOR(number) / f->parts;

            if (MAJOR(number) != f->majors[m] || disk >= f->nr_disks)
                continue;
            format_name(name, f->prefix, disk, MINOR(number) % f->parts);
            return;
        }
    }
}
