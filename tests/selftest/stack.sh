#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What is the host's own stays with its stack; and the module comes and goes under connections.
# need /usr/bin/python3 python3
# need nginx nginx
# need curl curl
# need tcpdump tcpdump
# need ping iputils-ping

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan 51

ok "three boards come up" ./cluster up 3
roots 3 big 4000000
for n in 1 2 3; do
	nginx_start board$n "$tmp/root$n" "listen 8080; location /slow/ { alias $tmp/root$n/; }"
done
# What a client does not read stays with the server.
on client sysctl -qw net.ipv4.tcp_rmem="4096 65536 65536"
watch client "$tmp/client.pcap"
tap=$pid

# download NAME PORT [CURL-OPTION...]: the large file, so slowly that it lasts until it is let go, and then the small one on
# the same connection; in the background. fetched NAME N: ended well, with board N's contents.
download() {
	local name=$1 port=$2
	shift 2
	rm -f "$tmp/$name.pipe" && mkfifo "$tmp/$name.pipe"
	slowly "$name" <"$tmp/$name.pipe" >"$tmp/$name.big" &
	readers[$name]=$!
	start client "$tmp/$name.curl" curl -sS --fail --max-time $((8 * TAP_WAIT)) "$@" -w '%{num_connects}\n' \
		-o "$tmp/$name.pipe" "http://192.0.2.1:$port/slow/big" -o "$tmp/$name.small" "http://192.0.2.1:$port/index.html"
	downloads[$name]=$pid
	wait_for test -s "$tmp/$name.big"
}
declare -A downloads=() readers=()
slowly() {
	until [ -e "$tmp/$1.go" ]; do
		head -c 5000
		sleep 0.2
	done
	cat
}
let_go() {
	touch "$tmp/$1.go"
	wait "${downloads[$1]}"
	wait "${readers[$1]}"
}
fetched() {
	let_go "$1"
	cat "$tmp/$1.curl"
	[ "$(sum "$tmp/$1.big") $(cat "$tmp/$1.small") $(xargs <"$tmp/$1.curl")" = "${sums[$2]} board $2 1 0" ]
}
running() { [ "$(stat -c %s "$tmp/$1.big")" -lt 4000000 ]; }

# A service begins under a connection that the stack has, and ends under connections of its own.
download before 80
on board1 ipos-ctl service add tcp 192.0.2.1:80 inspect http
on board1 ipos-ctl url add moved.example server 10.0.0.2
ok "a service is added under a download" running before
ok "the download and its connection go on" fetched before 1
is "and were never ipOS's" "$(counters board1 syn_received no_endpoint)" 0

download here 80
download moved 80 -H 'Host: moved.example'
is "one download stays, one moves" "$(placed)" "1 1 0"
on board1 ipos-ctl service del tcp 192.0.2.1:80
ok "the service is taken away under them" running here
ok "both" running moved
ok "the download here and its connection go on" fetched here 1
ok "the moved download and its connection go on" fetched moved 2
syns=$(counter board1 syn_received)
is "a new connection is the stack's own" "$(fetch client http://192.0.2.1/ -H 'Host: moved.example')" "board 1"
is "and not ipOS's" "$(($(counter board1 syn_received) - syns))" 0
on board1 ipos-ctl service add tcp 192.0.2.1:80 inspect http

# What is for no service.
is "another port of the same address is the stack's" "$(fetch client http://192.0.2.1:8080/)" "board 1"
is "a port nobody listens on answers as ever" "$(peer 192.0.2.1:7 end 2>&1 | grep -o 'Connection refused')" \
	"Connection refused"
ok "fragments of a ping arrive" on client ping -c 1 -W 10 -s 4000 192.0.2.1
cat >"$tmp/echo.py" <<'PYTHON'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.0.2.1", 80))
data, peer = s.recvfrom(65536)
s.sendto(str(len(data)).encode(), peer)
PYTHON
start board1 "$tmp/echo" /usr/bin/python3 -IS "$tmp/echo.py"
wait_for on board1 sh -c 'ss -Hlun "sport = :80" | grep -q .'
is "fragments of a datagram arrive, at the same port" "$(on client /usr/bin/python3 -ISc '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(30)
s.sendto(bytes(5000), ("192.0.2.1", 80))
print(s.recv(100).decode())')" 5000
is "the board's own connection to its own address is not taken" "$(fetch board1 http://192.0.2.1/ -H 'Host: moved.example')" \
	"board 1"
is "none of these was ipOS's" "$(($(counter board1 syn_received) - syns))" 0
placed >/dev/null

# What comes by another way than a device with the client role is caught before the stack gets it. Two clients more:
# "far" behind the first one, as its router, whose wire to the boards takes 576 bytes only; "near" on a wire of its own to
# board 1.
caught() { echo $(($(counter board1 local_in) > $1)); }
on client sysctl -qw net.ipv4.ip_forward=1
for name in far near; do
	ip netns add $name
	on $name sysctl -qw net.ipv4.ip_no_pmtu_disc=1
done
ip link add down0 netns client type veth peer name eth0 netns far
ip link add eth2 netns board1 type veth peer name eth0 netns near
ip -batch - <<-'BATCH'
	netns exec client ip address add 198.51.100.1/24 dev down0
	netns exec client ip link set down0 up
	netns exec far ip address add 198.51.100.2/24 dev eth0
	netns exec far ip link set eth0 up
	netns exec far ip route add default via 198.51.100.1
	netns exec board1 ip route add 198.51.100.0/24 via 192.0.2.100
	netns exec board2 ip route add 198.51.100.0/24 via 192.0.2.100
	netns exec board1 ip address add 203.0.113.1/24 dev eth2
	netns exec board1 ip link set eth2 up
	netns exec near ip address add 203.0.113.2/24 dev eth0
	netns exec near ip link set eth0 up
	netns exec near ip route add default via 203.0.113.1
BATCH
on client ip link set eth0 mtu 576
long=$(printf 'x%.0s' {1..5000})
for way in here moved; do
	[ $way = here ] && n=1 || n=2
	was=$(counter board1 local_in)
	is "$way: a request in IP fragments is answered" \
		"$(fetch far http://192.0.2.1/ -H "X-Long: $long" -H "Host: $way.example")" "board $n"
	is "$way: it was caught behind the reassembly" "$(caught "$was")" 1
	is "$way: by board" "$(placed)" "$([ $way = here ] && echo 1 0 0 || echo 0 1 0)"
done
on client ip link set eth0 mtu 1500
ok "board 1 has reassembled them" test "$(on board1 nstat -asz IpReasmOKs | awk '/^IpReasmOKs/ { print $2 }')" -gt 2

was=$(counter board1 local_in)
is "a device without a role serves clients" "$(fetch near http://192.0.2.1/)" "board 1"
is "their packets were caught" "$(caught "$was")" 1
is "and their connection attached" "$(placed)" "1 0 0"

# The same addresses by a VLAN on the same wires: its frames are the VLAN device's, not eth0's.
ip -batch - <<-'BATCH'
	netns exec client ip link add link eth0 name eth0.5 type vlan id 5
	netns exec client ip link set eth0.5 up
	netns exec client ip route add 192.0.2.1/32 dev eth0.5 src 192.0.2.100
	netns exec board1 ip link add link eth0 name eth0.5 type vlan id 5
	netns exec board1 ip link set eth0.5 up
	netns exec board1 ip route add 192.0.2.100/32 dev eth0.5 src 192.0.2.1
BATCH
was=$(counter board1 local_in)
is "a VLAN serves clients" "$(fetch client http://192.0.2.1/)" "board 1"
is "its packets were caught: eth0 has left them alone" "$(caught "$was")" 1
on board1 ipos-ctl dev add eth0.5 role client
was=$(counter board1 local_in)
is "with a role it serves them" "$(fetch client http://192.0.2.1/)" "board 1"
is "by itself" "$(caught "$was")" 0
is "both were attached" "$(placed)" "2 0 0"
on client ip link del eth0.5
on board1 ip link del eth0.5

# The module leaves, with endpoints in every state: attached, moved, in their request, offered to a board that is none.
on board1 ipos-ctl -batch - <<-'BATCH'
	server add 10.0.0.9 lladdr 02:00:00:00:02:09
	url add nobody.example server 10.0.0.9
	board set offer-ms 10000
BATCH
download stays 80
download goes 80 -H 'Host: moved.example'
start client "$tmp/half" lib/peer.py 192.0.2.1:80 send 'GET / HTT' end
half=$pid
start client "$tmp/offered" lib/peer.py 192.0.2.1:80 send 'GET / HTTP/1.0\r\nHost: nobody.example\r\n\r\n' end
offered=$pid
ok "there is an endpoint in its request" wait_for counter_is board1 table_temporary 1
ok "and one that is offered" wait_for counter_is board1 table_forward_connect 1
ok "the module leaves" modprobe -r ipos
ok "under downloads: the one that stays" running stays
ok "and the one that moved" running goes
ok "the connection attached here lives on" fetched stays 1
let_go goes
like "the moved one ends" "$(cat "$tmp/goes.curl")" "reset by peer|timed out|transfer closed"
wait $offered
is "the one that was offered is served here" "$(tail -n 2 "$tmp/offered" | xargs)" "board 1 eof"
stop $half
watched "$tap" "$tmp/client.pcap"
ok "connections were seen on the wire" test "$(frames "$tmp/client.pcap" 'tcp[tcpflags] & tcp-ack == 0')" -gt 10

# It comes back, and what was left of the connections is no concern of it.
load() {
	local n m
	modprobe ipos || return
	for n in 1 2 3; do
		on "board$n" ipos-ctl -batch - <<-BATCH || return
			board set server-ip 10.0.0.$n settle-ms 0
			dev add eth0 role client
			dev add eth1 role fabric
		BATCH
		for m in 1 2 3; do
			[ "$m" = "$n" ] || on "board$n" ipos-ctl server add "10.0.0.$m" lladdr "02:00:00:00:02:0$m" || return
		done
	done
	on board1 ipos-ctl -batch - <<-BATCH
		service add tcp 192.0.2.1:80 inspect http
		url add moved.example server 10.0.0.2
		url add third.example server 10.0.0.3
	BATCH
}
ok "the module loads again" load
is "it serves what stays" "$(fetch client http://192.0.2.1/)" "board 1"
is "and what moves" "$(fetch client http://192.0.2.1/ -H 'Host: moved.example')" "board 2"

# Boards vanish under load: a target, then the origin. Not board 2: its nginx still sends to the client of a moment ago,
# which is gone, and as long keeps its namespace.
start client "$tmp/load" lib/fetches.py 192.0.2.1:80 1000 50 /index.html third.example here.example
load=$pid
loaded() { [ "$(wc -l <"$tmp/nginx-board3/access.log")" -gt 100 ]; }
# vanish BOARD
vanish() {
	local pid
	for pid in $(ip netns pids "$1"); do
		kill -9 "$pid"
	done
	ip netns del "$1"
}
gone() { ! ip link show "$1-eth0"; }
ok "there is load" wait_for loaded
ok "a target vanishes under it" vanish board3
ok "with its devices" wait_for gone board3
ok "the origin, too" vanish board1
ok "with its devices" wait_for gone board1
kill -0 $load
is "the load was still there" $? 0
stop $load
ok "the module leaves" modprobe -r ipos
finish
