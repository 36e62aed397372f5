"""Which events the template's rules pass.

    python tests/stack/pattern.py [--set PARAMETER=VALUE...] [CASES...]

CASES are JSON files (default: pattern-cases.json beside this program; `-` is standard input), each a list of
{"name": ..., "expected": true | false, "event": {...}}, or with "file" for an event in a file of its own, relative to
the list's directory.

The rules go through SAM's transform and CloudFormation as in a deployment, with the template's default parameters but for
those that are set; the emulator's TestEventPattern then judges each event by the patterns that came out: it passes if one lets it. Prints one
JSON object, where `matched` holds the rules' names in the template:

    {"patterns": {rule: {...}}, "results": [{"name", "type": detail-type, "expected", "matched": [rule]}]}

Exit: 0 if all is as expected and each pattern is within EventBridge's length, 1 if not.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from emulator import TEMPLATE, Emulator, Template, for_emulator, read_template, to_cloudformation

CASES = Path(__file__).with_name("pattern-cases.json")
MAX_PATTERN = 2048  # EventBridge's quota, in characters

Case = dict[str, Any]


def rules_template(path: Path) -> Template:
    """The template with its rules alone, without targets, and with those that a parameter asks for."""
    template = read_template(path)
    rules = {name: one for name, one in template["Resources"].items() if one["Type"] == "AWS::Events::Rule"}
    for rule in rules.values():
        del rule["Properties"]["Targets"]
        rule.pop("Condition", None)
    template["Resources"] = rules
    template["Outputs"] = {name: {"Value": {"Ref": name}} for name in rules}
    return for_emulator(to_cloudformation(template))


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


def judge(aws: Emulator, patterns: dict[str, str], case: Case) -> Case:
    """What the patterns make of one case."""
    events, event = aws.client("events"), json.dumps(case["event"])
    matched = [
        rule
        for rule, pattern in patterns.items()
        if events.test_event_pattern(EventPattern=pattern, Event=event)["Result"]
    ]
    return {"name": case["name"], "type": case["event"]["detail-type"], "expected": case["expected"], "matched": matched}


def main() -> int:
    """Judges every case, and prints what came of it."""
    parser = argparse.ArgumentParser(description="Tell which events the template's rules pass.")
    parser.add_argument("cases", nargs="*", default=[str(CASES)], help="lists of cases, or - for standard input")
    parser.add_argument("--template", type=Path, default=TEMPLATE)
    parser.add_argument("--set", action="append", default=[], metavar="PARAMETER=VALUE", help="a parameter of the template")
    arguments = parser.parse_args()
    cases = read_cases(arguments.cases)
    parameters = dict(setting.split("=", 1) for setting in arguments.set)
    with Emulator() as aws:
        rules = aws.create_stack("pattern", json.dumps(rules_template(arguments.template)), parameters)
        describe = aws.client("events").describe_rule
        described = {rule: describe(Name=name) for rule, name in rules.items()}
        # A schedule has none.
        patterns = {rule: told["EventPattern"] for rule, told in described.items() if "EventPattern" in told}
        results = [judge(aws, patterns, case) for case in cases]
    read = {rule: json.loads(pattern) for rule, pattern in patterns.items()}
    print(json.dumps({"patterns": read, "results": results}))
    longest = max(map(len, patterns.values()))
    if longest > MAX_PATTERN:
        print(f"pattern.py: a pattern has {longest} characters of {MAX_PATTERN}", file=sys.stderr)
        return 1
    wrong = [result for result in results if bool(result["matched"]) != result["expected"]]
    for result in wrong:
        print(f"pattern.py: {result['name']}: should {'' if result['expected'] else 'not '}pass", file=sys.stderr)
    return 1 if wrong or not results else 0


if __name__ == "__main__":
    sys.exit(main())
