#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# 20 MB each way through a hand-off, with the offloads of the wires' devices (segmentation, checksums) and without.
# vms 2
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
plan 16

ok "two boards come up" ./cluster up 2
patient board1 board2
mkdir "$tmp/root1" "$tmp/root2"
head -c 20000000 /dev/urandom >"$tmp/big"
ln "$tmp/big" "$tmp/root2/big"
want=$(sum "$tmp/big")
nginx_start board2 "$tmp/root2" 'dav_methods PUT; client_max_body_size 0;'
on board1 ipos-ctl -batch - <<-BATCH
	service add tcp 192.0.2.1:80 inspect http
	url add * server 10.0.0.2
BATCH

watch client "$tmp/client.pcap"
tap=$pid
watch_responses board1 "$tmp/responses.pcap"
responses=$pid

# both_ways NAME: the file down and up; what was stored is what board 2's nginx got.
both_ways() {
	is "$1: 20 MB come down" "$(fetch client http://192.0.2.1/big --max-time $((4 * TAP_WAIT)) | sum)" "$want"
	rm -f "$tmp/root2/stored"
	ok "$1: 20 MB go up" fetch client http://192.0.2.1/stored --max-time $((4 * TAP_WAIT)) -T "$tmp/big"
	is "$1: and are what was sent" "$(sum "$tmp/root2/stored")" "$want"
	is "$1: both were handed to board 2" "$(placed)" "0 2"
}

capture board1 eth0 "$tmp/long.pcap" 'greater 1515'
long=$pid
both_ways "default offloads"
stop "$long" INT
ok "board 1 got packets to be segmented" test "$(frames "$tmp/long.pcap")" -gt 0

for name in client board1 board2; do
	on "$name" ethtool -K eth0 tx off rx off tso off gso off gro off sg off >/dev/null
done
for name in board1 board2; do
	on "$name" ethtool -K eth1 tx off rx off tso off gso off gro off sg off >/dev/null
done
capture board1 eth0 "$tmp/short.pcap" 'greater 1515'
short=$pid
both_ways "no offloads"
watched "$short" "$tmp/short.pcap"
is "board 1 got none" "$(frames "$tmp/short.pcap")" 0

watched "$responses" "$tmp/responses.pcap"
is "no byte of a response crossed board 1" "$(frames "$tmp/responses.pcap")" 0
watched "$tap" "$tmp/client.pcap"
is "every connection was seen on the wire" "$(begun "$tmp/client.pcap")" 4
is "nothing was reset" "$(reset_by "$tmp/client.pcap")" ""
is "nothing was dropped" "$(on board1 ipos-ctl stats show nonzero | grep ^drop)$(on board2 ipos-ctl stats show nonzero | grep ^drop)" ""
ok "no endpoint is left without its place" wait_for settled board1 board2
finish
