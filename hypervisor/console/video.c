/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor's lines on a screen, until dom0 has it: a VGA text mode, or
 * a linear framebuffer that the loader set up, with a font of 8x16 pixels.
 *
 * `console=vga' (in the default list) turns it on, `vga=keep' leaves it on
 * beside dom0.  Video memory is only written, never read: what is shown is
 * kept here.  The console's lock guards all of it.
 */
#include <hv/boot.h>
#include <hv/cmdline.h>
#include <hv/console.h>
#include <hv/hvmap.h>
#include <hv/string.h>
#include <xen/xen.h>
#include "local.h"

#define MAX_COLUMNS 240U
#define MAX_ROWS 100U
#define GLYPH_WIDTH 8
#define GLYPH_HEIGHT 16
#define FIRST_GLYPH 32
#define LAST_GLYPH 126

#define VGA_TEXT 0xb8000
#define VGA_COLUMNS 80
#define VGA_ROWS 25
#define VGA_GREY 7 /* on black */
#define GREY 0xaa

/* Made by tools/font. */
extern const uint8_t font[LAST_GLYPH - FIRST_GLYPH + 1][GLYPH_HEIGHT];

static struct {
    uint8_t *memory; /* NULL: not drawing */
    bool text;
    unsigned int columns, rows, x, y;
    unsigned int pitch, pixel_bytes;
    uint32_t grey; /* as a pixel */
    char shown[MAX_ROWS][MAX_COLUMNS];
} screen;

static void draw_glyph(unsigned int x, unsigned int y, char c)
{
    unsigned int n = screen.pixel_bytes;
    uint8_t *line =
        screen.memory + y * GLYPH_HEIGHT * screen.pitch + x * GLYPH_WIDTH * n;

    for (unsigned int row = 0; row < GLYPH_HEIGHT; row++) {
        uint8_t bits = font[c - FIRST_GLYPH][row];

        for (unsigned int i = 0; i < GLYPH_WIDTH; i++) {
            uint32_t pixel =
                bits >> (GLYPH_WIDTH - 1 - i) & 1 ? screen.grey : 0;

            memcpy(line + i * n, &pixel, n);
        }
        line += screen.pitch;
    }
}

static void put(unsigned int x, unsigned int y, char c)
{
    if (screen.shown[y][x] == c)
        return;
    screen.shown[y][x] = c;
    if (screen.text)
        ((uint16_t *)screen.memory)[y * screen.columns + x] =
            VGA_GREY << 8 | (uint8_t)c;
    else
        draw_glyph(x, y, c);
}

static void newline(void)
{
    screen.x = 0;
    if (screen.y + 1 < screen.rows) {
        screen.y++;
        return;
    }
    for (unsigned int y = 0; y < screen.rows; y++)
        for (unsigned int x = 0; x < screen.columns; x++)
            put(x, y, y + 1 < screen.rows ? screen.shown[y + 1][x] : ' ');
}

void video_write(const char *s, size_t len)
{
    for (size_t i = 0; screen.memory && i < len; i++) {
        if (s[i] == '\n') {
            newline();
            continue;
        }
        if (screen.x == screen.columns)
            newline();
        if (s[i] != '\r')
            put(screen.x++, screen.y,
                s[i] >= FIRST_GLYPH && s[i] <= LAST_GLYPH ? s[i] : '?');
    }
}

/* A loader that says nothing leaves the BIOS' text mode. */
static void assume_text(struct boot_video *v)
{
    if (v->kind == VIDEO_NONE && !boot_info.efi_systab)
        *v = (struct boot_video){ .kind = VIDEO_TEXT,
                                  .address = VGA_TEXT,
                                  .pitch = VGA_COLUMNS * 2,
                                  .width = VGA_COLUMNS,
                                  .height = VGA_ROWS };
}

static bool usable(const struct boot_video *v)
{
    unsigned int n = v->bits / 8;

    if (v->kind == VIDEO_TEXT)
        return v->width * 2 == v->pitch;
    if (v->kind != VIDEO_PIXELS || n < 2 || n > 4 || v->pitch < v->width * n)
        return false;
    for (unsigned int i = 0; i < 3; i++)
        if (!v->color[i].bits || v->color[i].bits > 8 ||
            v->color[i].shift + v->color[i].bits > 32)
            return false;
    return true;
}

static void clear(size_t bytes)
{
    uint16_t *cell = (uint16_t *)screen.memory;

    memset(screen.shown, ' ', sizeof(screen.shown));
    if (!screen.text)
        memset(screen.memory, 0, bytes);
    for (size_t i = 0; screen.text && i < bytes / 2; i++)
        cell[i] = VGA_GREY << 8 | ' ';
}

void video_init(void)
{
    struct boot_video *v = &boot_info.video;
    size_t bytes;

    assume_text(v);
    if (!usable(v)) {
        v->kind = VIDEO_NONE;
        return;
    }
    if (!cmdline_list(hv_cmdline, "console", "vga", true))
        return;
    screen.text = v->kind == VIDEO_TEXT;
    screen.columns =
        MIN(screen.text ? v->width : v->width / GLYPH_WIDTH, MAX_COLUMNS);
    screen.rows =
        MIN(screen.text ? v->height : v->height / GLYPH_HEIGHT, MAX_ROWS);
    screen.pitch = v->pitch;
    screen.pixel_bytes = v->bits / 8;
    for (unsigned int i = 0; !screen.text && i < 3; i++)
        screen.grey |= (uint32_t)(GREY >> (8 - v->color[i].bits))
                       << v->color[i].shift;
    bytes = (size_t)v->pitch * v->height;

    console_lock();
    if (screen.columns && screen.rows)
        screen.memory = hvmap_mmio(v->address, bytes);
    if (screen.memory) {
        clear(bytes);
        ring_replay(video_write);
    }
    console_unlock();
}

/* Linux reads it in xen_init_vga(); sizes are in units of 64 KiB. */
size_t video_to_dom0(struct dom0_vga_console_info *to)
{
    const struct boot_video *v = &boot_info.video;

    memset(to, 0, sizeof(*to));
    if (v->kind == VIDEO_TEXT) {
        to->video_type = XEN_VGATYPE_TEXT_MODE_3;
        to->u.text_mode_3.font_height = GLYPH_HEIGHT;
        to->u.text_mode_3.columns = v->width;
        to->u.text_mode_3.rows = v->height;
        to->u.text_mode_3.cursor_x = screen.x;
        to->u.text_mode_3.cursor_y = screen.y;
    } else if (v->kind == VIDEO_PIXELS) {
        to->video_type = XEN_VGATYPE_VESA_LFB;
        to->u.vesa_lfb.width = v->width;
        to->u.vesa_lfb.height = v->height;
        to->u.vesa_lfb.bytes_per_line = v->pitch;
        to->u.vesa_lfb.bits_per_pixel = v->bits;
        to->u.vesa_lfb.lfb_base = v->address;
        to->u.vesa_lfb.ext_lfb_base = v->address >> 32;
        to->u.vesa_lfb.lfb_size =
            DIV_UP((uint64_t)v->pitch * v->height, 1UL << 16);
        to->u.vesa_lfb.red_pos = v->color[0].shift;
        to->u.vesa_lfb.red_size = v->color[0].bits;
        to->u.vesa_lfb.green_pos = v->color[1].shift;
        to->u.vesa_lfb.green_size = v->color[1].bits;
        to->u.vesa_lfb.blue_pos = v->color[2].shift;
        to->u.vesa_lfb.blue_size = v->color[2].bits;
    }
    if (!cmdline_list(hv_cmdline, "vga", "keep", false))
        screen.memory = NULL;
    return v->kind == VIDEO_NONE ? 0 : sizeof(*to);
}
