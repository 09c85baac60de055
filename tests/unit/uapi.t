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
            for name, first, last in re.findall(r'\bSETTING\(\w+, \w+, "([a-z-]+)",\s+(\d+), (\d+)\)', text)}
    kept.update((name, (low, high)) for name in re.findall(r'"(limit-[a-z-]+)", "', text))
    return kept


def attribute_lists(operation):
    for how in "do", "dump":
        for direction in "request", "reply":
            yield operation.get(how, {}).get(direction, {}).get("attributes", [])


def check_operations(spec):
    sets = {attributes["name"]: [attribute["name"] for attribute in attributes["attributes"]]
            for attributes in spec["attribute-sets"]}
    used = {name: {"pad"} if "pad" in names else set() for name, names in sets.items()}
    for operation in spec["operations"]["list"]:
        for names in attribute_lists(operation):
            used[operation["attribute-set"]].update(names)
    same(used, {name: set(names) for name, names in sets.items()}, "operations name all attributes there are, and no other")
    same([operation["name"] for operation in spec["operations"]["list"]
          if operation.get("flags") != ["uns-admin-perm"] or not operation["doc"]], [],
         "every operation needs CAP_NET_ADMIN and is explained")
    with open("src/control/family.c", encoding="utf-8") as file:
        offered = re.findall(r"\b(DO|DUMP)\((\w+),", file.read())
    same([(how, name) for how, name in offered if name != "CMD"],
         [("DUMP" if "dump" in operation else "DO", upper(operation["name"])) for operation in spec["operations"]["list"]],
         "the module offers the operations in their order, each as do or dump")


def check_lengths(spec):
    url = next(attribute for attributes in spec["attribute-sets"] if attributes["name"] == "url"
               for attribute in attributes["attributes"] if attribute["name"] == "url")
    same(url["checks"]["max-len"], constants(spec, spec["uapi-header"])["IPOS_URL_LEN_MAX"],
         "a URL is as long as the constant says")


def check_words(spec):
    """What people give to a command is called as in the specification."""
    known = {name for attributes in spec["attribute-sets"] if attributes["name"] == "board"
             for name in (attribute["name"] for attribute in attributes["attributes"])} - {"pad"}
    with open("tools/ipos-ctl/board.c", encoding="utf-8") as file:
        told = set(re.findall(r'^\t\t"([a-z-]+)", &kind', file.read(), re.M))
    same(told, known, "ipos-ctl knows every setting by its name")


with open("docs/netlink/ipos.yaml", encoding="utf-8") as file:
    spec = yaml.safe_load(file)
for header in sorted({definition.get("header", spec["uapi-header"]) for definition in spec["definitions"]}):
    values = constants(spec, header)
    same(compiled(header, values), values, f"{header} has the numbers of the specification")
names = set(constants(spec, spec["uapi-header"])) | {"IPOS_FAMILY_NAME"}
same(defined(HEADER), names, "the header has no name that the specification lacks")
same(ranges_kept(), ranges(spec), "the module keeps the ranges of the specification")
check_operations(spec)
check_lengths(spec)
check_words(spec)
print(f"1..{count}")
sys.exit(failed > 0)
