"""What must hold after a run, computed from what was sent and from every call, in its order.

A notice is told by what it is about and by what the table held when it went out: an incident is announced once for each
beginning, each threshold and each end, so a second notice for the same one is *extra*. It is explained if, within the
invocation that published the first, the function was ended, or was not told that its publishing or its note of it had
been done. Anything else that is extra is a defect, and so is whatever is missing.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from aws import Document
from clock import seconds
from events import Failure, Poison, Well
from network import SLUGGISH, Call, Network
from rotations import FOLLOWED, HOUR, Fleet

FORMER_SERIAL = 7  # of what an earlier release kept
STALE = "stale-value"  # the cause of a rotation's notices
ANYWAY = "so this may come again for each instance"
Place = tuple[str, str, str, str, str]  # account, cluster, workload, step, fault


@dataclass(slots=True)
class Truth:
    """What was sent."""

    failures: list[Failure]
    wells: list[Well]
    poison: set[Poison]
    places: dict[tuple[str, str, str], tuple[str, Place]]
    """Of each workload, its fingerprint and place."""
    former: set[str] = field(default_factory=set)
    """Fingerprints of which an earlier release had an incident open, of one failure, and told."""
    fleet: Fleet = field(default_factory=Fleet)
    """What runs, and which secrets changed."""


@dataclass(slots=True)
class Verdict:
    """What was found."""

    figures: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Told:
    """A notice, as far as it is about one fingerprint."""

    publish: Call
    state: str
    anyway: bool = False


def hashed(task: str) -> int:
    """As the function remembers a task."""
    result = 0xCBF29CE484222325
    for byte in task.encode():
        result = (result ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return result & 0xFFFFFFFFFFFF


class Judge:
    """Holds a run against the promise."""

    def __init__(self, truth: Truth, network: Network, items: dict[str, Document]) -> None:
        self._truth, self._network, self._items = truth, network, items
        self._calls = network.calls
        self._verdict = Verdict()
        self._fingerprint_at = {place: fingerprint for fingerprint, place in truth.places.values()}
        self._kills = {(kill.instance, kill.invocation): kill.at for kill in network.kills}
        self._writes: defaultdict[str, list[Call]] = defaultdict(list)
        for call in sorted((call for call in self._calls if call.document is not None), key=lambda call: call.done):
            self._writes[call.asked.key].append(call)
        last: dict[str, Call] = {}
        for call in self._calls:
            if call.attempts_of in last:
                network.given_up(last[call.attempts_of])  # or it would not have been tried again
            last[call.attempts_of] = call
        self._of_invocation: defaultdict[tuple[int, int], list[Call]] = defaultdict(list)
        for call in self._calls:
            self._of_invocation[call.instance, call.invocation].append(call)

    def verdict(self, acknowledged: list[tuple[int, Any]], dead: list[Any]) -> Verdict:
        """All of it."""
        told = self._told()
        self._dead_letters(dead)
        self._announced(told)
        self._extra(told)
        self._acknowledged(acknowledged)
        self._counted()
        self._nothing_due(told)
        self._ended(told)
        if self._truth.fleet.changes:
            self._rotated()
        return self._verdict

    def _wrong(self, text: str) -> None:
        self._verdict.wrong.append(text)

    def _published(self) -> list[Call]:
        """What reached the topic, in order."""
        published = (c for c in self._calls if c.asked.operation == "Publish" and c.asked.part == "sns" and c.done and not c.code)
        return sorted(published, key=lambda c: c.done)

    def _told(self) -> dict[str, list[Told]]:
        """Of each fingerprint, what was told about it."""
        told: defaultdict[str, list[Told]] = defaultdict(list)
        for call in self._published():
            attributes = call.asked.attributes()
            if attributes.get("cause") == STALE:
                continue
            state, message = attributes["state"], call.asked.document["Message"]
            account, step, fault = (attributes.get(name, "") for name in ("account", "step", "fault"))
            if state == "storm":
                names = re.findall(r"^- (\S+?)/(\S+) \(new\): ", message, re.MULTILINE)
            elif "\nWORKLOADS\n" in message:
                names = re.findall(r"^- (\S+?)/([^\s:]+): ", message, re.MULTILINE)
            else:
                names = [(attributes.get("cluster", ""), attributes.get("workload", ""))]
            for cluster, workload in names:
                fingerprint = self._fingerprint_at.get((account, cluster, workload, step, fault))
                if fingerprint is None:
                    self._wrong(f"a notice of what never failed: {state} {account} {cluster}/{workload} {step}/{fault}")
                else:
                    told[fingerprint].append(Told(call, state, ANYWAY in message))
        return told

    def _dead_letters(self, dead: list[Any]) -> None:
        events = {message.event for message in dead}
        for event in self._truth.poison - events:
            self._wrong(f"poison is not among the dead letters: {event}")
        for message in dead:
            if message.event not in self._truth.poison:
                what = [self._hit(*delivery) for delivery in message.deliveries]
                self._wrong(f"a dead letter that is no poison: {message.event}, {what}")
        self._verdict.figures["dead_letters"] = len(dead)

    def _hit(self, instance: int, invocation: int) -> str:
        """What happened to an invocation."""
        killed = ["killed"] if (instance, invocation) in self._kills else []
        failed = [f"{c.asked.operation} {c.fault}" for c in self._of_invocation[instance, invocation] if c.failed]
        return ", ".join(killed + failed)

    def _announced(self, told: dict[str, list[Told]]) -> None:
        lost = 0
        for fingerprint, place in self._truth.places.values():
            if fingerprint in self._truth.former:
                # A notice without the table says that it cannot know what was announced, and is judged among the extra ones.
                known = [n for n in told.get(fingerprint, ()) if not n.anyway and n.state in ("opened", "storm")]
                if any(self._serial(fingerprint, n) == FORMER_SERIAL for n in known):
                    self._wrong(f"announced again by an update: {place}")
            elif not any(notice.state in ("opened", "storm") for notice in told.get(fingerprint, ())):
                lost += 1
                self._wrong(f"never announced: {place}")
        self._verdict.figures["lost"] = lost

    def _serial(self, fingerprint: str, notice: Told) -> int | None:
        held = self._before(fingerprint, notice.publish.began)
        return held and held["serial"]

    def _before(self, fingerprint: str, at: int) -> Document | None:
        """What the table held of an incident at a time."""
        writes = self._writes[fingerprint]
        found = bisect_left(writes, at, key=lambda call: call.done)
        return writes[found - 1].document if found else None

    def _extra(self, told: dict[str, list[Told]]) -> None:
        figures: Counter[str] = Counter()
        for fingerprint, notices in told.items():
            first: dict[tuple[Any, ...], Told] = {}
            for notice in notices:
                begun = notice.publish.began
                if notice.anyway:
                    figures["without_table"] += 1
                    if not self._table_failed(notice.publish):
                        self._wrong(f"announced without the table, which answered: {self._name(fingerprint)}")
                    continue
                held = self._before(fingerprint, begun)
                if held is None:
                    self._wrong(f"announced and not recorded: {self._name(fingerprint)}")
                    continue
                if notice.state == "storm" and held["announced"]:
                    figures["told_by_itself_and_in_storm"] += 1
                    continue
                # What is due follows from what was announced.
                state = "resolved" if notice.state == "resolved" else "failing"
                key = (held["serial"], state, state == "failing" and held["announced"])
                before = first.setdefault(key, notice)
                if before is notice:
                    continue
                if "storm" in (before.state, notice.state) and before.state != notice.state and self._overlap(before, notice):
                    figures["told_by_itself_and_in_storm"] += 1
                    continue
                figures["extra"] += 1
                if why := self._why_again(fingerprint, before.publish, notice.publish):
                    figures[f"extra: {why}"] += 1
                else:
                    figures["unexplained"] += 1
                    self._wrong(
                        f"announced twice without cause: {notice.state} {self._name(fingerprint)} {key}: "
                        f"{before.publish.instance}/{before.publish.invocation} at {before.publish.began}-{before.publish.done}, "
                        f"{notice.publish.instance}/{notice.publish.invocation} at {begun}-{notice.publish.done}"
                    )
                first[key] = notice
        self._verdict.figures["notices"] = dict(sorted(self._network.notices.items()))
        for name in ("extra", "unexplained", "without_table", "told_by_itself_and_in_storm"):
            self._verdict.figures[name] = figures.pop(name, 0)
        self._verdict.figures["extra_because"] = {name.removeprefix("extra: "): n for name, n in sorted(figures.items())}

    def _overlap(self, one: Told, other: Told) -> bool:
        """Whether either was claimed before the other was out."""
        began = min(call.began for call in self._of_invocation[other.publish.instance, other.publish.invocation])
        return began < self._end_of(one.publish)

    def _end_of(self, publish: Call) -> int:
        calls = self._of_invocation[publish.instance, publish.invocation]
        return max([call.ended for call in calls] + [publish.done])

    def _is_claimed(self, key: str, publish: Call) -> bool:
        """Whether the invocation that published knows that it wrote the document before."""
        heard = (call for call in self._writes[key] if not call.failed or call.fault == SLUGGISH)
        writes = (call for call in heard if call.done < publish.began)
        return any((call.instance, call.invocation) == (publish.instance, publish.invocation) for call in writes)

    def _table_failed(self, publish: Call) -> bool:
        calls = self._of_invocation[publish.instance, publish.invocation]
        return any(call.asked.service == "dynamodb" and call.failed for call in calls)

    def _why_again(self, fingerprint: str, before: Call, after: Call) -> str:
        """What came between a publishing and its note."""
        if before.attempts_of == after.attempts_of or before.failed:
            return "the answer to Publish was lost"
        invocation = (before.instance, before.invocation)
        if before.began <= self._kills.get(invocation, -1) <= after.done:
            return "ended before it was noted"
        keys = {fingerprint} | {key for key in self._writes if key.startswith("storms/")}
        for call in self._of_invocation[invocation]:
            if call.began < before.began or call.began > after.done:
                continue
            if call.failed and (call.asked.operation == "Publish" or call.asked.key in keys):
                return "the note was lost"
        return ""

    def _acknowledged(self, acknowledged: list[tuple[int, Any]]) -> None:
        """A failure is recorded before its message is done."""
        recorded: dict[int, int] = {}
        for writes in self._writes.values():
            for call in writes:
                assert call.document is not None
                ids = call.document.get("ids", "")
                for at in range(0, len(ids), 12):
                    recorded.setdefault(int(ids[at : at + 12], 16), call.done)
        for at, message in acknowledged:
            failure = message.event
            if isinstance(failure, Failure) and recorded.get(hashed(failure.arn), at + 1) > at:
                self._wrong(f"acknowledged and not recorded: {failure.workload.place} {failure.task}")

    def _counted(self) -> None:
        """No failure is missing in the counts, and none is counted twice where nothing failed."""
        tasks: defaultdict[str, set[str]] = defaultdict(set)
        for failure in self._truth.failures:
            tasks[self._truth.places[failure.workload.place][0]].add(failure.task)
        failed = {call.asked.key for call in self._calls if call.failed}
        over = 0
        for fingerprint, distinct in tasks.items():
            by_serial: dict[int, int] = {}
            sent = len(distinct) + (fingerprint in self._truth.former)
            for call in self._writes[fingerprint]:
                assert call.document is not None
                by_serial[call.document["serial"]] = call.document["occurrences"]
            counted = sum(by_serial.values())
            if counted < sent:
                self._wrong(f"counted {counted} of {sent}: {self._name(fingerprint)}")
            if counted > sent:
                over += 1
                if fingerprint not in failed and len(by_serial) == 1:
                    self._wrong(f"counted {counted} for {sent}: {self._name(fingerprint)}")
        self._verdict.figures["counted_more_than_once"] = over

    def _nothing_due(self, told: dict[str, list[Told]]) -> None:
        """Nothing is left to be announced."""
        for fingerprint, place in self._truth.places.values():
            held = self._items.get(fingerprint)
            if held is None:
                self._wrong(f"not in the table: {place}")
                continue
            announced, occurrences = held["announced"], held["occurrences"]
            if announced == 0:
                self._wrong(f"recorded, and not noted as announced: {place}")
            elif held["resolved"] is not None:
                if not held["closed"]:
                    self._wrong(f"over, and nobody said so: {place}")
            elif occurrences >= 10 ** len(str(announced)):
                self._wrong(f"{occurrences} failures, of which {announced} were told: {place}")

    def _ended(self, told: dict[str, list[Told]]) -> None:
        """Ends are told after a steady state, of what is over."""
        wells = defaultdict(list)
        for well in self._truth.wells:
            wells[self._truth.places[well.workload.place][0]].append(well.at)
        ends = 0
        for fingerprint, notices in told.items():
            for notice in notices:
                if notice.state != "resolved":
                    continue
                ends += 1
                held = self._before(fingerprint, notice.publish.began)
                if held is None or held["resolved"] is None:
                    self._wrong(f"told to be over, and is not: {self._name(fingerprint)}")
                elif not any(abs(at - seconds(held["resolved"])) < 0.01 for at in wells[fingerprint]):
                    self._wrong(f"told to be over without a steady state: {self._name(fingerprint)}")
        self._verdict.figures["ends"] = ends

    def _rotated(self) -> None:
        """Whoever holds an old value is told, and that nobody does any more, or that it is followed no longer."""
        told: defaultdict[str, list[tuple[Call, str, set[str]]]] = defaultdict(list)
        for call in self._published():
            attributes = call.asked.attributes()
            if attributes.get("cause") == STALE:
                secret = re.findall(r"^SECRET: (\S+)$", call.asked.document["Message"], re.MULTILINE)[0]
                named = attributes.get("workload", "[]")
                told[secret].append((call, attributes["state"], set(json.loads(named) if named.startswith("[") else [named])))
        figures: Counter[str] = Counter()
        for secret in dict.fromkeys(change.secret for change in self._truth.fleet.changes):
            self._rotations_are_told(secret, told[secret], figures)
        self._verdict.figures["rotations"] = dict(sorted(figures.items()))

    def _rotations_are_told(self, secret: str, told: list[tuple[Call, str, set[str]]], figures: Counter[str]) -> None:
        fleet, key, first = self._truth.fleet, f"rotation/{secret}", {}
        changes = [change.at for change in fleet.changes if change.secret == secret]
        for call, state, named in told:
            figures[state] += 1
            began = min(other.at for other in self._of_invocation[call.instance, call.invocation])
            before, after = fleet.stale(secret, began), fleet.stale(secret, call.at)
            if state == "resolved" and before & after:
                self._wrong(f"told to be over, and is not: {secret} {before & after}")
            if state != "resolved" and (extra := named - (before | after)):
                self._wrong(f"told to hold an old value, and do not: {secret} {extra}")
            if state == "unfollowed" and call.at < max(changes) + FOLLOWED:
                self._wrong(f"followed no longer, and too early: {secret}")
            if not self._is_claimed(key, call):
                figures["without_table"] += 1
                if not self._table_failed(call):
                    self._wrong(f"announced and not recorded: {key}")
                continue
            held = self._before(key, call.began)
            assert held is not None
            due = (state, held["changed"], held["is_closed"], json.dumps(held["holders"], sort_keys=True))
            if (other := first.get(due)) is not None:
                why = self._why_again(key, other, call)
                figures[f"extra: {why}"] += 1
                if not why:
                    self._wrong(f"told twice without cause: {due} of {secret}")
            first[due] = call
        for service in (service for service in fleet.services if service.secret == secret):
            for since, until in zip(service.starts, [*service.starts[1:], float("inf")], strict=True):
                old = [at for at in changes if since < at < until]
                if not old or until - old[0] < 4 * HOUR:
                    continue
                if not any(since < call.at < until and state != "resolved" and service.name in named for call, state, named in told):
                    self._wrong(f"never told: {service.name} holds an old value of {secret}")
        last = told[-1][1] if told else None
        wanted = "unfollowed" if fleet.stale(secret, max(changes) + FOLLOWED) else "resolved" if told else None
        if last != wanted:
            self._wrong(f"the last word about {secret} is {last}, and should be {wanted}")
        held = self._items.get(key)
        if told and (held is None or not held["is_closed"] or held["holders"]):
            self._wrong(f"told, and not noted: {secret} {held}")

    def _name(self, fingerprint: str) -> str:
        return next("/".join(place) for known, place in self._truth.places.values() if known == fingerprint)
