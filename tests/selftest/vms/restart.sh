#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A board whose power fails while it sends 50 downloads, and that comes back having forgotten everything.
# vms 3
# need /usr/bin/python3 python3
# need nginx nginx
# need curl curl
# need tcpdump tcpdump

cd "$(dirname "$0")/../.." || exit
# What boots again is to advertise as before.
export IPOS_ADVERTISE_MS=1000
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan 22

ok "three boards are up" ./cluster up 3
for n in 1 2 3; do
	mkdir -p "$tmp/root$n/video"
	echo "board $n" | tee "$tmp/root$n/index.html" >"$tmp/root$n/video/index.html"
	head -c 4000000 /dev/urandom >"$tmp/root$n/video/film"
	on "board$n" ipos-ctl board set closing-timeout 5
	nginx_start "board$n" "$tmp/root$n"
done
on board1 ipos-ctl -batch - <<-BATCH
	service add tcp 192.0.2.1:80 inspect http
	url add */video server 10.0.0.2
BATCH
booted=$(on board2 cat /proc/sys/kernel/random/boot_id)

start client "$tmp/downloads" lib/downloads.py 192.0.2.1:80 50 /video/film "$tmp/go"
downloads=$pid
ok "50 downloads are open" wait_for grep -q '^open 50' "$tmp/downloads"
is "all were handed to board 2" "$(placed)" "0 50 0"
is "each has its socket there" "$(on board2 ss -Htn state established 'sport = 80' | wc -l)" 50

ok "board 2's power fails" ./vms kill board2
fails "it does nothing more" "no machine 'board2' is running" on board2 true

# served COUNT: so many requests for what is board 2's, each on its own connection: by whom
served() {
	local n
	for ((n = 0; n < $1; n++)); do
		fetch client http://192.0.2.1/video/
	done | sort | uniq -c | awk '{ print $1 " by board " $3 }'
}
is "what is board 1's is served as before" "$(fetch client http://192.0.2.1/)" "board 1"
like "requests for board 2 are served by others" "$(served 5 | paste -sd ' ')" "^5 by board [13]$"
is "nobody has reset an open download" "$(grep -c . "$tmp/downloads")" 1

capture client eth0 "$tmp/client.pcap" "tcp port 80" -s 96 -B 32768
tap=$pid
ok "board 2 comes back" ./vms boot board2
isnt=$(on board2 cat /proc/sys/kernel/random/boot_id)
ok "it has booted" test "$booted" != "$isnt"
nginx_start board2 "$tmp/root2"
is "it settles as long as a frame of its former life may live" \
	"$(on board2 ipos-ctl -j board show | grep -o '"settle.ms": *[0-9]*' | tr -dc 0-9)" 8000

watch client "$tmp/resets.pcap"
resets=$pid
touch "$tmp/go"
ok "all downloads end" wait_for grep -q '^sends' "$tmp/downloads"
wait "$downloads"
is "each is reset, whether it sends or only reads on" "$(tail -n 2 "$tmp/downloads" | paste -sd ' ')" \
	"reads reset 25 sends reset 25"
stop "$tap" INT
watched "$resets" "$tmp/resets.pcap"

# answers FILE: of each client's port that was reset: the packets that it sent before
answers() {
	tcpdump -n -r "$1" src port 80 or dst port 80 2>/dev/null | awk '
		{ from = $3; to = $5; sub(":$", "", to) }
		from ~ /^192\.0\.2\.100\./ && !(from in ended) { sent[from]++ }
		to ~ /^192\.0\.2\.100\./ && index($7, "R") { ended[to] = 1 }
		END { for (port in ended) print sent[port] + 0 }'
}
# When board 2 says that it lives again, or when a client's packet makes it say that it knows nothing: board 1 then asks
# where the client is, and its answer is reset. A slow machine repeats some.
answers "$tmp/client.pcap" >"$tmp/answers"
is "each client was answered by a RST" "$(wc -l <"$tmp/answers")" 50
is "none needed many packets" "$(awk '$1 > 10' "$tmp/answers")" ""
is "board 1 counts them" "$(counters board1 lost)" 50
is "and no RST came from board 2 itself" "$(tcpdump -n -e -r "$tmp/resets.pcap" \
	'tcp[tcpflags] & tcp-rst != 0 and ether src 02:00:00:00:01:02' 2>/dev/null | wc -l)" 0

# shellcheck disable=SC2317 # called by wait_for
moved_again() { [ "$(fetch client http://192.0.2.1/video/)" = "board 2" ]; }
ok "board 2 is given connections again once it has settled" wait_for moved_again
is "requests are served by it, each of them" "$(served 5)" "5 by board 2"
ok "no endpoint is left without its place" wait_for settled board1 board2 board3
ok "no Forward entry is left after its time" wait_for none table_forward board1
finish
