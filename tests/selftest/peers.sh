#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Programs as they are, on both ends of connections that are served where they arrived or handed off: nginx and Python's
# server behind curl, sshd behind ssh, iperf3.
# vms 3
# need /usr/bin/python3 python3
# need nginx nginx
# need curl curl
# need tcpdump tcpdump
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
plan 35


service=http://192.0.2.1

ok "three boards come up" ./cluster up 3
calm || diag "not calm"
patient board1 board2 board3
for n in 1 2 3; do
	mkdir -p "$tmp/root$n/video"
	echo "board $n" | tee "$tmp/root$n/index.html" >"$tmp/root$n/video/index.html"
	head -c 300000 /dev/urandom | tee "$tmp/root$n/film" >"$tmp/root$n/video/film"
done
nginx_start board1 "$tmp/root1"
nginx_start board2 "$tmp/root2"
start board3 "$tmp/http-board3" /usr/bin/python3 -m http.server --protocol HTTP/1.1 --bind :: --directory "$tmp/root3" 80
wait_for listening board3 80
on board1 ipos-ctl -batch - <<-BATCH
	service add tcp 192.0.2.1:80 inspect http
	url add */video server 10.0.0.2
	url add python.example server 10.0.0.3
BATCH
watch client "$tmp/client.pcap"
tap=$pid

# persistent PATH [CURL-OPTION...]: three requests that may use one connection: the bodies one after the other
persistent() {
	local path=$1
	shift
	on client curl -sS --fail --max-time $((2 * TAP_WAIT)) "$@" -w '%{stderr}%{num_connects}\n' \
		"$service$path" "$service$path" "$service$path" 2>"$tmp/connects"
}
# connections: how many the last of them took
connections() { awk '{ n += $1 } END { print n }' "$tmp/connects"; }


# The film of board N, as it should arrive once or three times.
film() { sum "$tmp/root$1/film"; }
films() { cat "$tmp/root$1/film" "$tmp/root$1/film" "$tmp/root$1/film" | sum; }

# What board 1 sends of responses is seen where it should be, and is nothing where another board answers.
watch_responses board1 "$tmp/here.pcap"
responses=$pid
is "nginx serves where the request arrived" "$(fetch client $service/film | sum)" "$(film 1)"
is "three requests on one connection, too" "$(persistent /film | sum)" "$(films 1)"
is "they took one connection" "$(connections)" 1
is "both were attached to board 1" "$(placed)" "2 0 0"
stop "$responses" INT
ok "the responses left by board 1" test "$(frames "$tmp/here.pcap")" -gt 0

watch_responses board1 "$tmp/moved.pcap"
responses=$pid
is "nginx on board 2 serves what the URL Map gives it" "$(fetch client $service/video/film | sum)" "$(film 2)"
is "three requests on one connection, too" "$(persistent /video/film | sum)" "$(films 2)"
is "they took one connection" "$(connections)" 1
is "both were handed to board 2" "$(placed)" "0 2 0"
is "Python's server on board 3 serves a host" "$(fetch client $service/film -H 'Host: python.example' | sum)" "$(film 3)"
is "three requests on one connection, too" "$(persistent /film -H 'Host: python.example' | sum)" "$(films 3)"
is "they took one connection" "$(connections)" 1
is "both were handed to board 3" "$(placed)" "0 0 2"
is "Python's server gives its 404" "$(on client curl -s -m "$TAP_WAIT" -o /dev/null -w '%{http_code}' \
	-H 'Host: python.example' $service/nothing)" 404
is "which was handed off as well" "$(placed)" "0 0 1"
watched "$responses" "$tmp/moved.pcap"
is "no byte of these responses crossed board 1" "$(frames "$tmp/moved.pcap")" 0
is "nginx has seen the client's address" "$(cut -d : -f 1 "$tmp/nginx-board2/access.log" | sort | uniq -c | xargs)" \
	"4 192.0.2.100"

# Here the server speaks first, so nothing is inspected and the policy decides: where there is a listener.
on board1 ipos-ctl -batch - <<-BATCH
	service add tcp 192.0.2.1:22 inspect none
	service add tcp 192.0.2.1:2222 inspect none
	service add tcp 192.0.2.1:5201 inspect none
	service add tcp 192.0.2.1:5202 inspect none
BATCH

# shellcheck disable=SC2016 # expands over there
where='set -- $SSH_CONNECTION; echo "$1 $3 $4 $(ip -br -4 address show eth1 | tr -s " " | cut -d " " -f 3)"'
sshd_start board1 22
sshd_start board2 2222
is "sshd serves where the connection arrived" "$(shell 22 "$where")" "192.0.2.100 192.0.2.1 22 10.0.0.1/24"
is "it was attached to board 1" "$(placed)" "1 0 0"
is "sshd on board 2 serves what only it listens for" "$(shell 2222 "$where")" \
	"192.0.2.100 192.0.2.1 2222 10.0.0.2/24"
is "a file arrives through its pipe" "$(shell 2222 'cat >/dev/shm/film; cat /dev/shm/film' <"$tmp/root1/film" | sum)" \
	"$(film 1)"
is "both were handed to board 2" "$(placed)" "0 2 0"

watched "$tap" "$tmp/client.pcap"
is "every connection was seen on the wire" "$(begun "$tmp/client.pcap")" 10
is "nothing was reset" "$(reset_by "$tmp/client.pcap")" ""

is "ipOS itself has reset nothing" "$(counters board1 reset_sent)" 0

# iperf3 is not watched: at the end of a test it resets connections by itself, having unread bytes left, and what the
# client still sends then belongs to none.

# measure BOARD PORT [OPTION...]: bytes sent and received, as iperf3 itself reports them: "yes" for a direction in which there
# were any.
measure() {
	iperf "$1" "$2" -n 2M -P 2 -J "${@:3}" >"$tmp/iperf.json" || head -n 50 "$tmp/iperf.json" >&2
	/usr/bin/python3 -IS - "$tmp/iperf.json" <<-'PYTHON'
		import json, sys
		end = json.load(open(sys.argv[1]))["end"]
		print(len(end["streams"]), *(end[way]["bytes"] > 0 for way in ("sum_sent", "sum_received")))
	PYTHON
}
is "iperf3 sends where the connections arrived" "$(measure board1 5201)" "2 True True"
is "and the other way" "$(measure board1 5201 -R)" "2 True True"
is "control and data connections were attached to board 1" "$(placed)" "6 0 0"
is "iperf3 on board 3 gets what is sent" "$(measure board3 5202)" "2 True True"
is "and sends" "$(measure board3 5202 -R)" "2 True True"
is "control and data connections were handed to board 3" "$(placed)" "0 0 6"

ok "no endpoint is left without its place" wait_for settled board1 board2 board3
ok "no Local entry is left" wait_for none table_local board1 board2 board3
is "no connection was lost" "$(counters board1 unplaced lost)" 0
finish
