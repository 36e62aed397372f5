"""Documents held against a schema.

    python tests/stack/schemas.py SCHEMA DOCUMENTS

DOCUMENTS has one JSON document on each line. A schema lets fields pass that it does not know, since a release may add
some; here such a field is an error, so that no schema lags behind the program. Prints what does not fit, and fails then.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for


def closed(part: Any) -> Any:
    """The schema with no room for fields that it does not name."""
    if isinstance(part, list):
        return [closed(value) for value in part]
    if not isinstance(part, dict):
        return part
    part = {name: closed(value) for name, value in part.items()}
    return {"additionalProperties": False, **part} if {"required", "properties"} <= part.keys() else part


def main() -> int:
    """Prints the first misfits of each document."""
    schema = json.loads(Path(sys.argv[1]).read_text())
    version = validator_for(schema, Draft202012Validator)
    version.check_schema(schema)
    validator = version(closed(schema))
    misfits = 0
    for number, line in enumerate(Path(sys.argv[2]).read_text().splitlines(), 1):
        for error in validator.iter_errors(json.loads(line)):
            misfits += 1
            if misfits <= 10:
                print(f"document {number}, {error.json_path}: {error.message:.300}")
    return 1 if misfits else 0


if __name__ == "__main__":
    sys.exit(main())
