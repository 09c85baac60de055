#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every command of every object, as people and as raw netlink see it: what it shows, and each refusal word for word.
# need setpriv util-linux
# need ss iproute2
# need /usr/lib/python3/dist-packages/yaml python3-yaml

cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
plan 373

ctl() { ipos-ctl -n a "$@"; }
does() { says "$*" 0 "" ctl "$@"; }

# shows TEXT WORD...
shows() {
	local text=$1
	shift
	says "$*" 0 "$text" ctl "$@"
}

# refuses WORDS WORD...: the kernel does
refuses() {
	local words=$1
	shift
	says "$*: refused" 2 "Error: ipos: $words." ctl "$@"
}

# json EXPRESSION WORD...: what Python makes of the rows
json() {
	local expression=$1
	shift
	ctl -j "$@" | /usr/bin/python3 -c "import json, sys; rows = json.load(sys.stdin); print($expression)"
}

modprobe ipos || exit
for ns in a b; do
	ip netns add $ns
done
# Names and numbers as in the standard cluster; what is at the other end does not matter.
for i in 0 1 2; do
	ip -n a link add eth$i address 02:00:00:00:0$((i + 1)):01 type veth peer name peer$i
done
ip -n a link set lo up
ip -n a addr add 192.0.2.1/24 dev eth0
ip -n a link set eth0 up
index() { ip netns exec a cat "/sys/class/net/$1/ifindex"; }

# board

# What is sampled, and changes by itself, is left out.
settings() { ctl board show | grep -vE '^(connections|cpu|memory|bandwidth|in-flight|accept-us|memory-total|bandwidth-total) '; }
settings=$(settings)
like "a board begins without an address, with type 0x0007" "$settings" \
	$'^server-ip              0\\.0\\.0\\.0\nethertype              0x0007\nepoch                  0x[0-9a-f]{16}\n'
is "every setting is shown in text" "$(wc -l <<<"$settings")" 48
is "and in JSON, by the same names" "$(json '"\n".join(rows[0])' board show | tr _ -)" \
	"$(ctl board show | cut -d' ' -f1)"
is "the epoch stays while the board lives" "$(json 'rows[0]["epoch"]' board show)" \
	"$(sed -n 's/^epoch *//p' <<<"$settings")"
like "pretty JSON has lines" "$(ctl -j -p board show)" $'^\\[\n    \\{\n        "server_ip": "0.0.0.0",\n'

# setting NAME LOW HIGH: both ends and one beyond
setting() {
	local name=$1 low=$2 high=$3 was
	was=$(ctl board show | sed -n "s/^$name  *//p")
	[ "$low" = 0 ] || refuses "$name must be $low to $high" board set "$name" $((low - 1))
	refuses "$name must be $low to $high" board set "$name" $((high + 1))
	ctl board set "$name" "$low" && ctl board set "$name" "$high"
	like "$name is $high then" "$(ctl board show)" "(^|"$'\n'")$name +$high("$'\n'"|$)"
	ctl board set "$name" "$was"
}
setting load-threshold 0 16777216
setting hold-bytes 256 65536
setting hold-ms 10 600000
setting offer-ms 1 60000
setting offer-tries 1 16
setting ack-ms 1 60000
setting ack-tries 8 255
setting reserve-ms 10 600000
setting idle-timeout 1 604800
setting closing-timeout 1 3600
setting settle-ms 0 60000
setting syn-cookies-threshold 0 16777216
setting weight 1 10000
for name in cpu memory bandwidth; do
	setting load-$name 0 1000
done
setting link-speed 0 1000000
setting advertise-ms 0 60000
setting peer-timeout 0 604800
setting leave-ms 0 600000
setting udp-timeout 1 604800
for table in temporary forward-connect forward local reserved closed server service url listen app withdrawn; do
	setting limit-$table 0 16777216
done
is "all is as before" "$(settings)" "$settings"
refuses "limit-url must be 0 to 16777216" board set hold-ms 77 limit-url 16777217
is "of several settings all or none are changed" "$(settings)" "$settings"
for addr in 0.0.0.0 127.0.0.1 224.0.0.1 255.255.255.255; do
	refuses "server-ip must be a unicast address" board set server-ip $addr
done
for type in 0 6 0x5ff; do
	refuses "ethertype must be 0x0007 or 0x0600 to 0xffff" board set ethertype $type
done
for type in 0x0800 0x0806 0x86dd 0x8100 0x88a8; do
	refuses "ethertype belongs to another protocol" board set ethertype $type
done
does board set server-ip 10.0.0.1 ethertype 0x88b5 drain yes
is "they are set" "$(json '*(rows[0][x] for x in ("server_ip", "ethertype", "drain"))' board show)" "10.0.0.1 0x88b5 True"
does board set drain no ethertype 7

# dev

shows "" dev show
shows "[]" -j dev show
does dev add eth0 role client
refuses "device has a role already" dev add eth0 role fabric
refuses "device is not an Ethernet device" dev add lo role fabric
refuses "learn is for a fabric device" dev add eth1 role client learn on
refuses "dev is missing: there is not just one fabric device" server add 10.0.0.2 lladdr 02:00:00:00:02:02
says "a fabric that is too narrow is warned of" 0 "Warning: ipos: MTU of the fabric is below a client device's + 16." \
	ctl dev add eth1 role fabric
shows "DEV   IFINDEX  ROLE     MTU  LEARN
eth0  $(printf '%7d' "$(index eth0)")  client  1500  off
eth1  $(printf '%7d' "$(index eth1)")  fabric  1500  off" dev show
is "dev show in JSON" "$(json rows dev show)" "[{'dev': 'eth0', 'ifindex': $(index eth0), 'role': 'client', 'mtu': 1500, \
'learn': 'off'}, {'dev': 'eth1', 'ifindex': $(index eth1), 'role': 'fabric', 'mtu': 1500, 'learn': 'off'}]"
does dev set eth1 learn on
is "it learns" "$(json '*(row["learn"] for row in rows)' dev show)" "off on"
refuses "learn is for a fabric device" dev set eth0 learn on
refuses "device has no role" dev set lo learn on
does dev del eth1
refuses "device has no role" dev del eth1
ip -n a link set eth1 mtu 1516
does dev add eth1 role fabric
says "one device may be both" 0 "Warning: ipos: MTU of the fabric is below a client device's + 16." \
	ctl dev add eth2 role both
is "and is shown so" "$(json '[row["role"] for row in rows]' dev show)" "['client', 'fabric', 'both']"

# server

refuses "dev is missing: there is not just one fabric device" server add 10.0.0.2 lladdr 02:00:00:00:02:02
refuses "dev is not a fabric device" server add 10.0.0.2 lladdr 02:00:00:00:02:02 dev eth0
refuses "dev is not a fabric device" server add 10.0.0.2 lladdr 02:00:00:00:02:02 dev lo
does server add 10.0.0.2 lladdr 02:00:00:00:02:02 dev eth2
does dev del eth2
shows "" server show
does server add 10.0.0.2 lladdr 02:00:00:00:02:02
refuses "server exists already" server add 10.0.0.2 lladdr 02:00:00:00:02:03
refuses "lladdr is another server's" server add 10.0.0.3 lladdr 02:00:00:00:02:02
refuses "lladdr is this board's own" server add 10.0.0.3 lladdr 02:00:00:00:02:01
refuses "server is this board itself" server add 10.0.0.1 lladdr 02:00:00:00:02:03
for addr in 0.0.0.0 127.0.0.1 224.0.0.1 255.255.255.255; do
	refuses "server must have a unicast address" server add $addr lladdr 02:00:00:00:02:03
done
for mac in 00:00:00:00:00:00 01:00:5e:00:00:01 ff:ff:ff:ff:ff:ff; do
	refuses "lladdr must be a unicast address" server add 10.0.0.3 lladdr $mac
done
refuses "server-ip is another board's" board set server-ip 10.0.0.2
refuses "cpu must be 0 to 1000" server add 10.0.0.3 lladdr 02:00:00:00:02:03 cpu 1001
does server add 10.0.0.3 lladdr 02:00:00:00:02:03 dev eth1 state down connections 7
shows "IP        CONNECTIONS  CPU  MEMORY  BANDWIDTH  LLADDR             DEV   STATE  HANDOFFS  WEIGHT  FRESHNESS  LEARNED  HEARD  \
INTERVAL  EPOCH  SNAPSHOT  SAYS  IN-FLIGHT  ACCEPT-US  MEMORY-TOTAL  BANDWIDTH-TOTAL
10.0.0.2            0    0       0          0  02:00:00:00:02:02  eth1  up            0       0  unheard    no       -      \
-         -      -         -     -          -          -             -" server show 10.0.0.2
is "server show in JSON" "$(json rows server show 10.0.0.3)" "[{'ip': '10.0.0.3', 'connections': 7, 'cpu': 0, \
'memory': 0, 'bandwidth': 0, 'lladdr': '02:00:00:00:02:03', 'dev': 'eth1', 'state': 'down', 'handoffs': 0, 'weight': 0, \
'freshness': 'unheard', 'learned': False, 'says': []}]"
is "both are shown" "$(json 'sorted(row["ip"] for row in rows)' server show)" "['10.0.0.2', '10.0.0.3']"
shows "" server show 10.0.0.9
does server set 10.0.0.2 state drain connections 4294967295 cpu 1000 memory 18446744073709551615 bandwidth 10000000 weight 10000
is "it is set" "$(json '*rows[0].values()' server show 10.0.0.2)" \
	"10.0.0.2 4294967295 1000 18446744073709551615 10000000 02:00:00:00:02:02 eth1 drain 0 10000 unheard False []"
refuses "cpu must be 0 to 1000" server set 10.0.0.2 cpu 1001
refuses "weight must be 0 to 10000" server set 10.0.0.2 weight 10001
refuses "no such server" server set 10.0.0.9 state up
does board set limit-server 2
refuses "Server State Table is full (limit-server)" server add 10.0.0.4 lladdr 02:00:00:00:02:04
does server del 10.0.0.3
refuses "no such server" server del 10.0.0.3
does server add 10.0.0.4 lladdr 02:00:00:00:02:03

# service

does service add tcp 192.0.2.1:80
refuses "service exists already" service add tcp 192.0.2.1:80 inspect http
refuses "address is not this host's, and foreign was not said" service add tcp 192.0.2.9:80
refuses "nothing is inspected of UDP: inspect must be none" service add udp 192.0.2.1:53 inspect http
refuses "only a UDP service has a timeout" service add tcp 192.0.2.1:81 timeout 5
refuses "only a UDP service can be one-packet" service add tcp 192.0.2.1:81 one-packet
refuses "timeout must be 1 to 65535" service add udp 192.0.2.1:53 timeout 0
refuses "timeout must be 1 to 65535" service add udp 192.0.2.1:53 timeout 65536
does service add udp 192.0.2.1:53 timeout 5
refuses "only a UDP service has a timeout" service set tcp 192.0.2.1:80 timeout 5
does service set udp 192.0.2.1:53 timeout 6
is "the timeout of a UDP service" "$(json '[row["timeout"] for row in rows if row["proto"] == "udp"]' service show)" "[6]"
does service del udp 192.0.2.1:53
refuses "port must be 1 to 65535" service add tcp 192.0.2.1:0
refuses "target-port must be 1 to 65535" service add tcp 192.0.2.1:81 target-port 0
for addr in 0.0.0.0 127.0.0.1 224.0.0.1 255.255.255.255; do
	refuses "service must have a unicast address" service add tcp $addr:80 foreign
done
does service add tcp 192.0.2.9:443 inspect http policy least-conn target-port 8443 foreign
is "services in JSON" "$(json 'sorted(map(str, rows))[0]' service show)" "{'proto': 'tcp', 'addr': '192.0.2.1', 'port': 80, \
'inspect': 'none', 'policy': 'local-first', 'target_port': 80, 'one_packet': False, 'foreign': False, 'connections': 0}"
does service del tcp 192.0.2.1:80
refuses "no such service" service del tcp 192.0.2.1:80
shows "PROTO  ADDR       PORT  INSPECT  POLICY      TARGET-PORT  COOKIE  TIMEOUT  ONE-PACKET  FOREIGN  CONNECTIONS
tcp    192.0.2.9   443  http     least-conn         8443  -       -        no          yes                0" service show
does service set tcp 192.0.2.9:443 inspect none policy local-first target-port 1
is "it is set" "$(json '*rows[0].values()' service show)" "tcp 192.0.2.9 443 none local-first 1 False True 0"
refuses "no such service" service set tcp 192.0.2.1:80 inspect http
refuses "target-port must be 1 to 65535" service set tcp 192.0.2.9:443 target-port 0
refuses "cookie needs inspect http" service set tcp 192.0.2.9:443 cookie SID
for name in 'a b' 'a=b' 'a;' '(a)' ä; do
	refuses "cookie must be a name, without blanks and separators" \
		service set tcp 192.0.2.9:443 inspect http cookie "$name"
done
does service set tcp 192.0.2.9:443 inspect http cookie connect.sid
is "it has a cookie" "$(json 'rows[0]["cookie"]' service show)" connect.sid
refuses "cookie needs inspect http" service set tcp 192.0.2.9:443 inspect tls
does service set tcp 192.0.2.9:443 inspect none cookie ''
is "it has none any more" "$(json '"cookie" in rows[0]' service show)" False
refuses "cookie needs inspect http" service add tcp 192.0.2.1:80 cookie SID
does board set limit-service 1
refuses "table of services is full (limit-service)" service add tcp 192.0.2.1:80

# url

does url add Example.ORG/Video server 10.0.0.2
refuses "url has this server already" url add example.org/Video server 10.0.0.2
does url add example.org/Video server 10.0.0.4
does url add '*' server 10.0.0.2
is "urls in text" "$(ctl url show | sort)" "*/                 10.0.0.2
URL                SERVER
example.org/Video  10.0.0.2
example.org/Video  10.0.0.4"
is "urls in JSON, of one server" "$(json rows url show server 10.0.0.4)" \
	"[{'url': 'example.org/Video', 'server': '10.0.0.4'}]"
for url in '' / /path 'http://example.org/' 'example.org/a b' 'example.org/?q' 'example.org/#f' 'ex*mple.org/' \
	'example.org/%' 'example.org/%4g'; do
	refuses "url must be HOST[/PATH-PREFIX], without scheme, query and fragment, HOST may be *" \
		url add "$url" server 10.0.0.2
done
refuses "url must be ASCII, percent-encoded" url add example.org/ä server 10.0.0.2
refuses "server must have a unicast address" url add example.org server 224.0.0.1
does url del EXAMPLE.org/Video server 10.0.0.4
refuses "url does not have this server" url del example.org/Video server 10.0.0.4
refuses "url does not have this server" url del example.org/video server 10.0.0.2
does url add 'Norm.example.:8080/a/./%7e%2f/../%62%c3' server 10.0.0.2
is "a URL is kept in its normal form" "$(ctl url show | grep -o '^norm[^ ]*')" norm.example/a/b%C3
refuses "url has this server already" url add NORM.example/x/../a/%62%C3 server 10.0.0.2
does url del norm.example./a/b%c3 server 10.0.0.2
does board set limit-url 2
refuses "URL Map is full (limit-url)" url add example.net server 10.0.0.2
does board set limit-url 1000000
does url flush server 10.0.0.4
is "a flush of one server leaves the others'" "$(json 'len(rows)' url show)" 2
does url flush
shows "" url show

# A map of many rows: complete, also while other rows come and go.
for i in {1..5000}; do
	echo "url add host$((i % 50)).example/path/$i server 10.0.0.2"
done >"$tmp/urls"
does -b "$tmp/urls"
unique='len(rows), len({row["url"] for row in rows if row["server"] == "10.0.0.2"})'
is "5,000 rows are shown, each once" "$(json "$unique" url show)" "5000 5000"
is "and by text" "$(ctl url show | sed 1d | sort -u | wc -l)" 5000
while :; do
	for i in {1..3000}; do
		echo "url add other/$i server 10.0.0.4"
	done
	echo "url flush server 10.0.0.4"
done | ipos-ctl -n a -b - 2>/dev/null &
churn=$!
for i in 1 2 3; do
	json "$unique" url show
done 2>/dev/null | grep -c ' 5000$' >"$tmp/complete"
kill $churn
wait $churn 2>/dev/null
is "none is missing while others come and go" "$(cat "$tmp/complete")" 3
ctl url show | head -n 1 >/dev/null
does url flush

# cookie

does cookie add 'x!"=' server 10.0.0.2
refuses "cookie has a server already" cookie add 'x!"=' server 10.0.0.4
does cookie add y server 10.0.0.4
is "cookies in JSON, of one server" "$(json '*(list(row.values())[:3] for row in rows)' cookie show server 10.0.0.2)" \
	"['x!\"=', '10.0.0.2', False]"
for id in 'a b' 'a;b' ä; do
	refuses "id must be visible ASCII without semicolons" cookie add "$id" server 10.0.0.2
done
refuses "server must have a unicast address" cookie add z server 224.0.0.1
does cookie del 'x!"='
refuses "no such cookie" cookie del 'x!"='
does board set limit-cookie 1
refuses "Cookie Map is full (limit-cookie)" cookie add z server 10.0.0.2
does cookie flush server 10.0.0.2
is "another board's stay" "$(json '*(row["id"] for row in rows)' cookie show)" y
does cookie flush
shows "[]" -j cookie show

# flow tables: here only that they can be asked

for table in temporary connect forward local; do
	shows "" $table show
	shows "[]" -j $table show from 192.0.2.100 port 40000 server 10.0.0.2
done
shows "" connect show state reserved
shows "" local show state closed
for table in listen app; do
	shows "" $table show
done

# stats

is "counters have a name, a number and words" \
	"$(json 'all(row["name"] and row["value"] >= 0 and row["text"] for row in rows)' stats show)" True
is "every counter there is" "$(json '*(row["name"] for row in rows if "limit" not in row)' stats show | tr ' ' '\n')" \
	"$(sed -n 's/^\tX(\([a-z0-9_]*\), .*/\1/p' src/base/count.h)"
shows "NAME           VALUE  LIMIT  TEXT
table_server       2      2  rows of the Server State Table
table_service      1      1  virtual services" stats show nonzero
shows "NAME           VALUE  LIMIT  TEXT
forwarded          0  -      packets of clients forwarded to another board
table_service      1      1  virtual services" stats show table_service forwarded
says "a name that is none" 1 'Error: argument "nothing" is wrong: there is no such counter.' ctl stats show nothing

# bash completion asks for what there is

# completes LINE: what is offered
completes() {
	# shellcheck disable=SC2016 # expands there
	bash -c '. "$0" && COMP_LINE=$1 COMP_POINT=${#1} && _ipos_ctl ipos-ctl && printf "%s\n" "${COMPREPLY[@]}"' \
		build/share/bash-completion/completions/ipos-ctl "$1" | sort
}
is "boards are offered by bash" "$(completes "ipos-ctl -n a server del 10.")" \
	"$(json '*(row["ip"] for row in rows)' server show | tr ' ' '\n' | sort)"
is "and services" "$(completes "ipos-ctl -n a service del tcp 1")" "192.0.2.9:443"
is "and counters" "$(completes "ipos-ctl -n a stats show handoff_d")" handoff_done

# Who may, and what of it others see

nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
denied="Error: not permitted: this needs CAP_NET_ADMIN in the network namespace."
while read -r command; do
	# shellcheck disable=SC2086
	says "nobody may not: $command" 2 "$denied" nobody ipos-ctl $command
done <<'COMMANDS'
board show
board set drain yes
dev show
dev add lo role both
dev set lo learn on
dev del lo
server show
server add 10.0.0.9 lladdr 02:00:00:00:02:09
server set 10.0.0.9 state up
server del 10.0.0.9
service show
service add tcp 192.0.2.1:80
service set tcp 192.0.2.1:80 inspect http
service del tcp 192.0.2.1:80
url show
cookie show
cookie add x server 10.0.0.9
cookie del x
cookie flush
listen show
app show
app add web port 8080 memory 64M exec /bin/true
app set web state stopped
app del web
url add example.org server 10.0.0.9
url del example.org server 10.0.0.9
url flush
temporary show
connect show
forward show
local show
stats show
COMMANDS
says "nor as root of a user namespace of its own" 2 "$denied" nobody unshare -Ur ipos-ctl board show
is "but in a network namespace of its own" \
	"$(nobody unshare -Urn sh -c 'ipos-ctl board set server-ip 10.9.9.9 && ipos-ctl board show' | head -n 1)" \
	"server-ip              10.9.9.9"

for object in dev server service url; do
	says "another namespace has its own: $object" 0 "" ipos-ctl -n b $object show
done
is "and its own address" "$(ipos-ctl -n b board show | head -n 1)" "server-ip              0.0.0.0"
does url add example.org server 10.0.0.2
ipos-ctl -n b url add example.org server 10.0.0.2 && ipos-ctl -n b url flush
is "a flush there changes nothing here" "$(json 'len(rows)' url show)" 1

# batch

cat >"$tmp/batch" <<'LINES'
# kept, refused, not done
board set server-ip "10.0.0.7"
board set server-ip 224.0.0.1
board set drain yes
LINES
says "a batch stops where the kernel refuses" 2 "Error: ipos: server-ip must be a unicast address.
Command failed $tmp/batch:3" ctl -b "$tmp/batch"
is "what was before is done, what comes after is not" "$(json '*(rows[0][x] for x in ("server_ip", "drain"))' board show)" \
	"10.0.0.7 False"
says "-force goes on, and does not forget" 2 "Error: ipos: server-ip must be a unicast address.
Command failed $tmp/batch:3" ctl -force -b "$tmp/batch"
is "so the last line is done too" "$(json 'rows[0]["drain"]' board show)" True
cat >"$tmp/batch" <<'LINES'
board set server-ip 10.0.0.1 drain no

url add "example.net/a b" server 10.0.0.2	# refused
url add example.net/c server 10.0.0.2
LINES
says "quotes are no part of a word" 2 \
	"Error: ipos: url must be HOST[/PATH-PREFIX], without scheme, query and fragment, HOST may be *.
Command failed $tmp/batch:3" ctl -b "$tmp/batch"
printf 'url show\nurl show\n' >"$tmp/batch"
is "a batch can show" "$(ctl -j -b "$tmp/batch")" '[{"url":"example.org/","server":"10.0.0.2"}]
[{"url":"example.org/","server":"10.0.0.2"}]'

# What ipos-ctl never sends

ip netns exec a /usr/bin/python3 - "$(index eth0)" >"$tmp/raw" <<'PYTHON'
import random
import socket
import struct
import sys
import yaml

SOL_NETLINK, NETLINK_EXT_ACK, ACK_TLVS, CAPPED, DUMP = 270, 11, 0x200, 0x100, 0x300
EPERM, ENOENT, EINVAL, ENODEV, ERANGE, EOPNOTSUPP = 1, 2, 22, 19, 34, 95
eth0 = int(sys.argv[1])
spec = yaml.safe_load(open("docs/netlink/ipos.yaml"))
commands = {op["name"]: (i, op) for i, op in enumerate(spec["operations"]["list"], 1)}
sets = {s["name"]: {a["name"]: i for i, a in enumerate(s["attributes"], 1)} for s in spec["attribute-sets"]}
sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
sock.bind((0, 0))


def attr(number, data):
    return struct.pack("=HH", 4 + len(data), number) + data + bytes(-len(data) % 4)


def attrs(data):
    while len(data) >= 4:
        length, number = struct.unpack_from("=HH", data)
        yield number & 0x3fff, data[4:length]
        data = data[(length + 3) & ~3:]


def messages(data):
    while len(data) >= 16:
        length, kind, flags, seq, port = struct.unpack_from("=IHHII", data)
        yield kind, flags, data[16:length]
        data = data[(length + 3) & ~3:]


def ask(family, cmd, payload, flags=4):
    """(negative errno or 0, the kernel's words, what the messages carried)"""
    request = struct.pack("=IHHIIBBH", 20 + len(payload), family, 1 | flags, 1, 0, cmd, 1, 0) + payload
    sock.send(request)
    rows = []
    while True:
        for kind, got, body in messages(sock.recv(65536)):
            if kind not in (2, 3):
                rows.append(body[4:])
                continue
            skip = 4 if kind == 3 else 20 if got & CAPPED else 4 + struct.unpack_from("=I", body, 4)[0]
            words = dict(attrs(body[skip:])).get(1, b"") if got & ACK_TLVS else b""
            return struct.unpack_from("=i", body)[0], words.rstrip(b"\0").decode(), rows


family = struct.unpack("=H", dict(attrs(ask(16, 3, attr(2, b"ipos\0"))[2][0]))[1])[0]


def given(command, values):
    names = sets[commands[command][1]["attribute-set"]]
    return b"".join(attr(names[name], data) for name, data in values.items())


def refused(command, values, err, words):
    number, op = commands[command]
    got = ask(family, number, given(command, values), DUMP if "dump" in op else 4)[:2]
    good = got == (-err, words)
    print("ok" if good else "not ok", f"{command} {' '.join(values)}: {words}")
    if not good:
        print("#", got)


ip, mac, port, u32, u8 = bytes([10, 0, 0, 5]), b"\2\0\0\0\2\5", b"\0\x50", struct.Struct("=I").pack, struct.Struct("=B").pack
for command, values, words in [
        ("dev-add", {"role": u32(1)}, "dev is missing"),
        ("dev-add", {"ifindex": u32(eth0)}, "role is missing"),
        ("dev-add", {"ifindex": u32(eth0), "role": u32(0)}, "role must be client, fabric or both"),
        ("dev-del", {}, "dev is missing"),
        ("server-add", {"lladdr": mac}, "server is missing"),
        ("server-add", {"ip": ip}, "lladdr is missing"),
        ("server-set", {"state": u8(0)}, "server is missing"),
        ("server-del", {}, "server is missing"),
        ("service-add", {"addr": ip, "port": port}, "proto is missing"),
        ("service-add", {"proto": u8(1), "port": port}, "addr is missing"),
        ("service-add", {"proto": u8(1), "addr": ip}, "port is missing"),
        ("service-set", {"proto": u8(1), "addr": ip}, "port is missing"),
        ("service-del", {"proto": u8(1), "addr": ip}, "port is missing"),
        ("url-add", {"server": ip}, "url is missing"),
        ("url-add", {"url": b"a\0"}, "server is missing"),
        ("url-del", {"server": ip}, "url is missing"),
        ("flow-get", {}, "table is missing"),
        ("flow-get", {"table": u8(3), "state": u8(0)}, "table has no rows in this state"),
        ("flow-get", {"table": u8(3), "state": u8(6)}, "table has no rows in this state"),
        ("flow-get", {"table": u8(3), "state": u8(255)}, "table has no rows in this state")]:
    refused(command, values, EINVAL, "ipos: " + words)
refused("dev-add", {"ifindex": u32(4095), "role": u32(1)}, ENODEV, "ipos: no such device")
for command, values, words in [
        ("server-add", {"ip": ip, "lladdr": mac, "state": u8(3)}, "state must be up, drain or down"),
        ("server-set", {"ip": ip, "state": u8(255)}, "state must be up, drain or down"),
        ("service-add", {"proto": u8(0), "addr": ip, "port": port}, "proto must be tcp or udp"),
        ("service-add", {"proto": u8(3), "addr": ip, "port": port}, "proto must be tcp or udp"),
        ("service-add", {"proto": u8(1), "addr": ip, "port": port, "foreign": b"", "inspect": u8(3)},
         "inspect must be none, http or tls"),
        ("service-set", {"proto": u8(1), "addr": ip, "port": port, "policy": u8(4)},
         "policy must be local-first, least-conn, least-load or hash"),
        ("flow-get", {"table": u8(4)}, "table must be temporary, forward-connect, forward or local")]:
    refused(command, values, ERANGE, "ipos: " + words)
refused("server-add", {"ip": ip, "lladdr": mac[:5]}, ERANGE, "binary attribute size out of range")
refused("dev-add", {"ifindex": u32(eth0), "role": u32(4)}, EINVAL, "reserved bit set")
refused("board-set", {"epoch": bytes(8)}, EINVAL, "Unsupported attribute")
refused("board-get", {"epoch": bytes(8)}, EINVAL, "Unsupported attribute")
refused("url-get", {"url": b"a\0"}, EINVAL, "Unsupported attribute")


def policies():
    """What the module itself says that it takes, by command."""
    taken, known = {}, {}
    for row in ask(16, 10, attr(2, b"ipos\0"), DUMP)[2]:
        row = dict(attrs(row))
        for command, how in attrs(row.get(9, b"")):
            taken[command] = struct.unpack("=I", next(attrs(how))[1])[0]
        for policy, numbers in attrs(row.get(8, b"")):
            known.setdefault(policy, set()).update(number for number, kind in attrs(numbers)
                                                   if dict(attrs(kind))[1] != struct.pack("=I", 0))
    return {command: known.get(policy, set()) for command, policy in taken.items()}


wanted = {}
for number, op in commands.values():
    names = op.get("do", op.get("dump", {})).get("request", {}).get("attributes", [])
    if names:
        wanted[number] = {sets[op["attribute-set"]][name] for name in names}
got = {command: numbers for command, numbers in policies().items() if numbers}
print("ok" if got == wanted else "not ok", "each command takes what its specification says")
if got != wanted:
    print("# got", got, "wanted", wanted)

random.seed(1)
for i in range(3000):
    number, op = random.choice(list(commands.values()))
    names = sets[op["attribute-set"]]
    payload = b"".join(attr(random.randrange(len(names) + 2), random.randbytes(random.choice([0, 1, 2, 4, 6, 8, 20])))
                       for _ in range(random.randrange(8)))
    ask(family, number, payload[:len(payload) - random.choice([0, 0, 1, 5])], random.choice([4, DUMP]) if "do" not in op else 4)
print("ok random requests do no harm")

# A reader that goes away in the middle of a dump.
for i in range(20):
    leaving = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
    leaving.send(struct.pack("=IHHIIBBH", 20, family, 1 | DUMP, 1, 0, commands["url-get"][0], 1, 0))
    leaving.recv(4096)
    leaving.close()
print("ok a reader may leave")
PYTHON
raw=$?
while read -r line; do
	case $line in
	ok\ *) tap_result 0 "netlink: ${line#ok }" ;;
	not\ ok\ *) tap_result 1 "netlink: ${line#not ok }" ;;
	*) diag "$line" ;;
	esac
done <"$tmp/raw"
is "netlink: all was asked" "$raw" 0

# Namespaces and the module go while rows are there.

ok "a namespace goes with all it has" ip netns del a
ok "the module goes" rmmod ipos
says "and comes back when it is asked for" 0 "" ipos-ctl dev show
ok "to go again" rmmod ipos

# The tables of endpoints with rows in them: a request that is not complete, one that stays here, one that moved, and
# one whose board is not there.

tests/cluster up 2 >"$tmp/output" 2>&1 || diag "$(cat "$tmp/output")"
# shellcheck source=tests/lib/cluster.sh
. tests/lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. tests/lib/flows.sh
ok "four requests are where they shall be" rows_begin

# table BOARD WORD...: without what differs from run to run
table() {
	local board=$1
	shift
	on "$board" ipos-ctl "$@" | sed -E 's/ +[0-9]+\.[0-9]{3}/ TIME/g; s/0x[0-9a-f]{16}/ID/g; s/  +/ /g; s/ +$//'
}
columns="SRC-IP SRC-PORT DST-IP DST-PORT ENDPOINT PROTO STATE AGE IDLE HANDOFF-ID PEER FLAGS"
is "temporary" "$(table board1 temporary show)" "$columns
192.0.2.100 40001 192.0.2.1 80 - tcp temporary TIME TIME - - -"
is "connect" "$(table board1 connect show)" "$columns
192.0.2.100 40004 192.0.2.1 80 ID tcp forward-connect TIME TIME ID 10.0.0.9 -"
is "forward" "$(table board1 forward show)" "${columns/ENDPOINT/SERVICE-IP SERVICE-PORT}
192.0.2.100 40003 10.0.0.2 80 192.0.2.1 80 tcp forward TIME TIME ID 10.0.0.2 -"
inode() { on "$1" ss -Htne "dport = :$2" 2>/dev/null | grep -o 'ino:[0-9]*' | cut -d: -f2; }
is "local, where it arrived" "$(table board1 local show)" "$columns
192.0.2.100 40002 192.0.2.1 80 socket:$(inode board1 40002) tcp local TIME TIME - - -"
is "local, where it was moved" "$(table board2 local show)" "$columns
192.0.2.100 40003 192.0.2.1 80 socket:$(inode board2 40003) tcp local TIME TIME ID 10.0.0.1 target"
id() { on "$1" ipos-ctl -j "$2" show | /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["handoff_id"])'; }
is "both boards call the hand-off alike" "$(id board1 forward)" "$(id board2 local)"
for words in "from 192.0.2.100" "port 40003" "server 10.0.0.2"; do
	# shellcheck disable=SC2086
	is "forward show $words finds it" "$(on board1 ipos-ctl forward show $words | wc -l)" 2
done
for words in "from 192.0.2.101" "port 40002" "server 10.0.0.9"; do
	# shellcheck disable=SC2086
	is "forward show $words does not" "$(on board1 ipos-ctl forward show $words | wc -l)" 0
done
is "a board holds one endpoint of ours" "$(on board1 ipos-ctl -j server show 10.0.0.2 | grep -o '"handoffs":1')" '"handoffs":1'
# A hand-off under way has its place in the Forward Table already.
is "rows are counted" "$(on board1 ipos-ctl stats show table_temporary table_forward_connect table_forward table_local |
	sed 1d | tr -s ' ' | cut -d' ' -f1,2)" "table_temporary 1
table_forward_connect 1
table_forward 2
table_local 1"
rows_end
ok "the cluster goes down" tests/cluster down
finish
