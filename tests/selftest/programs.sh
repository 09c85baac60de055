#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# More programs as they are, handed off: PostgreSQL, where nothing is inspected and the policy decides; Apache httpd and a
# Node.js server, by the URL Map. What peers.sh has is not here.
# need curl curl
# need setpriv util-linux
# need /usr/lib/postgresql/15/bin/postgres postgresql-15
# need /usr/lib/postgresql/15/bin/pgbench postgresql-15
# need apache2 apache2
# need node nodejs
# vms 3

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan 25

ok "three boards come up" ./cluster up 3
on board1 ipos-ctl -b - <<-'LINES'
	board set load-threshold 0
	service add tcp 192.0.2.1:5432 inspect none policy local-first
	service add tcp 192.0.2.1:80 inspect http
	service add tcp 192.0.2.1:3000 inspect http
	url add apache.example server 10.0.0.2
	url add node.example server 10.0.0.3
LINES

# What runs as another user has to come by.
chmod 755 "$tmp"

# PostgreSQL, on board 2 alone

pg=/usr/lib/postgresql/15/bin
user=(env -C / setpriv --reuid=postgres --regid=postgres --clear-groups)
# psql ADDRESS SQL
psql() { on client "$pg/psql" -XAtq -h "$1" -U postgres -d postgres -c "$2" 2>&1; }
# pgbench OPTION...
pgbench() { on client "$pg/pgbench" -h 192.0.2.1 -U postgres "$@" postgres; }

# In the board's own /tmp: where boards are machines, another user may not look into what they share.
data=$(on board2 mktemp -d /tmp/pg.XXXXXX)
on board2 chown postgres:postgres "$data"
ok "a data base is made" on board2 "${user[@]}" "$pg/initdb" -D "$data" -A trust -N --locale=C -E UTF8
on board2 tee -a "$data/pg_hba.conf" <<<"host all all 192.0.2.0/24 trust" >"$tmp/output"
start board2 "$tmp/postgres" "${user[@]}" "$pg/postgres" -D "$data" \
	-c listen_addresses=0.0.0.0 -c unix_socket_directories= -c shared_buffers=16MB -c fsync=off -c jit=off -c autovacuum=off
postgres=$pid
ok "PostgreSQL listens" wait_for listening board2 5432
placed >"$tmp/output"

is "PostgreSQL sees the client, and the address the client asked" \
	"$(psql 192.0.2.1 "select inet_client_addr(), inet_server_addr(), inet_server_port()")" "192.0.2.100|192.0.2.1|5432"
is "the policy gave it to board 2" "$(placed)" "0 1 0"
ok "pgbench fills its tables" pgbench -i -n -q -s 1 --unlogged-tables
is "with what they have to hold" \
	"$(psql 192.0.2.1 "select count(*), sum(aid), sum(abalance) from pgbench_accounts")" "100000|5000050000|0"
ok "its tables were filled on board 2" wait_for settled board1 board2
like "on connections that were handed off, none else" "$(placed)" '^0 [1-9][0-9]* 0$'

pgbench -n -c 5 -t 20 >"$tmp/bench" 2>&1
is "every transaction of five clients is done" "$(grep 'transactions actually' "$tmp/bench" | grep -o '[0-9]*/[0-9]*')" 100/100
pgbench -n -c 2 -t 10 -C >"$tmp/bench-new" 2>&1
is "as where each has a connection of its own" "$(grep 'transactions actually' "$tmp/bench-new" | grep -o '[0-9]*/[0-9]*')" \
	20/20
is "none failed" "$(cat "$tmp/bench" "$tmp/bench-new" | grep 'failed transactions' | grep -vc ': 0 ')" 0
is "the books balance" "$(psql 192.0.2.1 "select count(*),
	sum(delta) = (select sum(abalance) from pgbench_accounts) and
	sum(delta) = (select sum(tbalance) from pgbench_tellers) and
	sum(delta) = (select sum(bbalance) from pgbench_branches) from pgbench_history")" "120|t"
all="copy (select * from pgbench_accounts order by aid) to stdout"
is "ten megabytes of rows arrive as they are" "$(psql 192.0.2.1 "$all" | sum)" "$(psql 192.0.2.2 "$all" | sum)"
like "PostgreSQL ends a session whose client is gone" "$(psql 192.0.2.1 "select pg_terminate_backend(pg_backend_pid())")" \
	"terminating connection"
like "every connection went to board 2" "$(placed)" '^0 [1-9][0-9]* 0$'
stop "$postgres" INT

# Apache httpd, on board 2, as it is installed but for its places

roots 2 film 2000000
mkdir "$tmp/apache"
cat >"$tmp/apache/conf" <<-CONF
	ServerRoot /usr/lib/apache2
	ServerName apache.example
	Listen 80
	PidFile $tmp/apache/pid
	ErrorLog $tmp/apache/error.log
	LoadModule mpm_event_module modules/mod_mpm_event.so
	LoadModule authz_core_module modules/mod_authz_core.so
	LoadModule dir_module modules/mod_dir.so
	DocumentRoot $tmp/root2
	DirectoryIndex index.html
	StartServers 1
	LogFormat "%a:%{remote}p %A:%{local}p %>s %k" who
	CustomLog $tmp/apache/access.log who
CONF
start board2 "$tmp/apache/output" apache2 -D FOREGROUND -f "$tmp/apache/conf"
apache=$pid
ok "Apache listens" wait_for listening board2 80

site=http://apache.example
by=(--resolve apache.example:80:192.0.2.1 --resolve node.example:3000:192.0.2.1)
is "Apache serves" "$(fetch client $site/ "${by[@]}")" "board 2"
is "two files on one connection, whole" \
	"$(fetch client $site/film "${by[@]}" -o "$tmp/one" $site/film -o "$tmp/two" -w '%{num_connects}' | tr -d '\n'
	cat "$tmp/one" "$tmp/two" | sum)" "10$(cat "$tmp/root2/film" "$tmp/root2/film" | sum)"
is "a part of one" "$(fetch client $site/film "${by[@]}" -r 1000000-1999999 | sum)" "$(tail -c 1000000 "$tmp/root2/film" | sum)"
is "it was board 2 each time" "$(placed)" "0 3 0"
is "Apache saw the client, and the address the client asked" "$(sed 's/:[0-9]* / /' "$tmp/apache/access.log" | sort -u)" \
	"192.0.2.100 192.0.2.1:80 200 0
192.0.2.100 192.0.2.1:80 200 1
192.0.2.100 192.0.2.1:80 206 0"
stop "$apache"

# A Node.js server, on board 3: what is sent up comes back in chunks

cat >"$tmp/server.js" <<-'NODE'
	require("http").createServer((request, response) => {
		const s = request.socket;
		response.setHeader("X-Seen", [s.remoteAddress, s.localAddress, s.localPort].join(" "));
		request.pipe(response);
	}).listen(3000);
NODE
start board3 "$tmp/node" node "$tmp/server.js"
node=$pid
ok "Node.js listens" wait_for listening board3 3000
is "what was sent up comes back, whole" \
	"$(fetch client http://node.example:3000/ "${by[@]}" -D "$tmp/head" -H Expect: --data-binary "@$tmp/root1/film" | sum)" "${sums[1]}"
is "Node.js on board 3 saw the client, and the address the client asked" \
	"$(placed) $(tr -d '\r' <"$tmp/head" | sed -n 's/^X-Seen: //p')" "0 0 1 ::ffff:192.0.2.100 ::ffff:192.0.2.1 3000"
stop "$node"
finish
