"""Every dependency's licence is one that the project accepts. Works offline: `cargo metadata` reads what cargo has fetched."""

import json
import re
import subprocess
import sys

ACCEPTED = {
    "0BSD", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0", "CDLA-Permissive-2.0",
    "ISC", "MIT", "MIT-0", "OpenSSL", "Unicode-3.0", "Unlicense", "Zlib",
}


def accepted(expression: str) -> bool:
    """Whether an SPDX expression can be met with accepted licences: of an OR one, of an AND all."""
    expression = expression.replace("/", " OR ")
    tokens = re.findall(r"\(|\)|AND|OR|[^\s()]+(?: WITH [^\s()]+)?", expression)
    python = " ".join({"AND": "and", "OR": "or"}.get(token, token if token in "()" else str(token in ACCEPTED)) for token in tokens)
    return bool(eval(python, {"__builtins__": {}}))  # noqa: S307 - holds nothing but True, False, and, or and parentheses


def main() -> int:
    """Prints what is not accepted."""
    metadata = json.loads(subprocess.run(["cargo", "metadata", "--format-version", "1", "--locked"], capture_output=True, check=True).stdout)
    refused = [(package["name"], package["license"]) for package in metadata["packages"] if not accepted(package["license"] or "none")]
    for name, licence in refused:
        print(f"{name}: {licence} is not accepted", file=sys.stderr)
    print(f"{len(metadata['packages']) - len(refused)} of {len(metadata['packages'])} packages have an accepted licence")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
