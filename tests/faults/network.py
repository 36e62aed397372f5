"""What lies between the function and AWS: it hands calls on, loses, delays and spoils some, and writes all of them down."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from typing import Any

from aws import Answer, Asked, Document, code_of, refusal
from clock import Clock
from http1 import Request

# Faults, and whether the call is done all the same.
FAULTS = {
    "error": False,
    "throttle": False,
    "reset-before": False,
    "reset-after": True,
    "silence-before": False,
    "silence-after": True,
    "error-after": True,
    "malformed": True,
    "bloated": True,
    "late": True,
    "slow": True,
}
HARMLESS = {"slow"}
TOO_SLOW = "too-slow"  # for a busy machine: the caller did not wait for the answer
SLUGGISH = "sluggish"  # a table all of whose answers are slow
LATE_SECONDS = (3.5, 7.0)  # after the caller has given up and tried again
OUTAGE_SECONDS = 120.0  # less than a message is hidden
SLOW_SECONDS = (0.3, 2.0)  # before it gives up
BLOAT = b"[" + b"0," * 6_000_000 + b"0]"  # more than memory has room for, if all were read
THROTTLED = {"dynamodb": "ProvisionedThroughputExceededException", "sns": "Throttling"}


@dataclass(slots=True)
class Call:
    """One call, as it was seen here. `began`, `done` and `ended` count all that happens, in its order."""

    instance: int
    invocation: int
    asked: Asked
    attempts_of: str
    began: int
    at: float
    fault: str = ""
    done: int = 0
    ended: int = 0
    code: str = ""
    document: Document | None = None

    @property
    def failed(self) -> bool:
        """Whether the function did not hear what AWS says."""
        return bool(self.fault) and self.fault not in HARMLESS


@dataclass(frozen=True, slots=True)
class Outage:
    """What answers nothing from a time on, and for how long: a service, or `chat`."""

    of: str
    after: float
    lasts: float

    @classmethod
    def parse(cls, text: str) -> Outage:
        """SERVICE:AFTER:LASTS, in seconds."""
        of, after, lasts = text.split(":")
        return cls(of, float(after), float(lasts))


@dataclass(slots=True)
class Kill:
    """An instance that was ended."""

    instance: int
    invocation: int
    at: int
    overran: bool


class Network:
    """Calls on their way to AWS and back."""

    def __init__(
        self,
        aws: Any,
        clock: Clock,
        random_: random.Random,
        rate: float,
        keeps_calls: bool,
        slow: float = 0.0,
        outages: list[Outage] | None = None,
    ) -> None:
        self._aws, self._clock, self._random, self._rate = aws, clock, random_, rate
        self._keeps = keeps_calls
        self._slow = slow  # seconds that each call of the table takes
        self._outages = outages or []
        self._start = clock.now()
        self.calls: list[Call] = []
        self.kills: list[Kill] = []
        self.counts: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.notices: Counter[str] = Counter()
        self.subjects: Counter[str] = Counter()
        self.chats = 0
        self.events = 0
        self.under_way = 0
        self._order = 0
        self._down: dict[str, tuple[int, float]] = {}

    def tick(self) -> int:
        """The next number in the order of all that happens."""
        self._order += 1
        return self._order

    def go_down(self, service: str, calls: int) -> None:
        """Lets a service fail for so many calls, and not for long."""
        self._down[service] = calls, self._clock.now() + OUTAGE_SECONDS

    def given_up(self, call: Call) -> None:
        """Notes that nobody heard the answer of a call, which nothing was to keep from being heard."""
        if not call.failed:
            call.fault = TOO_SLOW
            self.faults[TOO_SLOW] += 1

    def pass_on(self, request: Request, instance: int, invocation: int, on_done: Any) -> None:
        """Takes one call; `on_done` hears of it before it is done, after it is, and after it was answered."""
        asked = Asked.of(request)
        call = Call(instance, invocation, asked, request.headers.get("amz-sdk-invocation-id", ""), self.tick(), self._clock.now())
        call.fault = self._fault(asked)
        request.connection.carries = call
        self.counts[f"{asked.service}:{asked.operation}" if asked.service != "s3" else "s3"] += 1
        if call.fault:
            self.faults[call.fault] += 1
        if self._keeps:
            self.calls.append(call)
        on_done(call, "before")
        self._carry_out(call, request, on_done)

    def _fault(self, asked: Asked) -> str:
        since = self._clock.now() - self._start
        if any(outage.of == asked.part and outage.after <= since < outage.after + outage.lasts for outage in self._outages):
            return self._random.choice(["error", "throttle", "throttle", "reset-before"])
        left, until = self._down.get(asked.service, (0, 0.0))
        if left and self._clock.now() < until:
            self._down[asked.service] = left - 1, until
            return self._random.choice(["error", "throttle", "reset-before"])
        return self._random.choice([*FAULTS]) if self._random.random() < self._rate else ""

    def _carry_out(self, call: Call, request: Request, on_done: Any) -> None:
        fault, service = call.fault, call.asked.service
        if fault and not FAULTS[fault]:
            if fault == "error":
                request.answer(*refusal(service, 500, "InternalServerError"))
            elif fault == "throttle":
                request.answer(*refusal(service, 400, THROTTLED.get(service, "ThrottlingException")))
            elif fault == "reset-before":
                request.reset()
            call.ended = self.tick()
            on_done(call, "after")
            return
        self.under_way += 1
        if fault == "late":
            self._later(LATE_SECONDS, lambda: self._ask(call, request, on_done))
        else:
            self._ask(call, request, on_done)

    def _ask(self, call: Call, request: Request, on_done: Any) -> None:
        self._aws.ask(call.asked, request, lambda answer: self._answered(call, request, answer, on_done))

    def _answered(self, call: Call, request: Request, answer: Answer, on_done: Any) -> None:
        self.under_way -= 1
        call.done, call.code = self.tick(), code_of(answer)
        if call.code:
            self.codes[f"{call.asked.operation} {call.code}"] += 1
        elif call.asked.operation == "PutItem" and self._keeps:
            call.document = call.asked.incident()
        elif call.asked.operation == "Publish" and call.asked.part == "chat":
            self.chats += 1
        elif call.asked.operation == "PutEvents":
            self.events += 1
        elif call.asked.operation == "Publish":
            self.notices[call.asked.attributes()["state"]] += 1
            self.subjects[call.asked.key] += 1
        on_done(call, "done")
        match call.fault:
            case "reset-after":
                request.reset()
            case "error-after":
                request.answer(*refusal(call.asked.service, 500, "InternalServerError"))
            case "malformed":
                request.answer(200, b"<html>{")
            case "bloated":
                request.answer(200, BLOAT)
            case "silence-after" | "late":
                pass
            case "slow":
                self._later(SLOW_SECONDS, lambda: request.answer(*answer))
            case _ if self._slow and call.asked.service == "dynamodb":
                call.fault = SLUGGISH
                self.faults[call.fault] += 1
                self._later((self._slow, self._slow), lambda: request.answer(*answer))
            case _ if not request.answer(*answer):
                self.given_up(call)
        call.ended = self.tick()
        on_done(call, "after")

    def _later(self, between: tuple[float, float], then: Any) -> None:
        delay = self._clock.real(self._random.uniform(*between))
        asyncio.get_running_loop().call_later(delay, then)
