#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Connections move while all goes wrong: what the clients saw and what the applications did must be one story (sums.py).
# IPOS_TORTURE connections (some hundred; `make torture` has 100,000) in nine parts, IPOS_WIDTH of them at once; IPOS_SEED
# says what the wires do.
# vms 3
# need /usr/bin/python3 python3

cd "$(dirname "$0")/../.." || exit
export IPOS_ADVERTISE_MS=500
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
each=$((${IPOS_TORTURE:-540} / 9)) seed=${IPOS_SEED:-1} width=${IPOS_WIDTH:-16} first=0
plan 39

ok "three boards are up" ./cluster up 3
# serve BOARD [BACKLOG]
# shellcheck disable=SC2317 # called by ok
serve() {
	start "$1" "$tmp/serve-$1" torture/serve.py "$1" "$tmp/$1" "${@:2}"
	servers[$1]=$pid
	wait_for grep -qs ready "$tmp/serve-$1" && wait_for listening "$1" 80
}
declare -A servers=()
for board in board1 board2 board3; do
	: >"$tmp/$board"
	ok "$board's application serves" serve "$board"
done
on board1 ipos-ctl -batch - <<-'BATCH'
	service add tcp 192.0.2.1:80 inspect http policy least-conn
	url add */two server 10.0.0.2
	url add */three server 10.0.0.3
BATCH

# begin: the next part's requests, in the background
begin() {
	first=$((first + each))
	start client "$tmp/asked" torture/ask.py 192.0.2.1:80 "$first" "$each" "$width" /two /any /three
	asker=$pid
}
# shellcheck disable=SC2317 # called by wait_for
more() { [ "$(wc -l <"$tmp/asked")" -gt "$1" ]; }
# part PERCENT: so much of it has ended; waited for as long as anything ends
# shellcheck disable=SC2317 # called by ok
part() {
	local now
	while now=$(wc -l <"$tmp/asked") && [ "$now" -lt $((each * $1 / 100)) ]; do
		wait_for more "$now" || return
	done
}
# during VERB NAME: what tests/vms does to that board while requests go on, and some more requests then
# shellcheck disable=SC2317 # called by ok
during() { part 25 && ./vms "$@" && part 50; }
# crash BOARD: its application, likewise
# shellcheck disable=SC2317 # called by ok
crash() {
	part 25 && on "$1" pkill -KILL -f torture/serve.py || return
	wait "${servers[$1]}"
	part 50
}
# agree NAME: the story of this part
agree() {
	ok "$1: all end" part 100
	wait "$asker"
	ok "$1: clients and applications tell the same" torture/sums.py "$first" "$each" "$tmp/asked" "$tmp"/board[123]
	diag "$1: $(head -n 1 "$tmp/output")"
}
# answered NAME: nothing of this part was reset
answered() { is "$1: every request is answered" "$(grep -c reset "$tmp/asked")" 0; }

begin
agree "no faults"
answered "no faults"
placed >/dev/null

./vms faults fabric seed "$seed" loss 5 duplicate 10 reorder 25
begin
agree "a bad fabric"
answered "a bad fabric"

./vms faults clients seed "$seed" loss 3 duplicate 3 reorder 10
begin
agree "bad networks both"
answered "bad networks both"

./vms faults clients seed "$seed" corrupt 1
./vms faults fabric seed "$seed" corrupt 1 delay 20
begin
agree "bits turned over, and late"
answered "bits turned over, and late"
./vms faults clients
./vms faults fabric

begin
ok "a board is cut off while requests go on" during cut board2
ok "and comes back" ./vms heal board2
agree "cut and healed"

begin
ok "a board stands still while requests go on" during stop board3
ok "and goes on" ./vms cont board3
agree "frozen"

begin
ok "a board's power fails while requests go on" during kill board2
ok "and comes back" ./vms boot board2
ok "it serves" serve board2
agree "killed and booted"

# An application that takes nothing, with room for one in its queue
stop "${servers[board3]}"
ok "an application with a short queue" serve board3 1
begin
on board3 pkill -STOP -f torture/serve.py
ok "requests go on while it stands still" part 25
on board3 pkill -CONT -f torture/serve.py
agree "a full queue"

begin
ok "an application is killed while requests go on" crash board2
ok "it begins again" serve board2
agree "an application killed"

ok "most connections moved" test "$(counters board1 handoff_done)" -ge "$((each * 3))"
ok "no endpoint is left without its place" wait_for settled board1 board2 board3
finish
