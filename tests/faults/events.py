"""Events as ECS would send them, made from those of `events/`: other workloads, tasks and times, the same words."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import clock
from rotations import Rotation

EVENTS = Path(__file__).resolve().parents[2] / "events"
# Failed starts of services, of several steps and faults.
KINDS = [
    "secret-key-missing",
    "secret-missing",
    "image-missing",
    "parameter-access-denied",
    "kms-access-denied",
    "secret-network-timeout",
]
WELL = "service-steady-state"
TIME = re.compile(r'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)"')


@dataclass(frozen=True, slots=True)
class Workload:
    """A service that fails in one way: one fingerprint."""

    kind: str
    name: str
    account: str

    @property
    def place(self) -> tuple[str, str, str]:
        """What tells it from all others."""
        return (self.account, self.name, self.kind)


@dataclass(frozen=True, slots=True)
class Failure:
    """An event of a task that could not start."""

    workload: Workload
    task: str
    at: float

    def body(self) -> str:
        """The event."""
        return _made(self.workload, self.task, self.at)

    @property
    def arn(self) -> str:
        """The task's ARN in the event."""
        base = _base(self.workload.kind)
        return base.task_arn.replace(base.account, self.workload.account).replace(base.task, self.task)


@dataclass(frozen=True, slots=True)
class Well:
    """An event of a service that has reached a steady state."""

    workload: Workload
    at: float

    def body(self) -> str:
        """The event, in the failed tasks' place."""
        event = json.loads(_text(WELL))
        base = _base(self.workload.kind)
        arn = event["resources"][0]
        account, region, cluster = event["account"], event["region"], arn.split("/")[1]
        text = json.dumps(event).replace(arn, arn.replace(arn.split("/")[-1], self.workload.name))
        text = text.replace(f"/{cluster}", f"/{base.cluster}").replace(region, base.region)
        return TIME.sub(f'"{clock.text(self.at)}"', text.replace(account, self.workload.account))


@dataclass(frozen=True, slots=True)
class Poison:
    """What no event is."""

    text: str

    def body(self) -> str:
        """The message."""
        return self.text


Event = Failure | Well | Poison | Rotation


@dataclass(frozen=True, slots=True)
class _Base:
    text: str
    account: str
    region: str
    cluster: str
    service: str
    task: str
    task_arn: str
    stopped: float
    times: list[str]


@cache
def _text(kind: str) -> str:
    return (EVENTS / f"{kind}.json").read_text(encoding="utf-8")


@cache
def _base(kind: str) -> _Base:
    event = json.loads(_text(kind))
    detail = event["detail"]
    text = json.dumps(event, separators=(",", ":"))
    cluster, task = detail["taskArn"].split("/")[-2:]
    service = detail["group"].partition(":")[2]
    return _Base(
        text,
        event["account"],
        event["region"],
        cluster,
        service,
        task,
        detail["taskArn"],
        clock.seconds(detail["stoppedAt"]),
        sorted(set(TIME.findall(text))),
    )


def _made(workload: Workload, task: str, at: float) -> str:
    base = _base(workload.kind)
    text = base.text.replace(base.account, workload.account).replace(base.task, task)
    text = text.replace(f'"group":"service:{base.service}"', f'"group":"service:{workload.name}"')
    for written in base.times:
        text = text.replace(written, clock.text(at - base.stopped + clock.seconds(written)))
    return text


def former_items(workload: Workload, fingerprint: str, place: tuple[str, ...], at: float, serial: int) -> dict[str, dict]:
    """Bodies of the table's items as the first release wrote them: an incident of one failure, open and told."""
    base = _base(workload.kind)
    of = {"account": workload.account, "region": base.region, "cluster": base.cluster, "workload": workload.name}
    words = dict.fromkeys(["cause", "verdict", "owner", "title", "culprit_kind"], "") | dict(zip(("step", "fault"), place[-2:], strict=True))
    about = {"fingerprint": fingerprint, "is_service": True, "culprit": None} | words | of
    times = dict.fromkeys(["first_seen", "last_seen", "recorded_at", "announced_at"], clock.text(at))
    counts = {"occurrences": 1, "announced": 1, "serial": serial, "seen": [1]}
    rest = {"resolved": None, "closed": False, "claim": None, "before": None, "indexed": True}
    index = "workload/" + "/".join(of.values())
    return {fingerprint: {"about": about} | times | counts | rest, index: {"open": {fingerprint: serial}}}


def place_of_notice(attributes: dict[str, str]) -> tuple[str, str, str, str, str]:
    """What a notice is about: account, cluster, workload, step and fault."""
    return tuple(attributes.get(name, "") for name in ("account", "cluster", "workload", "step", "fault"))  # type: ignore[return-value]


def new_task(random_: random.Random) -> str:
    """A task's id."""
    return f"{random_.getrandbits(128):032x}"
