#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Bad networks: the clients' loses 3% of all packets, the fabric loses 5%, doubles 10% and sends 25% out of order. Every
# program on both ends gets what it should all the same, and nothing stays behind.
# vms 3
# need /usr/bin/python3 python3
# need nginx nginx
# need curl curl
# need /usr/sbin/sshd openssh-server
# need ssh openssh-client
# need iperf3 iperf3

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan 18
long=$((10 * TAP_WAIT))

ok "three boards come up" ./cluster up 3
head -c 1000000 /dev/urandom >"$tmp/film"
for n in 1 2 3; do
	mkdir "$tmp/root$n"
	head -c 3000 /dev/urandom >"$tmp/root$n/file"
	sums[n]=$(sum "$tmp/root$n/file")
	cp "$tmp/film" "$tmp/root$n/film"
done
nginx_start board1 "$tmp/root1"
nginx_start board2 "$tmp/root2" 'dav_methods PUT; client_max_body_size 0;'
http_start board3 "$tmp/root3"
sshd_start board2 2222
# A board that hears none of the offers is passed over, as it should be: with more of them that does not happen here.
on board1 ipos-ctl -batch - <<-BATCH
	board set offer-tries 10
	service add tcp 192.0.2.1:80 inspect http
	service add tcp 192.0.2.1:2222 inspect none
	service add tcp 192.0.2.1:5202 inspect none
	url add moved.example server 10.0.0.2
	url add third.example server 10.0.0.3
BATCH

# bad NAME DEVICE WORDS...: what that machine sends there
# shellcheck disable=SC2317 # called by ok
bad() { on "$1" tc qdisc add dev "$2" root netem "${@:3}"; }
for name in client board1 board2 board3; do
	ok "$name loses packets on the clients' network" bad "$name" eth0 limit 100000 loss 3%
done
for name in board1 board2 board3; do
	ok "$name loses, doubles and reorders on the fabric" bad "$name" eth1 limit 100000 loss 5% duplicate 10% \
		delay 10ms reorder 25%
done

is "200 fetches from three boards give what they should" \
	"$(on client lib/fetches.py 192.0.2.1:80 10 21 /file here.example moved.example third.example 2>&1)" \
	"70 here.example 200 3000 ${sums[1]}
70 moved.example 200 3000 ${sums[2]}
70 third.example 200 3000 ${sums[3]}"
for host in here moved third; do
	is "1 MB comes from $host.example" \
		"$(fetch client http://192.0.2.1/film -H "Host: $host.example" --max-time $long | sum)" "$(sum "$tmp/film")"
done
ok "1 MB goes up to board 2" fetch client http://192.0.2.1/stored -H 'Host: moved.example' --max-time $long -T "$tmp/film"
is "and is what was sent" "$(sum "$tmp/root2/stored")" "$(sum "$tmp/film")"
is "1 MB goes and comes through ssh" \
	"$(shell 2222 'cat >/dev/shm/film; cat /dev/shm/film' <"$tmp/film" | sum)" "$(sum "$tmp/film")"
ok "iperf3 sends" iperf board3 5202 -n 1M -P 2
ok "iperf3 fetches" iperf board3 5202 -n 1M -P 2 -R

# What ends an entry may have been lost; then its timeout does.
for n in 1 2 3; do
	on "board$n" ipos-ctl board set idle-timeout 5 closing-timeout 5
done
# empty BOARD...: nothing of any connection
# shellcheck disable=SC2317 # called by wait_for
empty() {
	local board
	for board; do
		[ "$(counters "$board" table_temporary table_forward_connect table_reserved table_forward table_local \
			table_closed)" = 0 ] || return 1
	done
}
diag "$(on board1 ipos-ctl stats show nonzero | grep -E 'handoff|lost|drop|unplaced|table')"
TAP_WAIT=180 # for wait_for
ok "no entry of any flow is left after its time" wait_for empty board1 board2 board3 ||
	diag "$(for n in 1 2 3; do on "board$n" ipos-ctl stats show nonzero | grep table; done)"
finish
