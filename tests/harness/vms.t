#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What tests/vms promises outside: its status, and that no machine's sickness passes.

cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
plan 12

# The harness is the same without the module, and sooner there.
export IPOS_VM_BARE=1 IPOS_CLUSTER_BARE=1

# machines [OPTION...] N -- SCRIPT...: sets $status, $out and $err.
machines() {
	tests/vms "$@" >"$tmp/out" 2>"$tmp/err" && status=0 || status=$?
	out=$(cat "$tmp/out")
	err=$(cat "$tmp/err")
}

# On a new machine the first run tells on stderr what it fetches.
machines 1 -- true

machines 1 -- sh -c 'tests/vms exec board1 uname -n; uname -n; echo "error words" >&2; exit 7'
is "the script's status is the run's" "$status" 7
is "its output" "$out" "board1
client"
is "its errors" "$err" "error words"

machines 1 -- sh -c 'tests/vms exec board1 sh -c "echo WARNING: made up >/dev/kmsg"; echo said; sleep 1000'
is "a report of a board fails the run" "$status" 99
like "which board is said" "$err" "vms: board1: the kernel reports"
like "and what it reported" "$err" "vms: board1: .*WARNING: made up"
is "while the output stays the script's" "$out" said

machines 1 -- sh -c 'tests/vms exec board1 sh -c "echo c >/proc/sysrq-trigger"; sleep 1000'
is "so does a board's panic" "$status" 99
machines 1 -- sh -c 'tests/vms exec board1 sh -c "echo b >/proc/sysrq-trigger"; sleep 1000'
is "and a board that ends by itself" "$status" 99
like "which is said" "$err" "vms: board1: the guest ended"

machines -t 25 1 -- sleep 1000
is "a hang is ended" "$status" 124
is "no work directory is left" "$(grep -lsF 'sleep 1000' build/vm/*/client/job)" ""
finish
