#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Many connections at once, each new: all of them by the URL Map to board 2; then a mix of three boards.
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
plan 13

ok "three boards come up" ./cluster up 3
ok "nothing is sent twice without need" calm
patient board1 board2 board3
# Twice what one segment holds.
roots 3 file 3000
for n in 1 2 3; do
	nginx_start "board$n" "$tmp/root$n"
done
on board1 ipos-ctl -batch - <<-BATCH
	service add tcp 192.0.2.1:80 inspect http
	url add moved.example server 10.0.0.2
	url add third.example server 10.0.0.3
BATCH
watch client "$tmp/client.pcap"
tap=$pid


# fetches ROUNDS COUNT HOST...
fetches() {
	local rounds=$1 count=$2
	shift 2
	on client lib/fetches.py 192.0.2.1:80 "$rounds" "$count" /file "$@" 2>&1
}

is "20 times 200 fetches at once give what they should" "$(fetches 20 200 moved.example)" \
	"4000 moved.example 200 3000 ${sums[2]}"
is "each was handed to board 2" "$(placed)" "0 4000 0"
is "board 2's nginx has served them" "$(wc -l <"$tmp/nginx-board2/access.log")" 4000

is "a mix of three boards gives what it should" "$(fetches 5 198 here.example moved.example third.example)" \
	"330 here.example 200 3000 ${sums[1]}
330 moved.example 200 3000 ${sums[2]}
330 third.example 200 3000 ${sums[3]}"
is "each board got its third" "$(placed)" "330 330 330"

watched "$tap" "$tmp/client.pcap"
is "every connection was seen on the wire" "$(begun "$tmp/client.pcap")" 4990
is "nothing was reset" "$(reset_by "$tmp/client.pcap" | wc -l)" 0
is "nothing was refused, withdrawn or lost" "$(counters board1 handoff_refused handoff_withdrawn unplaced lost reset_sent)" 0
ok "no endpoint is left without its place" wait_for settled board1 board2 board3
ok "no Local entry is left" wait_for none table_local board1 board2 board3
on board1 ipos-ctl board set closing-timeout 1
ok "every Forward entry ends" wait_for none table_forward board1
finish
