#!/usr/bin/python3
"""Names the lines of the repository's sources, scripts and pages that are longer than 140 columns.

Left out is what no line break may go into: raw string literals of C#, tables, headings and examples of Markdown, addresses, and data that
tests read. Ends with 1 when a line is too long.
"""
import re
import subprocess
import sys

COLUMNS = 140
KINDS = ("*.cs", "*.cpp", "*.h", "*.cu", "*.sh", "*.py", "*.md", ".ci/run")
GENERATED = ("THIRD-PARTY-NOTICES.md",)


def code(lines):
    """Numbers and lines outside of raw string literals."""
    raw = False
    for number, line in enumerate(lines, 1):
        if not raw and line.count('"""') < 2:
            yield number, line
        raw ^= line.count('"""') % 2 == 1


def page(lines):
    """Numbers and lines outside of code blocks, tables and headings."""
    example = False
    for number, line in enumerate(lines, 1):
        if re.match(r"\s*(```|~~~)", line):
            example = not example
        elif not example and not re.match(r"\s*[|#]|    .*", line):
            yield number, line


def main():
    found = 0
    for name in subprocess.check_output(["git", "ls-files", *KINDS], text=True).splitlines():
        if name in GENERATED:
            continue
        with open(name, encoding="utf-8") as file:
            lines = file.read().split("\n")
        for number, line in page(lines) if name.endswith(".md") else code(lines) if name.endswith(".cs") else enumerate(lines, 1):
            if len(line) > COLUMNS and "://" not in line:
                print(f"{name}:{number}: {len(line)} columns, expected at most {COLUMNS}")
                found += 1
    return 1 if found else 0


sys.exit(main())
