#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""ipos-ctl's manual page and bash completion: whatever `ipos-ctl help` tells is in the one and offered by the other."""

import os
import re
import subprocess
import sys
import tempfile

os.chdir(os.path.dirname(os.path.abspath(__file__)) + "/../..")
sys.dont_write_bytecode = True
sys.path.insert(0, "tests/lib")
from tap import check, equal, run, test  # noqa: E402

NEED = '. tests/lib/need.sh && need mandoc mandoc && need man man-db && need groff groff-base &&' \
       'need cc gcc libc6-dev && need /usr/include/libmnl/libmnl.h libmnl-dev && need pkg-config pkg-config'
subprocess.run(["sh", "-c", NEED], check=True)
OUT = os.getcwd() + "/build/unit/doc"
os.makedirs(OUT, exist_ok=True)
subprocess.run(["flock", OUT + "/lock", "make", "-s", "-C", "tools/ipos-ctl", "O=" + OUT, "S=" + OUT + "/share", "all"],
               check=True, stdout=subprocess.DEVNULL)
PAGE = OUT + "/share/man/man8/ipos-ctl.8"
COMPLETION = OUT + "/share/bash-completion/completions/ipos-ctl"


def output(*words, **more):
    return subprocess.run(words, check=True, capture_output=True, text=True, **more).stdout


def tell(*words):
    return output(OUT + "/ipos-ctl", "help", *words)


def names(text, heading):
    """The first words of a paragraph of the help."""
    lines = text.partition(heading + ":\n")[2].partition("\n\n")[0]
    return re.findall(r"^  (\S+)", lines, re.M)


COMMANDS = {name: names(tell(name), "Commands") for name in names(tell(), "Objects")}


def usage(name, command):
    """The usage as one line, without the word before it."""
    return " ".join(tell(name, command).partition("\n\n")[0].split()).removeprefix("Usage: ")


def sections():
    page = subprocess.run(["mandoc", "-T", "ascii", "-O", "width=200", PAGE], check=True, capture_output=True).stdout
    text = re.sub(r"-\n +", "-", re.sub(r".\x08", "", page.decode()))
    parts = re.split(r"^(?: {3})(\S+)$", text.partition("\nOBJECTS\n")[2].partition("\nEXAMPLES\n")[0], flags=re.M)
    return dict(zip(parts[1::2], (" ".join(part.split()) for part in parts[2::2])))


@test("mandoc has nothing to say about the page")
def _():
    equal(subprocess.run(["mandoc", "-T", "lint", "-W", "style", PAGE], capture_output=True, text=True).stdout, "")


@test("nor has man")
def _():
    environment = dict(os.environ, LC_ALL="C.UTF-8", MANROFFSEQ="", MANWIDTH="80")
    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", PAGE], env=environment,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    equal(done.stderr, "")


@test("the page has a section for each object, and no other")
def _():
    equal(sorted(sections()), sorted(COMMANDS))


for name in COMMANDS:
    @test(f"the page: {name}: every command, argument and word of it")
    def _(name=name):
        section = sections()[name]
        for command in COMMANDS[name]:
            check(usage(name, command) + " " in section, f"{usage(name, command)!r} is not in {section!r}")
        for line in re.findall(r"^  \S+ +(.*)$", tell(name).partition("\n\n")[2], re.M):
            check(line in section, f"{line!r} is not in {section!r}")

    @test(f"the page: {name}: what it is for, and an example")
    def _(name=name):
        prose = f"tools/ipos-ctl/man/{name}.roff"
        check(os.path.exists(prose), f"{prose} is missing")
        with open(prose, encoding="utf-8") as file:
            text = file.read().replace("\\-", "-")
        check(re.search(rf"^ipos-ctl {name} ", text, re.M), f"{prose} has no example")
        for command in re.findall(rf"^ipos-ctl {name} (\S+)", text, re.M):
            check(command in COMMANDS[name], f"{prose}: no such command: {command}")


@test("the page has all options")
def _():
    with open(PAGE, encoding="utf-8") as file:
        text = re.sub(r"\\f.", "", file.read()).replace("\\-", "-").replace('"', "")
    for option in re.findall(r"-\w+", tell().partition("Options:")[2].partition("standard input")[0]):
        check(re.search(rf"(^|[ ,]){option}\b", text, re.M), f"{option} is missing")


# The tool that completion asks, with rows that must not be taken for anything but text.
FAKE = r"""#!/bin/sh
echo "$*" >>"$ASKED"
case $* in
*'-j server show') echo '[{"ip":"10.0.0.2","connections":0},{"ip":"10.0.0.3","connections":0}]' ;;
*'-j service show') echo '[{"proto":"tcp","addr":"192.0.2.1","port":80,"inspect":"http"},{"proto":"tcp","addr":"192.0.2.9","port":22,"inspect":"none"}]' ;;
*'-j url show') echo '[{"url":"*/video","server":"10.0.0.2"},{"url":"a/$(touch$IFS$ASKED.evil)","server":"10.0.0.2"}]' ;;
*'-j stats show') echo '[{"name":"forwarded","value":1},{"name":"drop_frame_type","value":0}]' ;;
*) exit 1 ;;
esac
"""
DRIVE = """
. "$1"
COMP_LINE=$2 COMP_POINT=${#2}
# Cut as readline cuts: at blanks, and each colon a word.
read -ra COMP_WORDS <<<"${2//:/ : }"
[[ $2 == *' ' ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
spec=$(complete -p ipos-ctl) || exit
[[ $spec =~ -F\\ ([^ ]+) ]] || exit
"${BASH_REMATCH[1]}" ipos-ctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
folder = tempfile.TemporaryDirectory()
with open(folder.name + "/ipos-ctl", "w", encoding="utf-8") as fake:
    fake.write(FAKE)
os.chmod(folder.name + "/ipos-ctl", 0o755)
ENVIRONMENT = dict(os.environ, PATH=folder.name + ":" + os.environ["PATH"], ASKED=folder.name + "/asked")


def offered(line):
    done = subprocess.run(["bash", "--norc", "--noprofile", "-c", DRIVE, "bash", COMPLETION, line], env=ENVIRONMENT,
                          capture_output=True, text=True, check=True)
    equal(done.stderr, "", line)
    return sorted(filter(None, done.stdout.split("\n")))


@test("objects are offered")
def _():
    equal(offered("ipos-ctl "), sorted([*COMMANDS, "help"]))
    equal(offered("ipos-ctl help "), sorted(COMMANDS))
    equal(offered("ipos-ctl -j -n nine serv"), ["server", "service"])


VALUES = {"ADDRESS": "10.0.0.2", "MAC": "02:00:00:00:02:02", "ADDRESS:PORT": "192.0.2.1:80"}


def arguments(name, command):
    """From the usage: words before the named ones, {named: words it takes, or None}, words in a place of their own."""
    text = usage(name, command).split(maxsplit=3)[3:]
    places, named, many = [], {}, []
    for token in re.findall(r"\[[^]]*\]+|\S+", text[0] if text else ""):
        inner = token.strip("[]").replace(" ...", "")
        if token.endswith("...]"):
            many.append(inner)
        elif token.startswith("[") and inner[0].islower() and "|" not in inner.split()[0]:
            key, _, value = inner.partition(" ")
            named[key] = value
        elif token[0].islower() and "|" not in token:
            named[token] = None
        elif None in named.values():
            named[next(key for key, value in named.items() if value is None)] = token
        else:
            places.append(token)
    return places, named, many


for name, commands in COMMANDS.items():
    @test(f"completion: {name}: its commands")
    def _(name=name, commands=commands):
        equal(offered(f"ipos-ctl {name} "), sorted([*commands, "help"]))
        equal(offered(f"ipos-ctl {name} help "), sorted(commands))
        equal(offered(f"ipos-ctl help {name} "), sorted(commands))
        for command in commands:
            check(command in offered(f"ipos-ctl {name} {command[:2]}"), command)

    for command in commands:
        @test(f"completion: {name} {command}: every argument and word")
        def _(name=name, command=command):
            line = f"ipos-ctl {name} {command} "
            places, named, _ = arguments(name, command)
            for place in places:
                words = place.strip("[]").split("|")
                if len(words) > 1:
                    check(set(words) <= set(offered(line)), f"{line}: {offered(line)}")
                line += VALUES.get(place.strip("[]"), words[0]) + " "
            got = set(offered(line))
            check(set(named) <= got, f"{line!r}: of {set(named)} only {got}")
            for key, value in named.items():
                if value and "|" in value:
                    equal(offered(f"{line}{key} "), sorted(value.split("|")), key)
                again = offered(f"{line}{key} {'x ' if value else ''}")
                check(key not in again, f"{key} is offered twice")
                equal(set(again) & set(named), set(named) - {key}, key)


@test("values that exist are offered, in the namespace that is meant")
def _():
    equal(offered("ipos-ctl server del "), ["10.0.0.2", "10.0.0.3", "help"])
    equal(offered("ipos-ctl server set 10.0.0.3"), ["10.0.0.3"])
    equal(offered("ipos-ctl forward show server 10.0.0.2"), ["10.0.0.2"])
    equal(offered("ipos-ctl url add x server "), ["10.0.0.2", "10.0.0.3"])
    equal(offered("ipos-ctl server add "), ["help"])
    equal(offered("ipos-ctl stats show for"), ["forwarded"])
    equal(offered("ipos-ctl -n nine server del 10.0.0.3"), ["10.0.0.3"])
    with open(ENVIRONMENT["ASKED"], encoding="utf-8") as asked:
        equal(asked.read().splitlines()[-1], "-n nine -j server show")


@test("what stands before a colon is typed already")
def _():
    equal(offered("ipos-ctl service del tcp 192.0.2."), ["192.0.2.1:80", "192.0.2.9:22"])
    equal(offered("ipos-ctl service del tcp 192.0.2.1:"), ["80"])


@test("what rows hold is text")
def _():
    equal(offered("ipos-ctl url del \\*"), ["\\*/video"])
    equal(offered("ipos-ctl url del a/"), ["a/\\$\\(touch\\$IFS\\$ASKED.evil\\)"])
    check(not os.path.exists(ENVIRONMENT["ASKED"] + ".evil"), "it was run")


@test("devices, options and files are offered")
def _():
    check("lo" in offered("ipos-ctl dev add "), "lo is missing")
    check("lo" in offered("ipos-ctl dev del l"), "lo is missing")
    equal(offered("ipos-ctl -j"), ["-json"])
    check("-batch" in offered("ipos-ctl -"), "-batch is missing")
    equal(offered("ipos-ctl -b tools/ipos-ctl/man/bo"), ["tools/ipos-ctl/man/board.roff"])


@test("what is unknown is no error")
def _():
    for line in "ipos-ctl nothing ", "ipos-ctl server nothing ", "ipos-ctl server set x nothing y ", "ipos-ctl help x y ":
        check("nothing" not in offered(line), line)


run()
