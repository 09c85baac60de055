#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Wherever a program listens, the board finds it, and the program sees the client's address and the service's.
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
plan 28

ok "three boards come up" ./cluster up 3
calm || diag "not calm"
patient board1 board2 board3
# An address for the services beside the board's own, so that the two can be told apart.
on board1 ip address add 192.0.2.50/32 dev eth0

watch client "$tmp/client.pcap"
tap=$pid

# Ports 1000 and up are listened on by board 1, 2000 and up by board 2 only.
peer_start board1 0.0.0.0:1001 '[::]:1002' 192.0.2.1:1003 10.0.0.1:1004 192.0.2.50:1005 0.0.0.0:8000
peer_start board2 0.0.0.0:2001 '[::]:2002' 192.0.2.2:2003 10.0.0.2:2004 0.0.0.0:8000
{
	for port in 100{1..5} 200{1..4}; do
		echo "service add tcp 192.0.2.50:$port inspect none"
	done
	echo "service add tcp 192.0.2.50:80 inspect http target-port 8000"
	echo "url add moved.example server 10.0.0.2"
} | on board1 ipos-ctl -batch -

# seen NAME PORT: the program there names both ends as the client knows them
seen() {
	peer 192.0.2.50:"$2" get /names name >"$tmp/seen"
	is "$1" "$(sed -n 1p "$tmp/seen")" "$(sed -n 2p "$tmp/seen") 192.0.2.50:$2"
}
at=("0.0.0.0" "[::]" "the board's own address" "the Server IP" "the service's address")
for n in 1 2 3 4 5; do
	seen "board 1: a listener at ${at[n - 1]}" 100$n
done
is "all were attached to board 1" "$(placed)" "5 0 0"
for n in 1 2 3 4; do
	seen "board 2: a listener at ${at[n - 1]}" 200$n
done
is "all were handed to board 2" "$(placed)" "0 4 0"

seen "another target port, where it arrived" 80
is "it was attached to board 1" "$(placed)" "1 0 0"

peer 192.0.2.50:80 send 'GET /names HTTP/1.1\r\nHost: moved.example\r\n\r\n' answer name >"$tmp/seen"
is "another target port, handed off" "$(sed -n 1p "$tmp/seen")" "$(sed -n 2p "$tmp/seen") 192.0.2.50:80"
is "it was handed to board 2" "$(placed)" "0 1 0"

# Each worker has a listening socket of its own, and the kernel chooses among them. 24 connections all with the same of
# three: once in 10^11 runs.
mkdir "$tmp/root"
nginx_start board1 "$tmp/root" "listen 3001 reuseport; location / { return 200 \$pid; }" "worker_processes 3;"
nginx_start board3 "$tmp/root" "listen 3003 reuseport; location / { return 200 \$pid; }" "worker_processes 3;"
on board1 ipos-ctl service add tcp 192.0.2.50:3001 inspect http
on board1 ipos-ctl service add tcp 192.0.2.50:3003 inspect none
workers() {
	local i actions=(get /)
	for ((i = 1; i < 24; i++)); do
		actions+=(connect get /)
	done
	peer 192.0.2.50:"$1" "${actions[@]}" >"$tmp/workers"
	grep -cE '^[0-9]+$' "$tmp/workers"
}
is "nginx with several workers serves where it arrived" "$(workers 3001)" 24
ok "by more than one of them" test "$(sort -u "$tmp/workers" | wc -l)" -gt 1
is "all of these were attached to board 1" "$(placed)" "24 0 0"
is "nginx with several workers serves what was handed off" "$(workers 3003)" 24
ok "by more than one of them" test "$(sort -u "$tmp/workers" | wc -l)" -gt 1
is "all of these were handed to board 3" "$(placed)" "0 0 24"

watched "$tap" "$tmp/client.pcap"
is "every connection was seen on the wire" "$(begun "$tmp/client.pcap")" 59
is "nothing was reset" "$(reset_by "$tmp/client.pcap")" ""

on board1 ipos-ctl service add tcp 192.0.2.50:4000 inspect none
is "where no board listens, the client is reset" "$(peer 192.0.2.50:4000 end)" reset
is "and it is counted" "$(counter board1 unplaced) $(counter board1 reset_sent)" "1 1"
ok "no endpoint is left without its place" wait_for settled board1 board2 board3
ok "no Local entry is left" wait_for none table_local board1 board2 board3
finish
