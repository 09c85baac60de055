# SPDX-License-Identifier: GPL-2.0
"""What the parts of make bench with real programs have in common: servers and proxies on boards, a client that fetches.

A part that uses it names nginx, and haproxy, as its needs. All of it ends with the VM.
"""

import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ruler import TOP, on, silent  # noqa: E402

# No more than what they need to run: what a log costs is not theirs alone.
NGINX = """daemon off;
user root;
worker_processes 1;
pid {dir}/pid;
error_log {dir}/error.log;
events {{ }}
http {{
	access_log off;
	client_body_temp_path {dir}/body;
	proxy_temp_path {dir}/proxy;
	fastcgi_temp_path {dir}/fastcgi;
	uwsgi_temp_path {dir}/uwsgi;
	scgi_temp_path {dir}/scgi;
	{http}
	server {{
		listen 80;
		root {root};
		{server}
	}}
}}
"""

HAPROXY = """global
	nbthread 1
defaults
	mode http
	timeout connect 60s
	timeout client 60s
	timeout server 60s
	http-reuse always
frontend clients
	bind :80
{rules}
{backends}
"""


def start(board, port, *command):
    """The process, which listens at that port."""
    directory = f"/tmp/{board.name}"
    os.makedirs(directory, exist_ok=True)
    with open(f"{directory}/output", "w") as out:
        process = subprocess.Popen(("ip", "netns", "exec", board.name) + command, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT)

    def listens():
        if process.poll() is not None:
            with open(f"{directory}/output") as told:
                sys.exit(f"{board.name}: {command[0]} ended, {process.returncode}: {told.read()}")
        return on(board, f"ss -Hltn sport = :{port}")
    # While a guest that counts waits for files of the host its clock skips from timer to timer, so no time limits this.
    while not listens():
        time.sleep(0.02)
    return process


def written(board, name, text):
    os.makedirs(f"/tmp/{board.name}", exist_ok=True)
    path = f"/tmp/{board.name}/{name}"
    with open(path, "w") as file:
        file.write(text)
    return path


def nginx(board, root="/tmp/root", http="", server=""):
    conf = written(board, "nginx.conf", NGINX.format(dir=f"/tmp/{board.name}", root=root, http=http, server=server))
    start(board, 80, "nginx", "-e", f"/tmp/{board.name}/error.log", "-c", conf)


def nginx_proxy(board, ways):
    """As proxy; ways: {path: board}. It keeps its connections to them."""
    nginx(board, http="".join(f"upstream {to.name} {{ server {to.fabric}:80; keepalive 16; }}\n" for to in ways.values()),
          server='proxy_http_version 1.1; proxy_set_header Connection "";\n' +
          "".join(f"location {path} {{ proxy_pass http://{to.name}; }}\n" for path, to in ways.items()))


def haproxy(board, ways):
    """ways: {path: board}"""
    rules = "\n".join(f"\tuse_backend {to.name} if {{ path_beg {path} }}" for path, to in ways.items())
    backends = "\n".join(f"backend {to.name}\n\tserver {to.name} {to.fabric}:80" for to in ways.values())
    start(board, 80, "haproxy", "-db", "-f", written(board, "haproxy.cfg", HAPROXY.format(rules=rules, backends=backends)))


def joined(boards):
    """These, of a bare cluster, become boards of ipOS that know each other, and say nothing of themselves."""
    for board in boards:
        board.ctl("dev", "add", "eth0", "role", "client")
        board.ctl("dev", "add", "eth1", "role", "fabric")
        silent(board)
        for other in boards:
            if other is not board:
                board.ctl("server", "add", other.fabric, "lladdr", other.mac(1))


def route(board, ways):
    """What is asked of this board goes by its path; ways: {path: board}"""
    board.ctl("service", "add", "tcp", f"{board.address}:80", "inspect", "http")
    for path, to in ways.items():
        board.ctl("url", "add", f"*{path}", "server", to.fabric)


def fetch(count, pause, board, paths):
    """From the client: (instructions a fetch, all hosts; ns to the first byte: median, 99th percentile; bytes)."""
    command = "ip", "netns", "exec", "client", f"{TOP}/build/bench/fetch", str(count), str(pause), board.address, *paths
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"fetch from {board.name} failed")
    return [int(word) for word in done.stdout.split()]
