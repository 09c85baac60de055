#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# /sys/kernel/ipos: the same as ipos-ctl shows, however it is read, whoever changes it meanwhile, and until it goes.
# need setpriv util-linux
# need ss iproute2
# need /usr/bin/python3 python3

# shellcheck disable=SC2086,SC2119 # $nobody is words; sum reads what comes in
cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan 59

sys=/sys/kernel/ipos
own="listening_sockets application_information"
tables="forward local forward_connect temporary server_state $own registered_applications url_map cookie_map"

# show BOARD TABLE FILE
show() { on "$1" cat "$sys/$2/$3"; }

# rows BOARD TABLE: sorted, without the times, which go on
rows() { show "$1" "$2" entries | sed -E 's/ [0-9]+\.[0-9]{3} [0-9]+\.[0-9]{3} / TIME TIME /' | sort; }

# rows_of BOARD OBJECT: the same lines, made of the tool's JSON, which leaves out what has no value
flow="proto state age idle handoff_id peer flags"
declare -A columns=(
	[forward]="src_ip src_port dst_ip dst_port service_ip service_port $flow"
	[local]="src_ip src_port dst_ip dst_port endpoint $flow"
	[server]="ip connections cpu memory bandwidth lladdr dev state handoffs weight freshness learned heard interval epoch snapshot says \
in_flight accept_us memory_total bandwidth_total"
	[url]="url server"
)
columns[temporary]=${columns[local]} columns[connect]=${columns[local]}
rows_of() {
	on "$1" ipos-ctl -j "$2" show | /usr/bin/python3 -c '
import json, sys
def cell(name, value):
    if name in ("age", "idle"):
        return "TIME"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(value) or "-" if isinstance(value, list) else str(value)
for row in json.load(sys.stdin):
    print(*(cell(name, row.pop(name, "-")) for name in sys.argv[1].split()), *row)' "${columns[$2]}" | sort
}

# What there is, and an empty board's

modprobe ipos || exit
is "there is a folder for each table, and one for the counters" "$(ls $sys)" "$(printf '%s\n' $tables stats | sort)"
is "three files for each" "$(ls $sys/url_map)" "count
entries
limit"
for table in $tables; do
	is "$table is empty at first" "$(cat "$sys/$table/count" "$sys/$table/entries")" 0
done
is "a file for each counter, named as the tool does" "$(ls $sys/stats)" \
	"$(ipos-ctl -j stats show | /usr/bin/python3 -c '
import json, sys
print(*(row["name"] for row in json.load(sys.stdin) if "limit" not in row), sep="\n")' | sort)"
is "limits are those of the board" "$(cat $sys/{temporary,forward,local,server_state,url_map,listening_sockets,application_information,registered_applications,cookie_map}/limit)" \
	"$(ipos-ctl -j board show | /usr/bin/python3 -c '
import json, sys
board = json.load(sys.stdin)[0]
print(*(board[f"limit_{name}"] for name in "temporary forward local server url listen app registered cookie".split()), sep="\n")')"
ipos-ctl board set limit-forward-connect 70 limit-reserved 7 limit-url 5
is "a limit that was set is shown" "$(cat $sys/url_map/limit)" 5
is "what is offered and what is reserved have one folder, and two limits" "$(cat $sys/forward_connect/limit)" 77
rmmod ipos
ok "it goes with the module" test ! -e $sys

# A row of each kind

ok "two boards come up" ./cluster up 2
ok "there is a row in each table" rows_begin
while read -r board table object; do
	is "$board: $table is what ipos-ctl shows" "$(rows "$board" "$table")" "$(rows_of "$board" "$object")"
	is "$board: there are as many as are counted" "$(show "$board" "$table" count)" \
		"$(show "$board" "$table" entries | wc -l)"
done <<'TABLES'
board1 temporary temporary
board1 forward_connect connect
board1 forward forward
board1 local local
board2 local local
board1 server_state server
board2 server_state server
board1 url_map url
TABLES
is "the seed's columns come first" "$(rows board1 forward | cut -d ' ' -f 1-4)" "192.0.2.100 40003 10.0.0.2 80"
is "a socket has its inode's number" "$(rows board2 local | cut -d ' ' -f 1-5)" "192.0.2.100 40003 192.0.2.1 80 \
socket:$(on board2 ss -Htne "dport = :40003" | grep -o 'ino:[0-9]*' | cut -d : -f 2)"
is "a socket of this board shows no peer" "$(rows board1 local | cut -d ' ' -f 6-)" "tcp local TIME TIME - - -"
is "counters are what ipos-ctl shows" "$(on board1 cat $sys/stats/{handoff_done,attached_here,syn_received})" \
	"$(for name in handoff_done attached_here syn_received; do counter board1 $name; done)"

# Who may read

nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
is "addresses are root's to read" "$(on board1 sh -c "stat -c %a $sys/*/entries" | sort -u)" 400
fails "nobody may not read them" "Permission denied" on board1 $nobody cat $sys/forward/entries
is "but how many there are" "$(on board1 $nobody cat $sys/forward/count)" 1
is "root of a container reads what is its own" "$($nobody unshare --user --map-root-user unshare --net --mount sh -c "
	mount -t sysfs sysfs /sys && cat $sys/url_map/count $sys/url_map/entries && echo read" 2>&1)" "0
read"
fails "and nothing else" "Permission denied" $nobody unshare --user --map-root-user --net cat $sys/url_map/entries
fails "it cannot be written" "Permission denied|Invalid argument" on board1 sh -c "echo x >$sys/url_map/entries"
rows_end

# However it is read

# urls COUNT PREFIX [VERB]: lines for -b
urls() { seq -f "url ${3-add} example.org/$2/%06g server 10.0.0.2" "$1"; }
urls 6000 stay | on board2 ipos-ctl -b - || diag "no rows"
is "thousands of rows are what ipos-ctl shows" "$(rows board2 url_map | sum)" "$(rows_of board2 url | sum)"
is "in any other namespace there are none of them" "$(show client url_map entries; show client url_map count)" 0
is "nor on the other board" "$(show board1 url_map entries | grep -c stay)" 0
cat >"$tmp/read.py" <<'PYTHON'
import os, random, sys
path = sys.argv[1]
def whole(size, fd=None):
    fd = os.open(path, os.O_RDONLY) if fd is None else fd
    parts = []
    while part := os.read(fd, size):
        parts.append(part)
    os.close(fd)
    return b"".join(parts)
text = whole(1 << 20)
print(text.count(b"\n") == 6000 and len(text) > 100000, end=" ")
print(all(whole(size) == text for size in (97, 4095, 4096, 4097, 1 << 16)), end=" ")
fd = os.open(path, os.O_RDONLY)
print(b"".join(os.read(fd, 1) for i in range(9000)) == text[:9000], end=" ")
random.seed(1)
places = [(random.randrange(len(text) + 5000), random.randrange(1, 4096)) for i in range(40)]
print(all(os.pread(fd, n, at) == text[at:at + n] for at, n in places), end=" ")
os.lseek(fd, 50000, os.SEEK_SET)
print(os.read(fd, 300) == text[50000:50300], os.pread(fd, 9, len(text)) == b"", end=" ")
# More readers than are remembered, none of them at the same place.
fds = [os.open(path, os.O_RDONLY) for i in range(24)]
got = [b""] * len(fds)
for i in range(20):
    for j, fd in enumerate(fds):
        got[j] += os.read(fd, 100 + j)
print(all(text.startswith(part) and len(part) == 20 * (100 + j) for j, part in enumerate(got)), end=" ")
print(whole(4096, fds[0]) == text[2000:])
PYTHON
is "by any buffer, at any place, by any number of readers" \
	"$(on board2 /usr/bin/python3 "$tmp/read.py" $sys/url_map/entries 2>&1)" \
	"True True True True True True True True"

# While it changes

cat >"$tmp/churn.py" <<'PYTHON'
import re, subprocess, sys
path, end = sys.argv[1:]
stay = {f"example.org/stay/{i:06}" for i in range(1, 6001)}
line = re.compile(rb"example\.org/(stay|churn)/\d{6} 10\.0\.0\.2")
mark = b"# resized: rows from here on may be repeated"
resized = 0
for i in range(1000):
    with open(path, "rb", buffering=0) as file:
        lines = b"".join(iter(lambda: file.read(997), b"")).split(b"\n")
    assert lines.pop() == b"", "cut"
    whole = [text for text in lines if text != mark]
    assert all(line.fullmatch(text) for text in whole), "torn"
    urls = [text.split()[0].decode() for text in whole]
    kept = [url for url in urls if url in stay]
    assert set(kept) == stay, "lost"
    resized += mark in lines
    assert mark in lines or len(kept) == len(stay), "repeated"
    with open(end) as file:
        if i > 4 and file.read():
            break
print("read", "resized" if resized else "")
PYTHON
: >"$tmp/end"
{
	for _ in 1 2; do
		urls 9000 churn
		urls 9000 churn del
	done | on board2 ipos-ctl -b -
	echo end >"$tmp/end"
} &
churn=$!
like "rows that stay are not lost, nor repeated unless it says so, nor torn, while others come and go" \
	"$(on board2 /usr/bin/python3 "$tmp/churn.py" $sys/url_map/entries "$tmp/end" 2>&1 | tail -n 1)" "^read"
wait $churn
is "the count is right after that" "$(show board2 url_map count)" 6000

# Until it goes: a namespace, and the module, under files that are open and being read

# Reads on and on, in no namespace of the cluster, a file that was opened in one; says how the end looked.
cat >"$tmp/until.py" <<'PYTHON'
import os
for i in range(10 ** 9):
    try:
        os.lseek(5, 0, os.SEEK_SET)
        while os.read(5, 4096):
            if not i:
                print("reading", flush=True)
                i = 1
    except OSError as error:
        print(error.strerror)
        break
PYTHON
# reader BOARD
reader() {
	on "$1" sh -c "exec nsenter --net=/proc/1/ns/net /usr/bin/python3 $tmp/until.py 5<$sys/url_map/entries" \
		>"$tmp/reader-$1" 2>&1 </dev/null &
	pid=$!
	wait_for grep -q reading "$tmp/reader-$1"
}
reader board2
gone=$pid
for process in $(ip netns pids board2); do
	kill -9 "$process"
done
ip netns del board2
ok "a namespace goes while its table is read" wait_for test ! -e /sys/class/net/board2-eth0
wait "$gone"
is "who reads is told" "$(tail -n 1 "$tmp/reader-board2")" "No such device"
urls 3000 more | on board1 ipos-ctl -b -
reader board1
going=$pid
exec 6<$sys/url_map/entries
ok "the module goes while its tables are read" rmmod ipos
wait "$going"
is "who reads is told that, too" "$(tail -n 1 "$tmp/reader-board1")" "No such device"
fails "a file that stayed open reads nothing" "No such device" cat <&6
exec 6<&-
ok "the module comes back" modprobe ipos
is "with empty tables" "$(show board1 url_map entries; show board1 url_map count)" 0
ok "and goes for good" rmmod ipos
finish
