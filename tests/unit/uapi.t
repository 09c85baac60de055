#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
# need /usr/bin/python3 python3
"""The netlink family's specification, the header made by hand from it, and the ranges the module keeps: all alike."""

import os
import re
import subprocess
import sys
import tempfile

NEED = '. tests/lib/need.sh && need "$0" "$@"'
HEADER = "include/uapi/linux/ipos.h"

os.chdir(os.path.dirname(os.path.abspath(__file__)) + "/../..")
subprocess.run(["sh", "-c", NEED, "/usr/lib/python3/dist-packages/yaml", "python3-yaml"], check=True)
subprocess.run(["sh", "-c", NEED, "cc", "gcc", "libc6-dev"], check=True)

import yaml  # noqa: E402

count = failed = 0


def same(got, want, name):
    global count, failed
    count += 1
    failed += got != want
    print(f"{'ok' if got == want else 'not ok'} {count} {name}")
    if got != want:
        print(f"#  got {got!r}\n#  wanted {want!r}")


def upper(*words):
    return "_".join(words).replace("-", "_").upper()


def entry_names(definition):
    return [entry["name"] if isinstance(entry, dict) else entry for entry in definition["entries"]]


def enumeration(definition):
    start = definition.get("value-start", 0)
    values = enumerate(entry_names(definition), start)
    if definition["type"] == "flags":
        values = ((1 << i, name) for i, name in values)
    return {upper("ipos", definition["name"], name): i for i, name in values}


def numbered(prefix, items):
    """Attributes or commands, from 1, and what the header says of the last."""
    values = {upper(prefix, item["name"]): i for i, item in enumerate(items, 1)}
    values[upper(prefix, "max")] = len(items)
    return values


def constants(spec, header):
    """What a header that agrees with the specification defines."""
    values = {}
    for definition in spec["definitions"]:
        if definition.get("header", spec["uapi-header"]) != header:
            continue
        if definition["type"] == "const":
            values[upper("ipos", definition["name"])] = definition["value"]
        else:
            values.update(enumeration(definition))
    if header == spec["uapi-header"]:
        for attributes in spec["attribute-sets"]:
            values.update(numbered("ipos-a-" + attributes["name"], attributes["attributes"]))
        values.update(numbered("ipos-cmd", spec["operations"]["list"]))
        values["IPOS_FAMILY_VERSION"] = spec.get("version", 1)
    return values


def compiled(header, names):
    """The values the compiler sees."""
    lines = "".join(f'\tprintf("{name} %lld\\n", (long long){name});\n' for name in sorted(names))
    program = f"#include <stdio.h>\n#include <{header}>\nint main(void)\n{{\n{lines}\treturn 0;\n}}\n"
    with tempfile.TemporaryDirectory() as directory:
        built = subprocess.run(["cc", "-Wall", "-Werror", "-Iinclude/uapi", "-x", "c", "-o", directory + "/a", "-"],
                               input=program, text=True, stderr=subprocess.PIPE, check=False)
        if built.returncode:
            print("\n".join("# " + line for line in built.stderr.splitlines()))
            return {}
        output = subprocess.run([directory + "/a"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {name: int(value) for name, value in map(str.split, output.splitlines())}


def defined(path):
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    return set(re.findall(r"^(?:#define\s+|\t)(IPOS_\w+)", text, re.M))


def ranges(spec):
    board = next(attributes for attributes in spec["attribute-sets"] if attributes["name"] == "board")
    return {attribute["name"]: (attribute["checks"]["min"], attribute["checks"]["max"])
            for attribute in board["attributes"] if "min" in attribute.get("checks", {})}


def ranges_kept():
    with open("src/control/board.c", encoding="utf-8") as file:
        text = file.read()
    low, high = (int(re.search(rf"#define LIMIT_{end}\s+(\d+)", text)[1]) for end in ("MIN", "MAX"))
    kept = {name: (int(first), int(last))
            for name, first, last in re.findall(r'\bSETTING\(\w+, \w+,\s+"([a-z-]+)",\s+(\d+), (\d+)\)', text)}
    kept.update((name, (low, high)) for name in re.findall(r'"(limit-[a-z-]+)", "', text))
    return kept


def attribute_lists(operation):
    for how in "do", "dump":
        for direction in "request", "reply":
            yield operation.get(how, {}).get(direction, {}).get("attributes", [])
    yield operation.get("event", {}).get("attributes", [])


def check_events(spec):
    """Every event has a group, and whoever listens needs what a command needs."""
    groups = {group["name"]: group for group in spec["mcast-groups"]["list"]}
    same({operation.get("mcgrp") for operation in spec["operations"]["list"] if "event" in operation}, set(groups),
         "each event has a group, and each group an event")
    same([name for name, group in groups.items() if group.get("flags") != ["uns-admin-perm"]], [],
         "to listen to any group needs CAP_NET_ADMIN")
    with open(HEADER, encoding="utf-8") as file:
        told = dict(re.findall(r'^#define IPOS_MCGRP_(\w+)\s+"([a-z-]+)"', file.read(), re.M))
    same(told, {upper(name): name for name in groups}, "the header has the names of the groups")
    with open("src/control/family.c", encoding="utf-8") as file:
        made = re.findall(r"\.name = IPOS_MCGRP_(\w+), \.flags = GENL_MCAST_CAP_NET_ADMIN,", file.read())
    same(made, [upper(name) for name in groups], "the module has the groups in their order, each for CAP_NET_ADMIN")
    changes = [operation["name"] for operation in spec["operations"]["list"]
               if operation["name"].endswith(("-set", "-add", "-del", "-flush"))]
    with open("src/control/family.c", encoding="utf-8") as file:
        told = [name.replace("_", "-") for name in re.findall(r"^CHANGE\((\w+), \w+\)$", file.read(), re.M)]
    same(told, changes, "every change is told to those who listen")


def check_step_words(spec):
    """Tracepoints and ipos-ctl use the specification's words, in its order."""
    words = {definition["name"]: entry_names(definition) for definition in spec["definitions"] if "entries" in definition}
    with open("src/base/event.h", encoding="utf-8") as file:
        same(re.findall(r"^\tX\((\w+), \w+\)", file.read(), re.M), words["handoff-step"],
             "there is a tracepoint for each step")
    with open("src/base/trace.h", encoding="utf-8") as file:
        same(re.findall(r'^\t(?:X|LAST)\(\w+, "([a-z-]+)"\)', file.read(), re.M), words["handoff-reason"],
             "tracepoints know every reason")
    with open("src/base/event.h", encoding="utf-8") as file:
        same(re.findall(r"^\t(?:E|LAST)\((\w+), \w+\)", file.read(), re.M), words["cluster-event"],
             "the tracepoint knows every event of the cluster")
    with open("tools/ipos-ctl/cluster.c", encoding="utf-8") as file:
        text = re.search(r"^const char \*const cluster_events\[\] = \{(.*?) NULL\s*\};", file.read(), re.M | re.S)[1]
    same(re.findall(r'"([a-z-]+)"', text), words["cluster-event"], "ipos-ctl knows every event of the cluster")
    with open("tools/ipos-ctl/handoff.c", encoding="utf-8") as file:
        lists = dict(re.findall(r"^static const char \*const (\w+)\[\] = \{(.*?) NULL\s*\};", file.read(), re.M | re.S))
    same({name: re.findall(r'"([a-z-]+)"', text) for name, text in lists.items()},
         {"steps": words["handoff-step"], "roles": words["handoff-role"], "reasons": words["handoff-reason"]},
         "ipos-ctl knows every step, role and reason")


def check_operations(spec):
    sets = {attributes["name"]: [attribute["name"] for attribute in attributes["attributes"]]
            for attributes in spec["attribute-sets"]}
    used = {name: {"pad"} if "pad" in names else set() for name, names in sets.items()}
    for operation in spec["operations"]["list"]:
        for names in attribute_lists(operation):
            used[operation["attribute-set"]].update(names)
    same(used, {name: set(names) for name, names in sets.items()}, "operations name all attributes there are, and no other")
    same([operation["name"] for operation in spec["operations"]["list"]
          if not operation["doc"] or "event" not in operation and operation.get("flags") != ["uns-admin-perm"]], [],
         "every operation needs CAP_NET_ADMIN and is explained")
    with open("src/control/family.c", encoding="utf-8") as file:
        offered = re.findall(r"\b(DO|DUMP)\((\w+),", file.read())
    same([(how, name) for how, name in offered if name != "CMD"],
         [("DUMP" if "dump" in operation else "DO", upper(operation["name"])) for operation in spec["operations"]["list"]
          if "event" not in operation],
         "the module offers the operations in their order, each as do or dump")


def check_lengths(spec):
    url = next(attribute for attributes in spec["attribute-sets"] if attributes["name"] == "url"
               for attribute in attributes["attributes"] if attribute["name"] == "url")
    same(url["checks"]["max-len"], constants(spec, spec["uapi-header"])["IPOS_URL_LEN_MAX"],
         "a URL is as long as the constant says")


def check_words(spec):
    """What people give to a command is called as in the specification."""
    known = {name for attributes in spec["attribute-sets"] if attributes["name"] == "board"
             for name in (attribute["name"] for attribute in attributes["attributes"])} - {"pad", "defaults"}
    with open("tools/ipos-ctl/board.c", encoding="utf-8") as file:
        told = set(re.findall(r'^\t\t"([a-z-]+)", &kind', file.read(), re.M))
    same(told, known, "ipos-ctl knows every setting by its name")


with open("docs/netlink/ipos.yaml", encoding="utf-8") as file:
    spec = yaml.safe_load(file)
for header in sorted({definition.get("header", spec["uapi-header"]) for definition in spec["definitions"]}):
    values = constants(spec, header)
    same(compiled(header, values), values, f"{header} has the numbers of the specification")
names = set(constants(spec, spec["uapi-header"])) | {"IPOS_FAMILY_NAME"}
names |= {upper("ipos-mcgrp", group["name"]) for group in spec["mcast-groups"]["list"]}
same(defined(HEADER), names, "the header has no name that the specification lacks")
same(ranges_kept(), ranges(spec), "the module keeps the ranges of the specification")
check_operations(spec)
check_lengths(spec)
check_words(spec)
check_events(spec)
check_step_words(spec)
print(f"1..{count}")
sys.exit(failed > 0)
