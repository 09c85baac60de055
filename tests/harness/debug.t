#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the debug kernel is for: each kind of mistake fails a run, and a run without one passes.

cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
# shellcheck source=tests/lib/need.sh
. tests/lib/need.sh
plan 15

export IPOS_VM_BARE=1 IPOS_KERNEL=debug
need make make && need gcc gcc libc6-dev && flock -o build/lock tests/lib/kernel debug >&2 || exit
mkdir -p build/sick && cp tests/harness/sick/* build/sick/
unset MAKEFLAGS MFLAGS MAKELEVEL
ok "a module of mistakes is built" make -C build/kernel/debug/build M="$PWD/build/sick" modules

# made MISTAKE: a run in which the module makes it; all says what the kernel said.
made() {
	tests/vm -m 512 -- insmod build/sick/sick.ko "mistake=$1" >"$tmp/all" 2>&1 && status=0 || status=$?
	all=$(grep -aE 'BUG|WARNING|kmemleak|ODEBUG|insmod' "$tmp/all")
}

made none
is "no mistake, no failure" "$status" 0
made nothing-known
is "what the module refuses is the command's own failure" "$status" 1
while read -r mistake said; do
	made "$mistake"
	is "$mistake fails the run" "$status" 99
	like "$mistake is named" "$all" "$said"
done <<'MISTAKES'
use-after-free KASAN: (slab-)?use-after-free
lock-inversion possible circular locking dependency
sleep-in-atomic BUG: (sleeping function|scheduling while atomic)
no-rcu suspicious RCU usage
armed-timer-freed ODEBUG: free active
leak kmemleak: [0-9]+ new suspected memory leaks
MISTAKES
finish
