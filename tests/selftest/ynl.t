#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/lib/python3/dist-packages/yaml python3-yaml
# need /usr/lib/python3/dist-packages/jsonschema python3-jsonschema
# need-tree ynl
"""The kernel's own YNL client reads docs/netlink/ipos.yaml, by its schema, and with nothing else talks to the module."""

import ipaddress
import json
import os
import subprocess
import sys

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TREE = os.path.dirname(TESTS) + "/build/kernel/tree/ynl"
SPEC = os.path.dirname(TESTS) + "/docs/netlink/ipos.yaml"
SCHEMA = TREE + "/Documentation/netlink/genetlink-legacy.yaml"
CLI = TREE + "/tools/net/ynl/cli.py"
sys.path[:0] = [TESTS + "/lib", TREE + "/tools/net/ynl"]

from tap import check, equal, run, test, wait_for  # noqa: E402
from lib import NlError, YnlFamily  # noqa: E402


def ip(text):
    """Addresses are given as numbers; the client shows them as text."""
    return int(ipaddress.ip_address(text))


def refused(words, error, method, **attributes):
    try:
        family.do(method, attributes)
    except NlError as refusal:
        equal((-refusal.nl_msg.error, refusal.nl_msg.extack.get("msg")), (error, "ipos: " + words))
        return refusal.nl_msg.extack
    raise AssertionError(f"{method} {attributes} was not refused")


def sh(command):
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)


sh("modprobe ipos && ip link add eth0 type dummy && ip link add eth1 type dummy && ip link set eth0 up &&"
   "ip link set eth1 up && ip addr add 198.51.100.1/24 dev eth0")
family = listener = None


@test("the specification fits the kernel's schema")
def _():
    global family
    family = YnlFamily(SPEC, SCHEMA)


@test("a schema that it does not fit is noticed")
def _():
    try:
        YnlFamily(SPEC, TREE + "/Documentation/netlink/netlink-raw.yaml")
    except Exception as error:
        check("ValidationError" in type(error).__name__, error)
        return
    raise AssertionError("it was not")


@test("get: the board's settings")
def _():
    got = family.do("board-get", {})
    equal((got["server-ip"], got["ethertype"], got["drain"]), ("0.0.0.0", "0x7", 0))
    equal(set(got) & {"pad", "defaults"}, set())
    equal(family.do("board-get", {"defaults": True})["hold-ms"], got["hold-ms"])


@test("set: some of them")
def _():
    family.do("board-set", {"server-ip": ip("10.0.0.1"), "hold-ms": 4321})
    got = family.do("board-get", {})
    equal((got["server-ip"], got["hold-ms"]), ("10.0.0.1", 4321))


@test("add and dump: devices, by flags")
def _():
    with open("/sys/class/net/eth1/ifindex", encoding="ascii") as file:
        index = int(file.read())
    family.do("dev-add", {"ifindex": index, "role": ["fabric"]})
    equal(family.dump("dev-get", {}), [{"ifindex": index, "name": "eth1", "role": {"fabric"}, "mtu": 1500,
                                           "learn": 0}])


@test("add, set, dump and del: servers, by words")
def _():
    family.do("server-add", {"ip": ip("10.0.0.2"), "lladdr": bytes.fromhex("020000000202"), "memory": 2**40})
    family.do("server-add", {"ip": ip("10.0.0.3"), "lladdr": bytes.fromhex("020000000203"), "state": "down"})
    family.do("server-set", {"ip": ip("10.0.0.2"), "state": "drain"})
    rows = sorted(family.dump("server-get", {}), key=lambda row: row["ip"])
    equal([(row["ip"], row["lladdr"], row["dev"], row["state"], row["memory"]) for row in rows],
          [("10.0.0.2", "02:00:00:00:02:02", "eth1", "drain", 2**40), ("10.0.0.3", "02:00:00:00:02:03", "eth1", "down", 0)])
    family.do("server-del", {"ip": ip("10.0.0.3")})
    equal([row["ip"] for row in family.dump("server-get", {"ip": ip("10.0.0.2")})], ["10.0.0.2"])
    equal(len(family.dump("server-get", {})), 1)


@test("add, dump and flush: services and URLs")
def _():
    family.do("service-add", {"proto": "tcp", "addr": ip("198.51.100.1"), "port": 80, "inspect": "http"})
    family.do("service-add", {"proto": "tcp", "addr": ip("192.0.2.9"), "port": 81, "foreign": True})
    rows = sorted(family.dump("service-get", {}), key=lambda row: row["port"])
    equal([(row["addr"], row["inspect"], row["policy"], row.get("foreign")) for row in rows],
          [("198.51.100.1", "http", "local-first", None), ("192.0.2.9", "none", "local-first", True)])
    family.do("url-add", {"url": "example.org/a", "server": ip("10.0.0.2")})
    equal(family.dump("url-get", {}), [{"url": "example.org/a", "server": "10.0.0.2"}])
    family.do("url-flush", {})
    equal(family.dump("url-get", {}), [])


@test("dump: the tables of endpoints, which are empty, and counters, which are not")
def _():
    for table in "temporary", "forward-connect", "forward", "local":
        equal(family.dump("flow-get", {"table": table}), [])
    rows = {row["name"]: row for row in family.dump("stats-get", {})}
    equal((rows["table_server"]["value"], "limit" in rows["forwarded"]), (1, False))


@test("an error comes with words, and with the attribute it is about")
def _():
    extack = refused("server exists already", 17, "server-add", ip=ip("10.0.0.2"), lladdr=bytes.fromhex("020000000209"))
    equal(extack.get("bad-attr"), ".ip")
    extack = refused("hold-ms must be 10 to 600000", 34, "board-set", **{"hold-bytes": 256, "hold-ms": 1})
    equal(extack.get("bad-attr"), ".hold-ms")
    refused("server is missing", 22, "server-del")


def events():
    listener.check_ntf()
    got = listener.async_msg_queue[:]
    listener.async_msg_queue.clear()
    return got


@test("events: a change of the configuration")
def _():
    # It can only join a group before it has asked anything.
    global listener
    listener = YnlFamily(SPEC, SCHEMA)
    listener.ntf_subscribe("config")
    family.do("server-set", {"ip": ip("10.0.0.2"), "state": "up", "cpu": 7})
    event = wait_for(events)[0]
    equal(event["name"], "config-ntf")
    equal(event["msg"]["server"], {"ip": "10.0.0.2", "state": "up", "cpu": 7})
    command = family.msgs["server-set"]
    equal((event["msg"]["command"], event["msg"]["time"] > 10**18), (command.req_value, True))


@test("events: what was refused is none")
def _():
    refused("no such server", 2, "server-set", ip=ip("10.0.0.7"), state="up")
    equal(events(), [])


@test("events: the steps of an endpoint")
def _():
    sh(f"{TESTS}/cluster up 1 >&2 && {TESTS}/cluster exec board1 ipos-ctl service add tcp 192.0.2.1:80 inspect http")
    netns = os.open("/run/netns/board1", os.O_RDONLY)
    mine = os.open("/proc/self/ns/net", os.O_RDONLY)
    setns(netns)
    board = YnlFamily(SPEC, SCHEMA)
    setns(mine)
    board.ntf_subscribe("handoff")
    sh("ip netns exec client /usr/bin/python3 -c 'import socket\n"
       "s = socket.create_connection((\"192.0.2.1\", 80)); s.sendall(b\"GET / HTTP/1.0\\r\\n\\r\\n\")\n"
       "try: s.recv(1)\nexcept ConnectionResetError: pass'")
    wait_for(lambda: board.check_ntf() or len(board.async_msg_queue) == 2)
    equal([(event["name"], event["msg"]["step"], event["msg"]["role"], event["msg"]["service-ip"],
            event["msg"]["service-port"], event["msg"]["proto"]) for event in board.async_msg_queue],
          [("handoff-ntf", step, "origin", "192.0.2.1", 80, "tcp") for step in ("established", "unplaced")])
    equal({event["msg"]["src-ip"] for event in board.async_msg_queue}, {"192.0.2.100"})


def setns(descriptor):
    import ctypes
    check(ctypes.CDLL(None, use_errno=True).setns(descriptor, 0) == 0, "setns() failed")


@test("the client's own program does the same")
def _():
    def cli(*words):
        return subprocess.run(["/usr/bin/python3", CLI, "--spec", SPEC, "--schema", SCHEMA, "--output-json", *words], capture_output=True,
                              text=True, check=False)
    done = cli("--do", "board-get")
    equal((done.stderr, json.loads(done.stdout)["server-ip"]), ("", "10.0.0.1"))
    equal(json.loads(cli("--dump", "server-get").stdout)[0]["lladdr"], "02:00:00:00:02:02")
    done = cli("--do", "server-del", "--json", json.dumps({"ip": ip("10.0.0.9")}))
    check(done.returncode == 1 and "ipos: no such server" in done.stdout, done)


run()
