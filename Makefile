# SPDX-License-Identifier: GPL-2.0
# `make help` lists what there is. Everything made lies under build/.

KVER	?= $(shell uname -r)
KDIR	?= /lib/modules/$(KVER)/build
BUILD	:= $(CURDIR)/build
TREE	:= $(BUILD)/$(KVER)/tree

.PHONY: all help module kunit faults bench-tables ipos-ctl vm-tools ipos-agent install check check-6.12 check-debug check-vms unit static demo play model fuzz sim bench coverage torture clean

all: module ipos-ctl ipos-agent ## the module for kernel KVER (this one's by default), ipos-ctl and ipos-agent

help: ## this list
	@sed -n 's/^\([a-z0-9.-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

demo: ## see it work: three boards and a client, four VMs, each claim checked
	@tests/demo/demo

play: ## a shell on the client of such a cluster
	@tests/demo/play

# One source tree serves several kernels: each builds in a tree of links. The
# headers come without the vmlinux that BTF would be taken from.
module: ## build/KVER/ipos.ko
	@mkdir -p $(TREE)
	@cp -rsuf $(CURDIR)/src $(CURDIR)/include $(CURDIR)/Kbuild $(TREE)/
	@find $(TREE) -xtype l -delete
	+$(MAKE) -C $(KDIR) M=$(TREE) CONFIG_DEBUG_INFO_BTF_MODULES= modules
	@cp -u $(TREE)/ipos.ko $(BUILD)/$(KVER)/ipos.ko

# Their own module, of the same sources, for kernels that have KUnit.
kunit: ## build/KVER/ipos_kunit.ko: tests of tables and timers
	@mkdir -p $(BUILD)/$(KVER)/kunit
	@cp -rsuf $(CURDIR)/src $(CURDIR)/include $(wildcard $(CURDIR)/tests/kunit/*) \
		$(BUILD)/$(KVER)/kunit/
	@find $(BUILD)/$(KVER)/kunit -xtype l -delete
	+$(MAKE) -C $(KDIR) M=$(BUILD)/$(KVER)/kunit modules
	@cp -u $(BUILD)/$(KVER)/kunit/ipos_kunit.ko $(BUILD)/$(KVER)/

# For those kernels, too: see tests/faults/ipos_faults.c.
faults: ## build/KVER/ipos_faults.ko: lets memory fail where ipos.ko asks for it
	@mkdir -p $(BUILD)/$(KVER)/faults
	@cp -suf $(addprefix $(CURDIR)/tests/faults/,Kbuild ipos_faults.c) \
		$(BUILD)/$(KVER)/faults/
	+$(MAKE) -C $(KDIR) M=$(BUILD)/$(KVER)/faults modules
	@cp -u $(BUILD)/$(KVER)/faults/ipos_faults.ko $(BUILD)/$(KVER)/

bench-tables: ## build/KVER/bench/ipos_tables.ko: the module's flow tables, for make bench
	@mkdir -p $(BUILD)/$(KVER)/bench
	@cp -rsuf $(CURDIR)/src $(CURDIR)/include $(wildcard $(CURDIR)/tests/bench/tables/*) \
		$(BUILD)/$(KVER)/bench/
	@find $(BUILD)/$(KVER)/bench -xtype l -delete
	+$(MAKE) -C $(KDIR) M=$(BUILD)/$(KVER)/bench CONFIG_DEBUG_INFO_BTF_MODULES= modules

ipos-ctl: ## build/bin/ipos-ctl; its manual page and completion, below build/share
	@mkdir -p $(BUILD)/bin
	+$(MAKE) -C tools/ipos-ctl O=$(BUILD)/bin S=$(BUILD)/share all

ipos-agent: ## build/bin/ipos-agent: starts applications when they are asked for
	@mkdir -p $(BUILD)/bin
	+$(MAKE) -C tools/ipos-agent O=$(BUILD)/bin

# What tests/vm and tests/vms use besides.
VM_TOOLS := $(addprefix $(BUILD)/bin/,vms-exec vms-switch tsc-khz)
vm-tools: $(VM_TOOLS)
$(VM_TOOLS): $(BUILD)/bin/%: tests/lib/%.c
	@mkdir -p $(BUILD)/bin
	$(CC) -O2 -Wall -o $@ $<

# Seconds beside each file; two at a time, for each waits for its VM as often
# as it computes. JOBS=1 for a quieter machine, TESTS=... for a part.
JOBS	?= 2
SELFTESTS := $(sort $(wildcard tests/selftest/*.sh tests/selftest/*.t))
# Over tests/vms: those that need it, and those that say they can.
VMSTESTS := $(sort $(wildcard tests/selftest/vms/*.sh)) \
	    $(addprefix vms:,$(shell grep -l '^\# vms ' $(SELFTESTS)))
# What proves tests/vms, and, in eight boots, that the debug kernel sees mistakes.
VMS	:= $(wildcard tests/harness/vms.t tests/harness/selftest/vms/*.sh)
SICK	:= tests/harness/debug.t
# With modules of their own, which are built for the debug kernel only.
KUNIT	:= tests/kunit/selftest/kunit.sh
FAULTS	:= tests/faults/selftest/faults.t
# In the VM; `make fuzz` has it run long.
FUZZED	:= tests/fuzz/selftest/kernel.t
# On 6.12, on the debug kernel and over tests/vms each time: what stands on the
# kernel's own TCP, its hooks and its tables of sockets, what takes things down,
# and what needs hosts of their own. The rest is for check-6.12 and its like.
STATIC612 := $(addprefix tests/static/,w1.t sparse.t floors.t)
TESTS612 ?= $(addprefix tests/selftest/,conformance.t cookiemap.t handoff.t \
		handshake.t leave.t listeners.sh options.t programs.sh rounds.t \
		start.t tcb.t udp.t)
DEBUGTESTS ?= $(addprefix tests/selftest/,leave.t rounds.t)
# In which CPUs meet: packets, commands, timers and what goes away.
RACETESTS ?= $(addprefix tests/selftest/,floods.t handoff.t leave.t load.sh \
		rounds.t state.sh teardown.sh udp.sh udp.t)
TESTSVMS ?= $(wildcard tests/selftest/vms/*.sh) \
	    $(addprefix vms:tests/selftest/,dns.sh loss.sh peers.sh state.sh) \
	    6.12:vms:tests/selftest/peers.sh
TESTS	?= $(sort $(filter-out $(VMS) $(SICK),$(wildcard tests/static/*.t \
		 tests/unit/*.t tests/fuzz/*.t tests/model/*.t \
		 tests/harness/*.t))) $(SELFTESTS) \
	   $(addprefix 6.12:,$(STATIC612) $(TESTS612)) $(TESTSVMS) \
	   $(addprefix debug:,$(KUNIT) $(FUZZED) $(DEBUGTESTS))
PROVE	:= prove --timer --failures --comments --jobs $(JOBS) --exec tests/exec

check: ## what CI runs; TESTS="FILE..." for some
	$(PROVE) $(TESTS)

check-6.12: ## all tests in the VM and over tests/vms, on 6.12
	$(PROVE) $(addprefix 6.12:,$(STATIC612) $(SELFTESTS) $(VMSTESTS))

check-debug: ## all tests in the VM, on the debug kernel, and those of that kernel
	$(PROVE) $(SICK) $(addprefix debug:,$(KUNIT) $(FAULTS) $(FUZZED) $(SELFTESTS))

check-vms: ## tests/vms itself, and all tests that can run over it
	$(PROVE) $(VMS) $(VMSTESTS)

unit: ## the tests that need neither VM nor kernel headers
	prove --timer tests/unit/*.t

static: ## checkpatch, sparse, W=1, direction of symbols, licences, shellcheck
	prove --timer tests/static/*.t

model: ## the hand-off's rules by spin: every case, every rule switched off
	tests/model/run

fuzz: ## every parser, RUNS=10000000 inputs each, under sanitizers; frames and netlink, a tenth each, on the debug kernel
	tests/fuzz/run $(or $(RUNS),10000000)
	IPOS_FUZZ_RUNS=$$(($(or $(RUNS),10000000) / 10)) IPOS_FUZZ_SEED=$(or $(SEED),1) \
		tests/vm -k debug -t 0 -- $(FUZZED)

torture: ## 100,000 connections move while all goes wrong; HANDOFFS=N, SEED=N; floods, and data races
	IPOS_TORTURE=$(or $(HANDOFFS),100000) IPOS_SEED=$(or $(SEED),1) IPOS_WIDTH=$(or $(WIDTH),64) \
		tests/vms -t 0 3 -- tests/selftest/vms/torture.sh
	tests/vm -I -t 0 -- tests/torture/floods.py
	$(PROVE) $(addprefix kcsan:,$(RACETESTS))

coverage: ## which lines of the module the tests of the VM reach; TESTS="FILE..." for some
	tests/coverage/run $(filter-out tests/selftest/vms/%,$(filter tests/selftest/%,$(TESTS)))

sim: ## clusters of ten to ten thousand boards, simulated with the module's own policies; SEED=N, PART=adverts|decisions|size|age|tail
	@tests/sim/build $(BUILD)/sim/sim -O2 tests/sim/main.c
	@$(BUILD)/sim/sim $(or $(SEED),1) $(PART)

bench: ## what it costs beside what else does its work: build/bench.json, drawn in build/bench/*.svg
	tests/bench/run

install: all ## module, ipos-ctl, its manual page, the systemd unit, into this system
	install -D -m 644 $(BUILD)/$(KVER)/ipos.ko $(DESTDIR)/lib/modules/$(KVER)/extra/ipos.ko
	install -D -m 755 $(BUILD)/bin/ipos-ctl $(DESTDIR)/usr/sbin/ipos-ctl
	install -D -m 755 $(BUILD)/bin/ipos-agent $(DESTDIR)/usr/sbin/ipos-agent
	install -D -m 755 tools/packaging/ipos-config $(DESTDIR)/usr/lib/ipos/ipos-config
	install -D -m 644 -t $(DESTDIR)/lib/systemd/system tools/packaging/ipos.service tools/packaging/ipos-agent.service
	cd $(BUILD)/share && find man bash-completion -type f ! -name '*.new' \
		-exec install -D -m 644 '{}' '$(DESTDIR)/usr/share/{}' ';'
	[ -n "$(DESTDIR)" ] || depmod $(KVER)

clean: ## remove everything that was built, but for downloaded kernels
	rm -rf $(filter-out $(BUILD)/kernel,$(wildcard $(BUILD)/*))
