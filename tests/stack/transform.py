"""What CloudFormation makes of the template with these parameters.

    python tests/stack/transform.py [PARAMETER=VALUE...]

Prints the template as SAM transforms it, with every condition decided and gone: what stands is what a deployment has.
The code is said to lie in S3, as after `sam package`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from emulator import TEMPLATE, Template, read_template, to_cloudformation, with_code

NO_VALUE = {"Ref": "AWS::NoValue"}


def holds(condition: Any, template: Template) -> bool:
    """Whether a condition of the template is met; it knows the functions that the template uses."""
    ((function, operands),) = condition.items()
    if function == "Condition":
        return holds(template["Conditions"][operands], template)
    if function in ("Fn::And", "Fn::Or"):
        met = [holds(operand, template) for operand in operands]
        return all(met) if function == "Fn::And" else any(met)
    if function == "Fn::Not":
        return not holds(operands[0], template)
    one, other = (template["Parameters"][side["Ref"]]["Default"] if isinstance(side, dict) else side for side in operands)
    return bool(one == other)


def decided(part: Any, met: dict[str, bool]) -> Any:
    """A part of the template with its conditions decided."""
    if isinstance(part, list):
        return [value for value in (decided(value, met) for value in part) if value != NO_VALUE]
    if not isinstance(part, dict):
        return part
    if "Fn::If" in part:
        condition, then, otherwise = part["Fn::If"]
        return decided(then if met[condition] else otherwise, met)
    values = {name: decided(value, met) for name, value in part.items()}
    return {name: value for name, value in values.items() if name == "Ref" or value != NO_VALUE}


def main() -> int:
    """Prints the template."""
    template = read_template(TEMPLATE)
    for assignment in sys.argv[1:]:
        name, value = assignment.split("=", 1)
        template["Parameters"][name]["Default"] = value
    template = to_cloudformation(with_code(template, "code", "bootstrap.zip"))
    met = {name: holds(condition, template) for name, condition in template["Conditions"].items()}
    del template["Conditions"]
    for section in ("Resources", "Outputs"):
        parts = template[section].items()
        kept = {name: part for name, part in parts if met.get(part.pop("Condition", ""), True)}
        template[section] = decided(kept, met)
    json.dump(template, sys.stdout, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
