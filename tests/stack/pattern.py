"""Which events the template's rule passes.

    python tests/stack/pattern.py [CASES...]

CASES are JSON files (default: pattern-cases.json beside this program; `-` is standard input), each a list of
{"name": ..., "expected": true | false, "event": {...}}, or with "file" for an event in a file of its own, relative to
the list's directory.

The rule goes through SAM's transform and CloudFormation as in a deployment, with the template's default parameters; the
emulator's TestEventPattern then judges each event by the pattern that came out. Prints one JSON object:

    {"pattern": {...}, "results": [{"name", "expected", "matched"}]}

Exit: 0 if all is as expected and the pattern is within EventBridge's length, 1 if not.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from emulator import TEMPLATE, Emulator, Template, read_template, to_cloudformation

CASES = Path(__file__).with_name("pattern-cases.json")
MAX_PATTERN = 2048  # EventBridge's quota, in characters

Case = dict[str, Any]


def rule_template(path: Path) -> Template:
    """The template with its rule alone, without a target."""
    template = read_template(path)
    rule = template["Resources"]["Rule"]
    del rule["Properties"]["Targets"]
    template["Resources"] = {"Rule": rule}
    template["Outputs"] = {"Name": {"Value": {"Ref": "Rule"}}}
    return to_cloudformation(template)


def read_cases(names: list[str]) -> list[Case]:
    """Every case of every list, with its event."""
    cases: list[Case] = []
    for name in names:
        directory = Path.cwd() if name == "-" else Path(name).parent
        for case in json.loads(sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")):
            if "event" not in case:
                case["event"] = json.loads((directory / case["file"]).read_text(encoding="utf-8"))
            cases.append(case)
    return cases


def judge(aws: Emulator, pattern: str, case: Case) -> Case:
    """What the pattern makes of one case."""
    tested = aws.client("events").test_event_pattern(EventPattern=pattern, Event=json.dumps(case["event"]))
    return {"name": case["name"], "expected": case["expected"], "matched": tested["Result"]}


def main() -> int:
    """Judges every case, and prints what came of it."""
    parser = argparse.ArgumentParser(description="Tell which events the template's rule passes.")
    parser.add_argument("cases", nargs="*", default=[str(CASES)], help="lists of cases, or - for standard input")
    parser.add_argument("--template", type=Path, default=TEMPLATE)
    arguments = parser.parse_args()
    cases = read_cases(arguments.cases)
    with Emulator() as aws:
        rule = aws.create_stack("pattern", json.dumps(rule_template(arguments.template)), {})["Name"]
        pattern = aws.client("events").describe_rule(Name=rule)["EventPattern"]
        results = [judge(aws, pattern, case) for case in cases]
    print(json.dumps({"pattern": json.loads(pattern), "results": results}))
    if len(pattern) > MAX_PATTERN:
        print(f"pattern.py: the pattern has {len(pattern)} characters of {MAX_PATTERN}", file=sys.stderr)
        return 1
    wrong = [result for result in results if result["matched"] != result["expected"]]
    for result in wrong:
        print(f"pattern.py: {result['name']}: should {'' if result['expected'] else 'not '}pass", file=sys.stderr)
    return 1 if wrong or not results else 0


if __name__ == "__main__":
    sys.exit(main())
