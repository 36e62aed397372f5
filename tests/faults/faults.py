"""The function under faults: events go in more than once and out of order, calls fail, instances die.

    python tests/faults/faults.py --function target/debug/ecs-triage-lambda --cli target/debug/ecs-triage --seed 1

It runs instances of the function as Lambda would, each a process of its own, from a queue that delivers at least once
(`function.py`); puts a network that loses, delays, repeats and spoils calls between them and AWS (`network.py`,
`aws.py`); ends instances at any call; and when the queue is empty holds all that happened against the promise
(`judge.py`). Time is the test's own (`clock.py`), so leases, timeouts and windows are those of a deployment.

With `--load` there are no faults; calls and memory are measured instead. One JSON object is printed on stdout, and a
summary on stderr. Exit: 0 if all that must hold did, 1 if not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "adapters"))

from aws import BUS, CHAT, JOURNAL, TABLE, TOPIC, Forwarded, Standin  # noqa: E402
from clock import Clock  # noqa: E402
from events import KINDS, Failure, Poison, Well, Workload, former_items, new_task, place_of_notice  # noqa: E402
from function import Pool, Queue  # noqa: E402
from judge import FORMER_SERIAL, Judge, Truth, Verdict  # noqa: E402
from network import TOO_SLOW, Network, Outage  # noqa: E402
from rotations import DELAY, RECEIVES, VISIBILITY, Fleet  # noqa: E402

POISON = ["this is not JSON", "{", '{"Records": 1}', '{"detail-type": "ECS Task State Change", "detail": {"lastStatus": 7']
STEP = 5.0  # events arrive together every so often
LATE, DAYS = 3, 5 * 86400.0  # dead letters, sent again after days
MOST_SECONDS = 3600.0
CALLS_OF_A_NOTICE = 8  # of one kind, at most
MEMORY_KB = 256 * 1024  # as in the template


def account(number: int) -> str:
    """The number of an account: few workloads in each, so that they make no storm."""
    return f"{100000000000 + number}"


class Scenario:
    """What happens to the workloads, in the order of a seed."""

    def __init__(self, arguments: argparse.Namespace, random_: random.Random, start: float) -> None:
        self.failures: list[Failure] = []
        self.wells: list[Well] = []
        self.poison = [] if arguments.load else [Poison(text) for text in POISON]
        self.fleet = Fleet.of(arguments.rotations, random_, start)
        self._random, self._start, self._storm = random_, start, arguments.storm
        self._workloads = [
            Workload(KINDS[n % len(KINDS)], f"w{n}", account(n // 10)) for n in range(arguments.workloads)
        ]
        each = max(1, arguments.events // arguments.workloads)
        if arguments.load:
            self._steadily(each)
        else:
            self._badly(arguments.events)

    def _fail(self, workload: Workload, at: float) -> None:
        self.failures.append(Failure(workload, new_task(self._random), round(self._start + at, 3)))

    def _steadily(self, each: int) -> None:
        for number in range(each):
            for workload in self._workloads:
                self._fail(workload, number / 10)

    def _badly(self, events: int) -> None:
        """Bursts of failures; some workloads are well again, and some of those fail again; a storm in between."""
        storms = self._storm
        storm = [Workload("kms-access-denied", f"s{n}", account(9999)) for n in range(storms)]
        begins = self._random.uniform(60, 1200)
        for workload in storm:
            self._fail(workload, begins + self._random.uniform(0, 60))
        left = max(len(self._workloads), events - storms)
        shares = [self._random.paretovariate(1.0) for _ in self._workloads]
        for workload, share in zip(self._workloads, shares, strict=True):
            count = max(1, round(left * share / sum(shares)))
            at = self._random.uniform(0, 1800)
            for burst in self._parts(count):
                for _ in range(burst):
                    at += self._random.expovariate(1 / 8)
                    self._fail(workload, at)
                if self._random.random() < 0.5:
                    at += self._random.uniform(60, 900)
                    self.wells.append(Well(workload, round(self._start + at, 3)))
                at += self._random.uniform(30, 900)

        for n in range(LATE):
            for _ in range(2):
                self._fail(Workload(KINDS[n], f"late{n}", account(8888)), -DAYS + self._random.uniform(0, 3600))

    def _parts(self, count: int) -> list[int]:
        first = self._random.randint(1, count)
        return [first, count - first] if first < count else [count]

    @property
    def steady(self) -> list[Workload]:
        """Those of no storm."""
        return self._workloads

    @property
    def workloads(self) -> list[Workload]:
        """All that fail."""
        return list(dict.fromkeys(failure.workload for failure in self.failures))

    def fill(self, queue: Queue, is_calm: bool) -> None:
        """Sends the events: late, twice, and as they come."""
        for event in [*self.failures, *self.wells]:
            copies = 1 if is_calm or self._random.random() > 0.1 else 2
            for _ in range(copies):
                delay = 0.0 if is_calm else self._random.expovariate(1 / 10)
                if not is_calm and self._random.random() < 0.05:
                    delay = self._random.uniform(0, 900)
                after = max(0.0, event.at - self._start) + delay
                queue.send(event, self._start + after // STEP * STEP + STEP)
        for poison in self.poison:
            queue.send(poison, self._start + self._random.uniform(0, 1800))


    def fill_rotations(self, queue: Queue, is_calm: bool) -> None:
        """Sends the changes: late, and some twice."""
        for change in self.fleet.changes:
            for _ in range(1 if is_calm or self._random.random() > 0.2 else 2):
                queue.send(change, change.at + DELAY + (0.0 if is_calm else self._random.expovariate(1 / 20)))


def places(cli: Path, scenario: Scenario, directory: Path) -> dict[tuple[str, str, str], tuple[str, Any]]:
    """The fingerprint of each workload's failures, from the command line."""
    firsts = {failure.workload: failure for failure in reversed(scenario.failures)}
    asked = directory / "firsts.jsonl"
    asked.write_text("".join(failure.body() + "\n" for failure in firsts.values()), encoding="utf-8")
    ran = subprocess.run([cli, "diagnose", "--format", "jsonl", asked], capture_output=True, text=True, check=True)
    found = {}
    for workload, line in zip(firsts, ran.stdout.splitlines(), strict=True):
        report = json.loads(line)
        symptom = {name: report["symptoms"][0][name] for name in ("step", "fault")}
        of_notice = place_of_notice(report["task"] | symptom)
        found[workload.place] = (report["fingerprint"], of_notice)
    if len({fingerprint for fingerprint, _ in found.values()}) != len(found):
        raise SystemExit("two workloads have one fingerprint")
    return found


class Run:
    """One run."""

    def __init__(self, arguments: argparse.Namespace, directory: Path, stack: ExitStack) -> None:
        self.arguments = arguments
        self.random = random.Random(arguments.seed)
        self.clock = Clock(directory, arguments.factor)
        self._directory, self._stack = directory, stack
        self.memory: dict[str, list[int]] = {}

    async def go(self) -> Verdict:
        """Runs it, and judges."""
        arguments = self.arguments
        scenario = Scenario(arguments, self.random, self.clock.now())
        known = places(arguments.cli, scenario, self._directory)
        queue = Queue(self.clock, self.random, 0.0 if arguments.calm else 0.01)
        scenario.fill(queue, arguments.load or arguments.calm)
        sent = queue.alive
        rotations = Queue(self.clock, self.random, 0.0 if arguments.calm else 0.01, VISIBILITY, RECEIVES)
        scenario.fill_rotations(rotations, arguments.load or arguments.calm)
        aws = self._aws(scenario.fleet)
        former = set()
        for workload in scenario.steady[: arguments.former]:
            fingerprint, place = known[workload.place]
            former.add(fingerprint)
            for key, body in former_items(workload, fingerprint, place, self.clock.now() - 60, FORMER_SERIAL).items():
                aws.keep(key, body, self.clock.now() + DAYS)
        rate = 0.0 if arguments.calm else arguments.rate
        network = Network(aws, self.clock, self.random, rate, not arguments.load, arguments.slow, arguments.outage)
        output = (self._directory / "function.log").open("wb")
        pool = Pool(arguments.function, network, self.clock, [queue, rotations], self.random, output.fileno())
        pool.kill_rate = 0.0 if arguments.calm else arguments.kills
        pool.on_batch = lambda: self._between(pool, network, sent)
        began = time.monotonic()
        try:
            await pool.run(arguments.instances, arguments.batch, self._variables(aws.topic, scenario), MOST_SECONDS)
        finally:
            output.close()
        took = time.monotonic() - began
        if arguments.keep is not None:
            self._keep(network)
        items = aws.items()
        verdict = self._judge(scenario, known, network, pool, items, former)
        figures = {
            "seed": arguments.seed,
            "events": len(scenario.failures) + len(scenario.wells),
            "messages": sent,
            "fingerprints": len(known),
            "instances": arguments.instances,
            "batch": arguments.batch,
            "invocations": pool.invocations,
            "receives": dict(sorted(queue.receives.items())),
            "kills": len(network.kills),
            "overran": sum(kill.overran for kill in network.kills),
            "faults": dict(sorted(network.faults.items())),
            "calls": dict(sorted(network.counts.items())),
            "journal": sum(aws.lines.values()),
            "table": {key: document.get("occurrences") for key, document in sorted(items.items())},
            "refused": dict(sorted(network.codes.items())),
            "seconds": round(took, 1),
            "events_per_second": round(sent / took),
            "memory_kb": pool.most_memory,
        }
        verdict.figures = figures | verdict.figures
        if pool.most_memory > MEMORY_KB:
            verdict.wrong.append(f"the function took {pool.most_memory} kB, and has {MEMORY_KB}")
        if arguments.others:
            self._others_are_told_or_counted(verdict, network)
        if arguments.load:
            verdict.figures["notices"] = dict(network.notices)
            verdict.figures["memory_kb_by_share"] = self.memory
            self._grows_with_incidents(verdict, network, pool, len(known))
        return verdict

    def _keep(self, network: Network) -> None:
        lines = [
            (c.began, c.done, c.instance, c.invocation, c.asked.operation, c.asked.key, c.fault, c.code, c.document)
            for c in network.calls
        ]
        lines += [(kill.at, 0, kill.instance, kill.invocation, "kill", "", "", "", None) for kill in network.kills]
        text = "".join(json.dumps(line) + "\n" for line in sorted(lines, key=lambda line: line[0]))
        (self._directory / "calls.jsonl").write_text(text, encoding="utf-8")

    def _others_are_told_or_counted(self, verdict: Verdict, network: Network) -> None:
        """Each notice that people have is with chats and machines, or counted as missing there."""
        counted: Counter[str] = Counter()
        for line in (self._directory / "function.log").read_text(encoding="utf-8", errors="replace").splitlines():
            if '"_aws"' in line:
                counted.update({name: n for name, n in json.loads(line).items() if name in ("NotInChat", "NotOnBus")})
        told = sum(network.notices.values())
        for name, metric, reached in (("chats", "NotInChat", network.chats), ("bus_events", "NotOnBus", network.events)):
            verdict.figures[name] = {"told": reached, "counted_as_missing": counted[metric]}
            # Whose answer came too late was told, and is told again or counted.
            if reached + counted[metric] != told and not network.faults[TOO_SLOW]:
                verdict.wrong.append(f"{name}: {reached} told and {counted[metric]} counted as missing, of {told} notices")

    def _aws(self, fleet: Fleet) -> Any:
        if self.arguments.aws == "standin":
            return Standin(fleet, self.clock.now)
        from emulated import ministack

        emulator = self._stack.enter_context(ministack())
        return Forwarded(emulator, asyncio.get_running_loop().call_soon_threadsafe)

    def _variables(self, topic: str, scenario: Scenario) -> dict[str, str]:
        others = {"ECS_TRIAGE_CHAT_TOPIC_ARN": topic.removesuffix(TOPIC) + CHAT, "ECS_TRIAGE_BUS": BUS}
        watches = {"ECS_TRIAGE_WATCH_ROTATION": "yes"} if self.arguments.rotations else {}
        return self.clock.environment() | (others if self.arguments.others else {}) | watches | {
            "AWS_ACCESS_KEY_ID": "111122223333",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_REGION": "eu-west-1" if self.arguments.aws == "ministack" else "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_LAMBDA_FUNCTION_NAME": "ecs-triage",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/ecs-triage",
            "AWS_LAMBDA_LOG_STREAM_NAME": "1",
            "ECS_TRIAGE_TOPIC_ARN": topic,
            "ECS_TRIAGE_JOURNAL": JOURNAL,
            "ECS_TRIAGE_TABLE": TABLE,
            "ECS_TRIAGE_ORGANIZATION": "o-a1b2c3d4e5",
            "ECS_TRIAGE_READER_ROLE": "/ecs-triage-reader-us-east-1",
            "ECS_TRIAGE_ACCOUNTS": ",".join(sorted({workload.account for workload in scenario.workloads})),
        }

    def _between(self, pool: Pool, network: Network, sent: int) -> None:
        """After a batch: now and then a service goes down; under load, memory is measured."""
        arguments = self.arguments
        if arguments.load:
            for share in (10, 50, 100):
                if f"{share}%" not in self.memory and pool.answered_messages >= sent * share // 100:
                    self.memory[f"{share}%"] = [instance.memory() for instance in pool.instances]
        elif not arguments.calm and self.random.random() < arguments.outages:
            network.go_down(self.random.choice(["dynamodb", "dynamodb", "sns", "logs", "ecs"]), self.random.randint(5, 60))

    def _judge(
        self, scenario: Scenario, known: Any, network: Network, pool: Pool, items: dict[str, Any], former: set[str]
    ) -> Verdict:
        if self.arguments.load:
            return Verdict()
        truth = Truth(scenario.failures, scenario.wells, set(scenario.poison), known, former, scenario.fleet)
        dead = [message for queue in pool.queues for message in queue.dead]
        return Judge(truth, network, items).verdict(pool.acknowledged, dead)

    def _grows_with_incidents(self, verdict: Verdict, network: Network, pool: Pool, incidents: int) -> None:
        """No call is made for each task, but those of a batch: a read and a write of each fingerprint, a write of each stream."""
        counts, told = network.counts, sum(network.notices.values())
        # A batch reads and writes each of its fingerprints once, and writes each of its streams once.
        most = Counter({"dynamodb:GetItem": pool.fingerprints, "dynamodb:PutItem": pool.fingerprints, "logs:PutLogEvents": pool.fingerprints})
        for name, count in counts.items():
            # What an incident takes: its index, its storm, its claim, its note; what AWS is asked about it; one notice.
            per_incident = count - most[name]
            if per_incident > CALLS_OF_A_NOTICE * (told + incidents):
                verdict.wrong.append(f"{name}: {count} calls for {incidents} incidents, {told} notices and {most[name]} writes of batches")
        verdict.figures["fingerprints_of_batches"] = pool.fingerprints
        if told != incidents * (1 + sum(len(str(n)) - 1 for n in [verdict.figures["events"] // incidents])):
            repeated = [f"{subject}: {count}" for subject, count in network.subjects.items() if count > 1]
            verdict.wrong.append(f"{told} notices of {incidents} incidents: {sorted(repeated)}")
        first, *_, last = [max(each) for each in self.memory.values()]
        if last > first * 1.25 + 4096:
            verdict.wrong.append(f"memory grows: {self.memory}")


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Run the function under faults, or under load.")
    parser.add_argument("--function", type=Path, required=True, help="the function's program")
    parser.add_argument("--cli", type=Path, required=True, help="the command line's program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=400, help="failures to send, about")
    parser.add_argument("--workloads", type=int, default=30)
    parser.add_argument("--storm", type=int, default=60, help="more workloads, which fail at once in one way")
    parser.add_argument("--instances", type=int, default=3)
    parser.add_argument("--batch", type=int, default=10, help="messages in a batch at most")
    parser.add_argument("--factor", type=int, default=10, help="how much faster than the machine's time passes")
    parser.add_argument("--rate", type=float, default=0.05, help="share of the calls with a fault")
    parser.add_argument("--kills", type=float, default=0.05, help="share of the invocations that are ended")
    parser.add_argument("--outages", type=float, default=0.015, help="share of the invocations after which a service is down")
    parser.add_argument("--slow", type=float, default=0.0, help="seconds that each call of the table takes, all the time")
    outage = {"metavar": "SERVICE:AFTER:LASTS", "help": "seconds for which a service, or chat, answers nothing"}
    parser.add_argument("--outage", type=Outage.parse, action="append", default=[], **outage)
    parser.add_argument("--former", type=int, default=0, help="workloads of which an earlier release has an incident open in the table")
    parser.add_argument("--rotations", type=int, default=0, help="secrets that change, of which some tasks hold the old value")
    parser.add_argument("--others", action="store_true", help="tell a chat and a bus too; without kills and single faults each notice is there, or counted")
    parser.add_argument("--aws", choices=["standin", "ministack"], default="standin")
    parser.add_argument("--calm", action="store_true", help="no faults, and each event once and in order")
    parser.add_argument("--load", action="store_true", help="no faults; measure calls and memory")
    parser.add_argument("--keep", type=Path, help="a directory for the calls and the function's log")
    arguments = parser.parse_args()
    arguments.calm |= arguments.load
    if arguments.load:
        arguments.factor = 1
    return arguments


def main() -> int:
    """Runs once, and prints what came of it."""
    arguments = read_arguments()
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ecs-triage-faults-")))
        if arguments.keep is not None:
            directory = arguments.keep
            directory.mkdir(parents=True, exist_ok=True)
        verdict = asyncio.run(Run(arguments, directory, stack).go())
    json.dump(verdict.figures | {"wrong": verdict.wrong[:50]}, sys.stdout)
    print()
    for name, value in verdict.figures.items():
        if name == "table":
            continue
        print(f"{name:>28}: {value}", file=sys.stderr)
    for text in verdict.wrong[:50]:
        print(f"WRONG: {text}", file=sys.stderr)
    return 1 if verdict.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
