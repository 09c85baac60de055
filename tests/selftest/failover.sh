#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A server program is killed on a board under load: only what it had got fails, and nothing that comes after.
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
# shellcheck source=tests/lib/events.sh
. lib/events.sh
plan 16

ok "three boards come up" ./cluster up 3
ok "the wires are calm" calm
roots 3
for n in 1 2 3; do
	# Nothing is offered twice because the machine is slow.
	on "board$n" ipos-ctl board set offer-ms 10000
	nginx_start "board$n" "$tmp/root$n"
	nginx[n]=$pid
done
on board1 ipos-ctl service add tcp 192.0.2.1:80 inspect http policy least-conn

listen "$tmp/events" ip netns exec board1 ipos-ctl -timestamp monitor handoff offered refused lost unplaced
events=$pid
start client "$tmp/requests" lib/requests.py 192.0.2.1:80 8 / "$tmp/stop"
load=$pid

# ended PATTERN COUNT: so many requests have ended in that way
# shellcheck disable=SC2317 # called by wait_for
ended() { [ "$(grep -cE " ($1)\$" "$tmp/requests")" -ge "$2" ]; }
ok "all three boards are given requests" wait_for ended "board 1" 10
ok "board 2 too" wait_for ended "board 2" 10
ok "board 3 too" wait_for ended "board 3" 10
is "so far, none has failed" "$(grep -c failed "$tmp/requests")" 0

# What is in its accept queue when it is killed is lost for sure: it stands still before.
mapfile -t workers < <(pgrep -P "${nginx[2]}")
kill -STOP "${workers[@]}"
# shellcheck disable=SC2317 # called by wait_for
queued() { [ "$(on board2 ss -Hltn 'sport = 80' | awk '{ print $2 }')" -ge 1 ]; }
ok "a request waits in its accept queue" wait_for queued
kill -KILL "${nginx[2]}" "${workers[@]}"
wait "${nginx[2]}" 2>/dev/null
# shellcheck disable=SC2317 # called by wait_for
silent() { ! listening board2 80; }
ok "nothing listens on board 2 any more" wait_for silent
killed=$(date +%s.%N)

# after: how many requests were begun after the kill, and have ended
after() { awk -v killed="$killed" '$2 > killed' "$tmp/requests" | wc -l; }
# shellcheck disable=SC2317 # called by wait_for
after_are() { [ "$(after)" -ge "$1" ]; }
ok "requests go on" wait_for after_are 150
is "none that was begun after the kill has failed" "$(awk -v killed="$killed" '$2 > killed && /failed/' "$tmp/requests")" ""
is "they are served by the others" "$(awk -v killed="$killed" '$2 > killed { print $4, $5 }' "$tmp/requests" | sort -u | xargs)" \
	"board 1 board 3"

nginx_start board2 "$tmp/root2"
begins=$(grep -c " board 2\$" "$tmp/requests")
ok "once it is there again, board 2 serves again" wait_for ended "board 2" $((begins + 1))
touch "$tmp/stop"
ok "every request has ended" wait "$load"
stop "$events"

# When a request was offered to board 2 the last time, in seconds since 1970, by its port
while read -r stamp _ _ _ _ _ _ at _; do
	echo "${at##*:} $(date -d "$stamp" +%s.%N)"
done < <(grep ' handoff offered .* peer 10.0.0.2' "$tmp/events") >"$tmp/offered"
awk 'NR == FNR { offered[$1] = $2; next } /failed/ { print $1, ($1 in offered) ? offered[$1] : "never" }' \
	"$tmp/offered" "$tmp/requests" >"$tmp/failed"
is "each that failed had been offered to board 2 before the kill" \
	"$(awk -v killed="$killed" '$2 == "never" || $2 > killed' "$tmp/failed")" ""
lost=$(grep -c . "$tmp/failed")
ok "what it had got is lost" test "$lost" -ge 1
diag "$lost requests were in its hands, accepted or queued; $(grep -c . "$tmp/requests") were made, $(after) since"
is "every other one was served" "$(grep -vc ' board [123]$' "$tmp/requests")" "$lost"
finish
