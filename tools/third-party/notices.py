#!/usr/bin/env python3
"""Third-party software in the program, read from the lock files of its projects and from the restored packages.

notices.py notices              writes THIRD-PARTY-NOTICES.md at the top of the repository
notices.py check                exit code 1 when that file is not what this would write
notices.py sbom VERSION RUNTIME writes a CycloneDX 1.5 bill of materials to standard output
notices.py texts FOLDER         copies the packages' own licence and notice files into a folder, for a tarball

Needs the packages of a restore (NUGET_PACKAGES, or ~/.nuget/packages) and nothing else.
"""
import base64
import glob
import json
import os
import re
import shutil
import sys
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PACKAGES = os.environ.get("NUGET_PACKAGES", os.path.expanduser("~/.nuget/packages"))
OUT = os.path.join(ROOT, "THIRD-PARTY-NOTICES.md")
# They make code at build time; nothing of them is in the program.
BUILD_ONLY = {"grpc.tools", "microsoft.codeanalysis.bannedapianalyzers"}
# A file of these is in the program and no code, so that nothing that they depend on is there either.
DATA_ONLY = {"microsoft.ml.dnnimagefeaturizer.resnet18"}
# Packages whose nuspec points at a file instead of naming the licence; the name was read there.
NAMED_BY_FILE = {"mqttnet": "MIT", "mqttnet.server": "MIT", "microsoft.ml.onnxruntime": "MIT", "microsoft.ml.onnxruntime.managed": "MIT"}
# What is in the program without being a package of a lock file.
OTHERS = [
    (".NET runtime and ASP.NET Core", "in self-contained builds", "MIT", "Copyright (c) .NET Foundation and Contributors", "https://github.com/dotnet/runtime"),
    ("OpenCV", "inside OpenCvSharp4.official.runtime.linux-x64", "Apache-2.0", "Copyright (C) OpenCV team", "https://opencv.org"),
    ("FFmpeg", "inside OpenCvSharp4.official.runtime.linux-x64", "LGPL-2.1-or-later", "Copyright (c) the FFmpeg developers", "https://ffmpeg.org"),
    ("SQLite", "inside SQLitePCLRaw.lib.e_sqlite3", "Public domain", "D. Richard Hipp and others", "https://sqlite.org"),
]


def packages():
    found = {}
    for lock in sorted(glob.glob(os.path.join(ROOT, "src", "*", "packages.lock.json"))):
        with open(lock, encoding="utf-8-sig") as file:
            for dependencies in json.load(file)["dependencies"].values():
                for name in contained(dependencies):
                    entry = dependencies[name]
                    found[name, entry["resolved"]] = entry.get("contentHash", "")
    return [(name, version, found[name, version]) for name, version in sorted(found, key=lambda k: (k[0].lower(), k[1]))]


def contained(dependencies):
    """Names of the packages that a project brings into the program: those that it names and what they lead to."""
    by_name = {name.lower(): name for name in dependencies}
    open_names = [n for n, e in dependencies.items() if e["type"] in ("Direct", "Project") and n.lower() not in BUILD_ONLY]
    seen = set()
    while open_names:
        name = open_names.pop()
        if name in seen:
            continue
        seen.add(name)
        if name.lower() not in DATA_ONLY:
            open_names += [by_name[d.lower()] for d in dependencies[name].get("dependencies", {}) if d.lower() in by_name]
    return [n for n in seen if dependencies[n]["type"] != "Project"]


def nuspec(name, version):
    folder = os.path.join(PACKAGES, name.lower(), version.lower())
    files = glob.glob(os.path.join(folder, "*.nuspec"))
    if not files:
        sys.exit(f"{name} {version} is not in {PACKAGES}: restore first (./build.sh build)")
    with open(files[0], encoding="utf-8-sig") as file:
        text = file.read()

    def tag(pattern):
        match = re.search(pattern, text)
        return match[1].strip() if match else ""

    licence = tag(r'<license type="expression">([^<]+)') or NAMED_BY_FILE.get(name.lower(), "")
    if not licence:
        sys.exit(f"{name} {version} names no licence expression: read its licence file and add it to NAMED_BY_FILE in {sys.argv[0]}")
    texts = [f for f in sorted(os.listdir(folder)) if re.match(r"(?i)licen[sc]e(\.(txt|md))?$", f)]
    holder = tag(r"<copyright>([^<]+)") or tag(r"<authors>([^<]+)")
    return licence, holder, tag(r"<projectUrl>([^<]+)"), [os.path.join(folder, t) for t in texts]


def notices():
    lines = [
        "# Third-party notices",
        "",
        "ClipFusion contains the software below. Written by `tools/third-party/notices.py` from the lock files: change those, then run it "
        "again.",
        "Texts of the licences that are named by their SPDX identifier: <https://spdx.org/licenses/>.",
        "",
        "| package | version | licence | copyright | home |",
        "| --- | --- | --- | --- | --- |",
    ]
    texts = {}
    for name, version, _ in packages():
        licence, copyright_line, home, files = nuspec(name, version)
        lines.append(f"| {name} | {version} | {licence} | {copyright_line} | {home} |")
        for path in files:
            with open(path, encoding="utf-8-sig", errors="replace") as file:
                text = file.read().replace("\r\n", "\n").strip()
            texts.setdefault(text, []).append(f"{name} {version}")
    lines += ["", "Inside these, or beside them in self-contained builds:", ""]
    lines += ["| software | where | licence | copyright | home |", "| --- | --- | --- | --- | --- |"]
    lines += [f"| {' | '.join(other)} |" for other in OTHERS]
    for text, names in texts.items():
        lines += ["", f"## Licence text of {', '.join(names)}", "", "```", *[line.rstrip() for line in text.split("\n")], "```"]
    return "\n".join(lines) + "\n"


def sbom(version, runtime):
    components = []
    for name, package_version, content_hash in packages():
        licence, copyright_line, home, _ = nuspec(name, package_version)
        component = {
            "type": "library", "bom-ref": f"pkg:nuget/{name}@{package_version}", "name": name, "version": package_version,
            "purl": f"pkg:nuget/{name}@{package_version}", "licenses": [{"expression": licence}], "copyright": copyright_line,
        }
        if home:
            component["externalReferences"] = [{"type": "website", "url": home}]
        if content_hash:
            component["hashes"] = [{"alg": "SHA-512", "content": base64.b64decode(content_hash).hex()}]
        components.append(component)
    program = {"type": "application", "bom-ref": "clipfusion", "name": "clipfusion", "version": version,
               "licenses": [{"license": {"id": "Apache-2.0"}}],
               "properties": [{"name": "runtime", "value": runtime}]}
    # The same contents have the same serial number, so that builds can be compared.
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([program, components], sort_keys=True))
    return json.dumps({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": f"urn:uuid:{serial}", "version": 1,
        "metadata": {"component": program}, "components": components,
        "dependencies": [{"ref": "clipfusion", "dependsOn": [c["bom-ref"] for c in components]}],
    }, indent=2)


def copy_texts(folder):
    os.makedirs(folder, exist_ok=True)
    for name, version, _ in packages():
        source = os.path.join(PACKAGES, name.lower(), version.lower())
        for file in sorted(os.listdir(source)):
            if re.match(r"(?i)(licen[sc]e|third-?party-?notices)(\.(txt|md))?$", file):
                shutil.copyfile(os.path.join(source, file), os.path.join(folder, f"{name}.{version}.{file}"))


def main():
    if sys.argv[1:] == ["notices"]:
        with open(OUT, "w", encoding="utf-8") as file:
            file.write(notices())
    elif sys.argv[1:] == ["check"]:
        there = open(OUT, encoding="utf-8").read() if os.path.exists(OUT) else ""
        if there != notices():
            sys.exit("THIRD-PARTY-NOTICES.md is not what the lock files say: run tools/third-party/notices.py notices")
    elif len(sys.argv) == 4 and sys.argv[1] == "sbom":
        print(sbom(sys.argv[2], sys.argv[3]))
    elif len(sys.argv) == 3 and sys.argv[1] == "texts":
        copy_texts(sys.argv[2])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
