#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The KUnit tests of tables and timers (tests/kunit), told as TAP. For kernels with KUnit: tests/vm -k debug.

cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh

results=/sys/kernel/debug/kunit
mapfile -t suites < <(cd kunit && printf "%s\n" *_test.c | sed "s/_test.c$//")
# Loaded and unloaded, each suite's end, each case.
plan $((2 + ${#suites[@]} + $(cat kunit/*.c | grep -c 'KUNIT_CASE(')))

ok "the tests are loaded and run" modprobe ipos_kunit
for suite in "${suites[@]}"; do
	cp "$results/ipos_$suite/results" "$tmp/$suite" 2>/dev/null
	like "$suite: it has run" "$(tail -n 1 "$tmp/$suite" 2>&1)" "^ok [0-9]+ (- )?ipos_$suite\$"
	while read -r verdict name; do
		[ "$verdict" = ok ]
		tap_result $? "$suite $name" "$(grep -v '^ *ok ' "$tmp/$suite")"
	done < <(sed -nE 's/^ +(not )?ok [0-9]+ (- )?/\1ok /; T; s/^(not )?ok (.*)# SKIP/not-ok \2skipped:/; s/^not ok/not-ok/; p' \
		"$tmp/$suite")
done
ok "and unloaded" rmmod ipos_kunit
finish
