#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A clients' network that loses 3%, and a fabric that loses 5%, doubles 10% and reorders 25%: every fetch completes and is
# right, wherever it was placed, and nothing is left in any table.
# need /usr/bin/python3 python3
# need nginx nginx
# need curl curl

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan 16

ok "three boards come up" ./cluster up 3
# The same on each: an offer that is lost four times goes elsewhere, which is right.
head -c 20000 /dev/urandom >"$tmp/file"
want=$(sum "$tmp/file")
for n in 1 2 3; do
	mkdir "$tmp/root$n"
	ln "$tmp/file" "$tmp/root$n/file"
	nginx_start "board$n" "$tmp/root$n" 'dav_methods PUT; client_max_body_size 0;'
done
head -c 200000 /dev/urandom >"$tmp/upload"
# Short timeouts: what is left shows soon. The reservations' and the offers' are those of every day.
for board in board1 board2 board3; do
	on $board ipos-ctl board set closing-timeout 5 idle-timeout 60
done
on board1 ipos-ctl -batch - <<-BATCH
	service add tcp 192.0.2.1:80 inspect http
	url add moved.example server 10.0.0.2
	url add third.example server 10.0.0.3
BATCH

# Towards the client, and from it: all that it sends goes to board 1.
for port in client-eth0 board1-eth0; do
	tc qdisc add dev $port root netem loss 3% || lossy=no
done
# Reordering needs a delay, which the others have: a quarter goes at once.
for port in board1-eth1 board2-eth1 board3-eth1; do
	tc qdisc add dev $port root netem delay 5ms reorder 25% 50% loss 5% duplicate 10% || lossy=no
done
is "the wires lose, double and reorder" "${lossy-yes}" yes

is "200 fetches, 20 at a time, give what they should" \
	"$(on client lib/fetches.py 192.0.2.1:80 10 20 /file moved.example third.example 2>&1)" \
	"100 moved.example 200 20000 $want
100 third.example 200 20000 $want"
is "21 of each of three boards, too" \
	"$(on client lib/fetches.py 192.0.2.1:80 3 21 /file here.example moved.example third.example 2>&1)" \
	"21 here.example 200 20000 $want
21 moved.example 200 20000 $want
21 third.example 200 20000 $want"
# put BOARD HOST: an upload, and whether it is there what it was here
put() {
	on client curl -sS --fail --max-time 200 -H "Host: $2" -T "$tmp/upload" http://192.0.2.1/stored &&
		[ "$(sum "$tmp/root$1/stored")" = "$(sum "$tmp/upload")" ]
}
ok "uploads complete: here" put 1 here.example
ok "to board 2" put 2 moved.example
ok "to board 3" put 3 third.example

ok "most were handed off" test "$(counter board1 handoff_done)" -gt 200
ok "offers were lost, and sent again" test "$(counter board1 handoff_retransmitted)" -gt 0
is "nothing was lost for good, and nobody was turned away" "$(counters board1 lost unplaced drop_no_route)" 0
for port in client-eth0 board1-eth0 board1-eth1 board2-eth1 board3-eth1; do
	tc -s qdisc show dev $port | grep -q 'dropped [1-9]' || { diag "$port has lost nothing" && unlucky=yes; }
done
is "every wire has lost something" "${unlucky-no}" no

# With the losses going on: timers alone must end what was left.
TAP_WAIT=100
ok "no endpoint is left without its place" wait_for settled board1 board2 board3
ok "no Local entry is left" wait_for none table_local board1 board2 board3
ok "no Forward entry is left" wait_for none table_forward board1 board2 board3
ok "no tombstone is left" wait_for none table_closed board1 board2 board3
is "nothing was dropped but late and double frames" \
	"$(for board in board1 board2 board3; do on $board ipos-ctl stats show nonzero; done |
		awk '/^drop_/ && !/^drop_stale_|^drop_packet_sequence/')" ""
finish
