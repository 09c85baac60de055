#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Path MTU discovery of moved connections: a router between client and boards takes less than the boards send, and tells
# board 1, whose address it has seen, though board 2 has sent it.
# need /usr/bin/python3 python3
# need nginx nginx
# need curl curl
# need tcpdump tcpdump

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan 35

ok "two boards come up" ./cluster up 2
patient board1 board2
for n in 1 2; do
	mkdir "$tmp/root$n"
	head -c 1000000 /dev/urandom | base64 -w 0 >"$tmp/root$n/big"
	sums[n]=$(sum "$tmp/root$n/big")
	nginx_start "board$n" "$tmp/root$n"
done
on board1 ipos-ctl -batch - <<-BATCH
	service add tcp 192.0.2.1:80 inspect http
	url add moved.example server 10.0.0.2
BATCH

# The client is a router, and behind it is "far", with an address for each test: what a board has learned of one says
# nothing of the next.
ip netns add far
ip link add down0 netns client type veth peer name eth0 netns far
ip -batch - <<-'BATCH'
	netns exec client sysctl -qw net.ipv4.ip_forward=1
	netns exec client ip address add 198.51.100.1/24 dev down0
	netns exec client ip link set down0 up
	netns exec far ip address add 198.51.100.2/24 dev eth0
	netns exec far ip link set eth0 up
	netns exec board1 ip route add 198.51.100.0/24 via 192.0.2.100
	netns exec board2 ip route add 198.51.100.0/24 via 192.0.2.100
BATCH
# narrow ADDRESS MTU: the way to that address of far
narrow() {
	on far ip address replace "$1/24" dev eth0
	on far ip route replace default via 198.51.100.1 src "$1"
	on client ip route replace "$1/32" dev down0 mtu lock "$2"
}
# learned BOARD ADDRESS: the MTU that a board knows of the way there
learned() { on "$1" ip route get "$2" | sed -n 's/.* mtu \([0-9]*\).*/\1/p'; }
# differs BOARD COUNTER OLD: it has grown
differs() { [ "$(counter "$1" "$2")" -gt "$3" ]; }
# mss BOARD ADDRESS: of the connection from there
mss() { on "$1" ss -Htin "dst $2" | grep -o '\bmss:[0-9]*' | cut -d : -f 2; }
# under ADDRESS COMMAND...: two downloads by one connection from there, and a command between them. What came is in $tmp/two
under() {
	local get='GET /big HTTP/1.1\r\nHost: moved.example\r\n\r\n'
	narrow "$1" 1400
	# shellcheck disable=SC2016 # expands there
	start far "$tmp/two" sh -c 'exec lib/peer.py "$@" <"$0"' "$tmp/go" 192.0.2.1:80 send "$get" answer line send "$get" answer
	two=$pid
	exec 9>"$tmp/go"
	wait_for grep -qs . "$tmp/two" && first=$(mss board2 "$1")
	narrow "$1" 1000
	"${@:2}"
	echo >&9
	wait $two && after=$(learned board2 "$1")
	exec 9>&-
	diag "MSS before: $first, MTU after: $after"
}
mkfifo "$tmp/go"
taken() { [ "$(counter board2 icmp_delivered)" = "$(counter board1 icmp_forwarded)" ]; }

capture board1 any "$tmp/board1.pcap" 'icmp[icmptype] = icmp-unreach'
tap=$pid
for mtu in 1280 600; do
	at=198.51.100.$((mtu / 10))
	narrow "$at" "$mtu"
	was=$(counter board1 icmp_forwarded)
	is "$mtu: 1 MB comes from board 2" "$(fetch far http://192.0.2.1/big -H 'Host: moved.example' | sum)" \
		"${sums[2]}"
	is "$mtu: moved there" "$(placed)" "0 1"
	ok "$mtu: board 1 has sent the router's errors on" differs board1 icmp_forwarded "$was"
	ok "$mtu: board 2 has taken all of them" wait_for taken
	is "$mtu: it knows the way" "$(learned board2 "$at")" "$mtu"
	is "$mtu: board 1 learned nothing of it" "$(learned board1 "$at")" ""
done

# A way that becomes narrower under a connection.
under 198.51.100.3 :
is "two downloads by one connection are right" "$(sum <"$tmp/two")" "$(for n in 1 2; do cat "$tmp/root2/big"; echo; done | sum)"
ok "the first by segments that fitted" test "$first" -gt 1300 -a "$first" -lt 1400
is "the second by smaller ones: the way had become narrower" "$after" 1000
is "moved to board 2" "$(placed)" "0 1"

# Below what the stack believes of a path, it sends without DF.
narrow 198.51.100.4 400
is "400 bytes, too few for path MTU discovery: what comes is right" \
	"$(fetch far http://192.0.2.1/big -H 'Host: moved.example' | sum)" "${sums[2]}"
is "moved to board 2, too" "$(placed)" "0 1"

# What stays is the stack's own.
narrow 198.51.100.5 1280
was=$(counters board1 icmp_forwarded drop_icmp drop_packet_checksum)
is "here: 1 MB comes" "$(fetch far http://192.0.2.1/big | sum)" "${sums[1]}"
is "here: board 1 has served them" "$(placed)" "1 0"
is "here: board 1 knows the way" "$(learned board1 198.51.100.5)" 1280
is "here: its errors were not touched" "$(counters board1 icmp_forwarded drop_icmp drop_packet_checksum)" "$was"

# A program of the board's own whose connection is none of ipOS's.
http_start board1 "$tmp/root1" 8080
narrow 198.51.100.6 1280
is "not ours: 1 MB comes" "$(fetch far http://192.0.2.1:8080/big | sum)" "${sums[1]}"
is "not ours: board 1 knows the way" "$(learned board1 198.51.100.6)" 1280
is "not ours: its errors were not touched" "$(counters board1 icmp_forwarded drop_icmp drop_packet_checksum)" "$was"

# Without a role, and at last without a service: the errors are caught on their way to the stack, which has no use for them.
on board1 ipos-ctl dev del eth0
narrow 198.51.100.7 1280
was=$(counter board1 local_in)
is "no role: 1 MB comes" "$(fetch far http://192.0.2.1/big -H 'Host: moved.example' | sum)" "${sums[2]}"
is "no role: moved" "$(placed)" "0 1"
is "no role: board 2 knows the way" "$(learned board2 198.51.100.7)" 1280
ok "no role: they were caught" differs board1 local_in "$was"

under 198.51.100.8 on board1 ipos-ctl service del tcp 192.0.2.1:80
is "no service: two downloads are right" "$(sum <"$tmp/two")" "$(for n in 1 2; do cat "$tmp/root2/big"; echo; done | sum)"
is "no service: the errors arrived" "$after" 1000

stop "$tap" INT
ok "the router's errors were seen at board 1" test "$(frames "$tmp/board1.pcap")" -gt 7
is "nothing was dropped" "$(on board1 ipos-ctl stats show nonzero | grep ^drop)$(on board2 ipos-ctl stats show nonzero | grep ^drop)" ""
is "no board's stack met an error that it could not use" \
	"$(for n in 1 2; do on board$n nstat -asz IcmpInErrors IcmpInCsumErrors | awk '/^Icmp/ && $2 != 0'; done)" ""
finish
