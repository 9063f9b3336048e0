/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fake of the hypervisor's instructions for host tests: the same names as
 * functions, which a test defines as far as it needs them.
 */
#ifndef X86_INSN_H
#define X86_INSN_H

#include <hv/types.h>
#include <x86/desc.h>
#include <x86/msr.h>

uint64_t rdmsr(uint32_t msr);
void wrmsr(uint32_t msr, uint64_t v);
int rdmsr_safe(uint32_t msr, uint64_t *v);
int wrmsr_safe(uint32_t msr, uint64_t v);
void cpuid(uint32_t leaf, uint32_t sub, uint32_t out[4]);
uint64_t rdtsc(void);
uint64_t rdtsc_ordered(void);
void mfence(void);
unsigned long read_cr0(void);
void write_cr0(unsigned long v);
unsigned long read_cr2(void);
unsigned long read_cr3(void);
void write_cr3(unsigned long v);
unsigned long read_cr4(void);
void write_cr4(unsigned long v);
void clts(void);
void stts(void);
void xsetbv(uint32_t i, uint64_t v);
void fxsave(void *area);
void fpu_touch(const uint32_t *p);
int fxrstor_safe(const void *area);
void xsave(void *area, uint64_t mask);
void xsaveopt(void *area, uint64_t mask);
int xrstor_safe(const void *area, uint64_t mask);
void invlpg(unsigned long va);
void sti(void);
void cli(void);
void sti_window(void);
void safe_halt(void);
void hlt(void);
void pause_cpu(void);
void wbinvd(void);
void lidt(const struct desc_ptr *p);
uint8_t inb(uint16_t port);
uint16_t inw(uint16_t port);
uint32_t inl(uint16_t port);
void outb(uint16_t port, uint8_t v);
void outw(uint16_t port, uint16_t v);
void outl(uint16_t port, uint32_t v);

#endif
