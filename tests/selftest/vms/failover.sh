#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A board stands still under load, comes back, and then loses its power: what is asked meanwhile, others answer.
# vms 3
# need /usr/bin/python3 python3
# need nginx nginx
# need tcpdump tcpdump

cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
export IPOS_ADVERTISE_MS=1000
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
# shellcheck source=tests/lib/events.sh
. lib/events.sh
plan 22

ok "three boards are up" ./cluster up 3
for n in 1 2 3; do
	mkdir -p "$tmp/root$n/video/$n"
	echo "board $n" >"$tmp/root$n/index.html"
	head -c 1000000 /dev/urandom | tee "$tmp/root$n/video/film" >"$tmp/root$n/video/$n/film"
	nginx_start "board$n" "$tmp/root$n" "keepalive_timeout 1; send_timeout 1800;"
done
on board1 ipos-ctl -b - <<-'LINES'
	board set peer-timeout 600
	service add tcp 192.0.2.1:80 inspect http policy least-conn
	url add */video server 10.0.0.2
	url add */video/1 server 10.0.0.1
	url add */video/3 server 10.0.0.3
LINES

# Both in the order of board 1's clock: what it tells, and the advertisements on its wire.
start board1 "$tmp/events" ipos-ctl -timestamp monitor
events=$pid
capture board1 eth1 "$tmp/fabric.pcap" 'ether[12:2] = 7 and ether[26] = 0x83'
tap=$pid
# shellcheck disable=SC2317 # called by wait_for
heard() { [ "$(frames "$tmp/fabric.pcap" 'ether src 02:00:00:00:02:02')" -ge 2 ]; }
ok "the boards advertise" wait_for heard

start client "$tmp/downloads" lib/downloads.py 192.0.2.1:80 6 /video/film "$tmp/go"
downloads=$pid
ok "board 2 sends downloads" wait_for grep -q '^open 6' "$tmp/downloads"
# The other boards have more connections, so that board 2 is the one that the policy gives requests to.
others=()
for n in 1 3; do
	start client "$tmp/downloads$n" lib/downloads.py 192.0.2.1:80 10 "/video/$n/film" "$tmp/never"
	others+=("$pid")
	ok "board $n has ten" wait_for grep -q '^open 10' "$tmp/downloads$n"
done
start client "$tmp/requests" env TAP_WAIT=300 lib/requests.py 192.0.2.1:80 8 / "$tmp/stop"
load=$pid
# ended PATTERN COUNT: so many requests have ended in that way
# shellcheck disable=SC2317 # called by wait_for
ended() { [ "$(grep -cE " ($1)\$" "$tmp/requests")" -ge "$2" ]; }
# more PATTERN COUNT: so many more
# shellcheck disable=SC2317 # called by ok
more() {
	local pattern=$1 begin
	begin=$(grep -cE " ($1)\$" "$tmp/requests")
	wait_for ended "$pattern" $((begin + $2))
}
ok "it answers requests" more "board 2" 5

# said WORD FROM: whether board 1 has said that of board 2 since that line
# shellcheck disable=SC2317 # called by wait_for
said() { tail -n "+$2" "$tmp/events" | grep -qE " cluster ($1) server 10.0.0.2\$"; }
lines() { echo $(($(wc -l <"$tmp/events") + 1)); }

from=$(lines)
ok "board 2 stands still" ./vms stop board2
ok "board 1 says that it is stale" wait_for said stale "$from"
ok "requests go on" more "board [13]" 30

# The last advertisement of board 2, and how many board 1 itself has sent from there until it said so: as it sends one an
# interval, give or take a tenth, that counts intervals, however slow the machine is.
stale=$(tail -n "+$from" "$tmp/events" | sed -n 's/ cluster stale server 10.0.0.2$//p' | head -n 1)
stale=$(date -d "$stale" +%s.%N)
intervals=$(tcpdump -n -tt -e -r "$tmp/fabric.pcap" 2>/dev/null | awk -v stale="$stale" '
	$1 < stale && $2 == "02:00:00:00:02:02" { n = 0 }
	$1 < stale && $2 == "02:00:00:00:02:01" { n++ }
	END { print n }')
ok "that was after three intervals" test "$intervals" -ge 2 -a "$intervals" -le 5
diag "board 1 has sent $intervals advertisements meanwhile"
# offered FROM: what was offered to board 2 between that line and the next word of it
offered() { tail -n "+$1" "$tmp/events" | awk '/ cluster [a-z]* server 10.0.0.2$/ { exit } / offered .* peer 10.0.0.2/'; }
line=$(grep -n " cluster stale server 10.0.0.2\$" "$tmp/events" | awk -F : -v from="$from" '$1 >= from { print $1; exit }')
is "from then on it is offered nothing" "$(offered $((line + 1)))" ""

from=$(lines)
ok "board 2 goes on" ./vms cont board2
# After ten intervals it had gone, and joins.
ok "board 1 says that it is there again" wait_for said 'fresh|joined' "$from"
ok "it answers requests again" more "board 2" 5
touch "$tmp/go"
wait "$downloads"
is "its connections live on" "$(tail -n 2 "$tmp/downloads" | paste -sd ' ')" "reads closed 3 sends closed 3"
is "no request has failed" "$(grep failed "$tmp/requests")" ""
is "and none was lost" "$(counters board1 lost)" 0

# What its power takes with it ends when board 1 has not heard of it for so long.
start client "$tmp/downloads" lib/downloads.py 192.0.2.1:80 4 /video/film "$tmp/end"
downloads=$pid
ok "board 2 sends downloads again" wait_for grep -q '^open 4' "$tmp/downloads"
on board1 ipos-ctl board set peer-timeout 5
from=$(lines)
./vms kill board2
wait_for said stale "$from"
ok "without board 2, requests go on" more "board [13]" 30
touch "$tmp/stop" "$tmp/end"
wait "$load" "$downloads"
is "what it was sending is reset" "$(tail -n 2 "$tmp/downloads" | paste -sd ' ')" "reads reset 2 sends reset 2"
stop "$tap" INT
stop "$events"
stop "${others[0]}"
stop "${others[1]}"
failed=$(grep -c failed "$tmp/requests")
# Of the eight clients' connections some may have been answered, but their end had not been told yet.
lost=$(counters board1 lost)
ok "what it had is lost, and board 1 counts it" test "$lost" -ge $((failed + 4)) -a "$lost" -le $((failed + 12))
diag "$failed requests were in its hands; $(grep -c . "$tmp/requests") were made"
is "each was lost for want of an answer" "$(grep failed "$tmp/requests" | while read -r port _; do
	grep -q " handoff lost .* client 192.0.2.100:$port .* peer 10.0.0.2 reason unanswered" "$tmp/events" || echo "$port"
done)" ""
finish
