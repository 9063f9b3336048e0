# SPDX-License-Identifier: GPL-2.0-or-later
# Every target of the project; `make help` lists them.  Each folder has a
# Makefile of its own, which works alone too; results go under build/.

TOP := $(abspath $(dir $(lastword $(MAKEFILE_LIST))))
ifneq ($(V),1)
MAKEFLAGS += --no-print-directory -s
endif
# As many compilers as CPUs, unless told otherwise.
ifeq ($(filter -j% --jobserver%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif

folders := $(patsubst %/Makefile,%,$(wildcard $(addsuffix /Makefile, \
             hypervisor guest-pv dom0-tools xenstore-like)))
units   := $(patsubst tests/unit/%/Makefile,%,$(wildcard tests/unit/*/Makefile))

# Test suites beside lint and units: of programs on this machine, and of whole
# machines in QEMU.
native := "pytest:tests/store -n2 --dist=loadfile" pytest:tests/configs pytest:tests/tools
# Two files at a time: a machine in QEMU keeps little more than one core busy.
system := pytest:tests/system -n2 --dist=loadfile

# What holds for each pair of a hypervisor and its tools, $(1) and $(2).
stories = "pytest:--hv=$(1) --tools=$(2) -n2 --dist=loadfile $(patsubst \
            %,tests/system/test_%.py,lifecycle changes guest crash save \
            save_cross store)"

.DEFAULT_GOAL := all

.PHONY: all
all: images		## build everything

.PHONY: $(folders)
$(folders): | deps
	@$(MAKE) -C $@

.PHONY: images
images: $(folders)
	@$(MAKE) -C configs

.PHONY: iso
iso: images		## write build/pellicle.iso, which boots from BIOS and UEFI
	@$(MAKE) -C configs iso

.PHONY: images-cross
images-cross: $(folders)
	@$(MAKE) -C configs cross

# HV=xen runs the reference instead, TOOLS=xl the stock toolstack in dom0.
HV      ?= pellicle
TOOLS   ?= pel
cross   := $(if $(filter-out pellicle-pel,$(HV)-$(TOOLS)),-cross)
machine := configs/qemu/machine.py --hv=$(HV) $(if $(cross),--cross)

.PHONY: demo
demo: images$(cross)	## boot a host and show its main job, step by step
	@configs/qemu/job --hv=$(HV) --tools=$(TOOLS) $(if $(cross),--cross) \
	    demo

.PHONY: run
run: images$(cross)	## boot hypervisor and dom0 with a shell (Ctrl-a x quits)
	@$(machine) --dom0-args "tools=$(TOOLS)"

.PHONY: gdb
gdb: images$(cross)	## the same machine, halted until gdb connects to port 1234
	@$(machine) --dom0-args "tools=$(TOOLS)" -- -s -S

.PHONY: deps
deps:			## install missing Debian packages (as root), or name them
	@configs/deps configs/packages

.PHONY: check
check: all iso		## run every test; the last line counts them
	@tests/run lint $(addprefix unit:,$(units)) $(native) "$(system)"

.PHONY: check-long
check-long: all		## fuzzers, stress and stories that take long
	@FUZZ_SECONDS=60 tests/run "$(system) --long" \
	    "pytest:tests/store -n2 --dist=loadfile --long"

.PHONY: check-cross
check-cross: images-cross ## guests' lives, with ours and the reference's halves
	@tests/run $(call stories,xen,pel) $(call stories,pellicle,xl) \
	    $(call stories,xen,xl) $(call stories,pellicle,pel)

.PHONY: fuzz-store
fuzz-store: deps	## fuzz the store, SECONDS (600) for each target
	@$(MAKE) -C tests/fuzz/store fuzz

.PHONY: fuzz-stream
fuzz-stream: deps	## fuzz the reader of images, SECONDS (600) for each
	@$(MAKE) -C tests/fuzz/stream fuzz

.PHONY: bench-store
bench-store: xenstore-like ## measure the store beside Debian's (BENCH=--quick)
	@$(MAKE) -C tests/bench/store run

.PHONY: lint
lint: deps		## check layout, include rules and headers; report sizes
	@tests/run lint

.PHONY: bench
bench: images		## run 200 guests at once, create 1,000 one after another
	@configs/qemu/job --memory=6144 --limit=7200 bench

# JSON=1 prints JSON; BENCH="--smp 2" and so on: see its --help.
.PHONY: bench-save
bench-save: images ## count instructions of saving and clones (BENCH=--clock)
	@tests/bench/save $(if $(JSON),--json) $(BENCH)

.PHONY: bench-migrate
bench-migrate: images ## measure moving guests to another host (BENCH=--virtual)
	@tests/bench/migrate $(if $(JSON),--json) $(BENCH)

.PHONY: bench-micro
bench-micro: hypervisor guest-pv ## count instructions per operation, beside Xen
	@$(MAKE) -C configs xen >&2 || echo "bench-micro: no Xen to compare with" >&2
	@configs/qemu/bench-micro $(if $(JSON),--json) $(BENCH)

.PHONY: install
install:		## put it onto this machine (after make; DESTDIR=)
	@configs/install

.PHONY: uninstall
uninstall:		## take it off again
	@configs/install --remove

.PHONY: clean
clean:			## remove everything that was built or downloaded
	rm -rf build

.PHONY: help
help:			## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-14s %s\n",$$1,$$2}' \
	    $(MAKEFILE_LIST)
