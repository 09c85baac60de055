#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Files each way through a hand-off, for each pair of MTUs of the clients' network and the fabric, with the offloads of
# the wires' devices and without; and a fabric that becomes narrower under an upload. IPOS_BYTES=20000000 for longer ones.
# need /usr/bin/python3 python3
# need nginx nginx
# need curl curl
# need ethtool ethtool
# need tcpdump tcpdump

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan 58

bytes=${IPOS_BYTES:-4000000}
ok "two boards come up" ./cluster up 2
patient board1 board2
mkdir "$tmp/root1" "$tmp/root2"
head -c "$bytes" /dev/urandom >"$tmp/big"
ln "$tmp/big" "$tmp/root2/big"
want=$(sum "$tmp/big")
nginx_start board2 "$tmp/root2" 'dav_methods PUT; client_max_body_size 0;'
on board1 ipos-ctl -batch - <<-BATCH
	service add tcp 192.0.2.1:80 inspect http
	service add tcp 192.0.2.1:8080 inspect http
	url add * server 10.0.0.2
BATCH

# mtu DEVICE MTU NAME...: of the wires of these, both ends
mtu() {
	local name
	for name in "${@:3}"; do
		ip link set "$name-$1" mtu "$2" && on "$name" ip link set "$1" mtu "$2" || return
	done
}
# offloads on|off
offloads() {
	local name device
	for name in client board1 board2; do
		for device in eth0 eth1; do
			[ "$name-$device" = client-eth1 ] ||
				on "$name" ethtool -K "$device" tx "$1" rx "$1" tso "$1" gso "$1" gro "$1" sg "$1" >/dev/null || return
		done
	done
}
# agreed FILE: the MSS of the boards' SYN-ACKs
agreed() {
	tcpdump -n -r "$1" 'src host 192.0.2.1 and tcp[tcpflags] & tcp-syn != 0' 2>/dev/null |
		grep -o 'mss [0-9]*' | cut -d ' ' -f 2 | sort -u
}
# drops: what the boards have dropped
drops() { for board in board1 board2; do on $board ipos-ctl stats show nonzero | grep ^drop; done; }
# both_ways NAME MSS
both_ways() {
	local tap
	watch client "$tmp/client.pcap" && tap=$pid
	is "$1: a file comes down" "$(fetch client http://192.0.2.1/big --max-time $((4 * TAP_WAIT)) | sum)" "$want"
	rm -f "$tmp/root2/stored"
	fetch client http://192.0.2.1/stored --max-time $((4 * TAP_WAIT)) -T "$tmp/big"
	is "$1: and goes up" "$(sum "$tmp/root2/stored")" "$want"
	is "$1: both were handed to board 2" "$(placed)" "0 2"
	watched "$tap" "$tmp/client.pcap"
	is "$1: the MSS" "$(agreed "$tmp/client.pcap")" "$2"
	is "$1: nothing was dropped" "$(drops)" ""
}

# A client's full segment and 16 bytes more fit the fabric, whichever of both is narrower.
for offload in on off; do
	ok "offloads $offload" offloads $offload
	for pair in "1500 9000 1460" "1500 1516 1460" "9000 1500 1444" "9000 9000 8944"; do
		read -r clients fabric mss <<<"$pair"
		mtu eth0 "$clients" client board1 board2 && mtu eth1 "$fabric" board1 board2
		both_ways "clients $clients, fabric $fabric, offloads $offload" "$mss"
	done
done
offloads on
is "nothing had to be cut" "$(counter board1 cut)" 0

# A target whose fabric takes more than the origin's: the origin's counts.
mtu eth0 1500 client board1 board2
mtu eth1 1500 board1
both_ways "clients 1500, fabric 1500 at board 1, 9000 at board 2" 1444

# The fabric becomes narrower under an upload: half of it goes before, half after.
peer_start board2 0.0.0.0:8080
mkfifo "$tmp/go"
half=$((bytes / 2))
# upload LIMIT: the fabric's new MTU
upload() {
	# shellcheck disable=SC2016 # expands there
	start client "$tmp/upload" sh -c 'exec lib/peer.py 192.0.2.1:8080 send "$1" body "$2" line body "$2" answer <"$0"' "$tmp/go" \
		"POST /body HTTP/1.1\\r\\nHost: a.example\\r\\nContent-Length: $((2 * half))\\r\\n\\r\\n" $half
	local client=$pid
	exec 9>"$tmp/go"
	wait_for moved_bytes $half
	mtu eth1 "$1" board1 board2
	echo >&9
	wait "$client"
	exec 9>&-
}
# moved_bytes COUNT: so many were received by board 2's program
moved_bytes() {
	[ "$(on board2 ss -Htin 'sport = :8080' | grep -o 'bytes_received:[0-9]*' | cut -d : -f 2 | sort -n | tail -n 1)" -ge "$1" ]
}
body=$(head -c $((2 * half)) <(yes 0123456789abcdef | tr -d '\n') | sum)
for pair in "1500 1000" "9000 1500"; do
	read -r before after <<<"$pair"
	mtu eth0 "$before" client board1 board2 && mtu eth1 "$before" board1 board2
	was=$(counter board1 cut)
	upload "$after"
	is "fabric $before, then $after: an upload is what was sent" "$(cat "$tmp/upload")" "$((2 * half)) $body"
	ok "fabric $before, then $after: segments were cut" test "$(counter board1 cut)" -gt "$was"
	is "fabric $before, then $after: moved to board 2" "$(placed)" "0 1"
done
is "nothing was dropped" "$(drops)" ""
mtu eth1 8000 board1 board2
watch client "$tmp/client.pcap" && tap=$pid
fetch client http://192.0.2.1/big | sum >/dev/null
watched "$tap" "$tmp/client.pcap"
is "a change of the fabric's MTU shows in the next handshake" "$(agreed "$tmp/client.pcap")" 7944
ok "no endpoint is left without its place" wait_for settled board1 board2
finish
