"""Lambda on this machine: a queue that delivers at least once, and instances of the function, which live and die."""

from __future__ import annotations

import asyncio
import heapq
import json
import math
import os
import random
import signal
import subprocess
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from clock import Clock
from events import Event, Failure
from http1 import Connection, Request, listen
from network import Call, Kill, Network

VISIBILITY = 450.0  # as in the template
RECEIVES = 40  # likewise
TIMEOUT = 75.0
RUNTIME = "/2018-06-01/runtime/"
AT_ONCE = 2.0  # after an invocation's answer: what it gave up last may be seen after it


@dataclass(slots=True, eq=False)
class Message:
    """A message of the queue."""

    id: str
    event: Event
    queue: Queue
    receives: int = 0
    alive: bool = True
    deliveries: list[tuple[int, int]] = field(default_factory=list)
    """Instances and invocations."""


class Queue:
    """Messages: each delivered until it is deleted, hidden for a while by each delivery, and given up after so many."""

    def __init__(
        self, clock: Clock, random_: random.Random, forgets: float, visibility: float = VISIBILITY, receives: int = RECEIVES
    ) -> None:
        self._clock, self._random, self._forgets = clock, random_, forgets
        self._visibility, self._most = visibility, receives
        self._hidden: list[tuple[float, int, Message]] = []
        self._visible: deque[Message] = deque()
        self._sent = 0
        self.alive = 0
        self.dead: list[Message] = []
        self.receives: Counter[int] = Counter()

    def send(self, event: Event, at: float) -> None:
        """A message that can be received from a time on."""
        self.alive += 1
        self._hide(Message(f"m{self.alive}", event, self), at)

    def next_at(self) -> float | None:
        """When a message is to be had."""
        while self._visible and not self._visible[0].alive:
            self._visible.popleft()
        if self._visible:
            return 0.0
        while self._hidden and not self._hidden[0][2].alive:
            heapq.heappop(self._hidden)
        return self._hidden[0][0] if self._hidden else None

    def receive(self, most: int) -> list[Message]:
        """Some messages, in no particular order."""
        now = self._clock.now()
        while self._hidden and self._hidden[0][0] <= now:
            self._visible.append(heapq.heappop(self._hidden)[2])
        batch: list[Message] = []
        while self._visible and len(batch) < most:
            near = self._random.randrange(min(len(self._visible), 3 * most))
            self._visible[near], self._visible[0] = self._visible[0], self._visible[near]
            message = self._visible.popleft()
            if not message.alive:
                continue
            if message.receives == self._most:
                self._remove(message)
                self.dead.append(message)
                continue
            message.receives += 1
            self.receives[message.receives] += 1
            batch.append(message)
            self._hide(message, now + self._visibility)
        return batch

    def delete(self, message: Message) -> None:
        """Forgets a message; now and then it comes once more all the same."""
        if message.alive and not (message.receives < 3 and self._random.random() < self._forgets):
            self._remove(message)

    def _remove(self, message: Message) -> None:
        message.alive = False
        self.alive -= 1

    def _hide(self, message: Message, until: float) -> None:
        self._sent += 1
        heapq.heappush(self._hidden, (until, self._sent, message))


class Instance:
    """A process of the function, with an address of its own for all that it says."""

    def __init__(self, number: int, pool: Pool) -> None:
        self.number, self._pool = number, pool
        self.invocation = 0
        self.batch: list[Message] = []
        self.waiting: Request | None = None
        self.deadline, self.over = 0.0, 0.0
        self.killed = False
        self.killer: Callable[[str], bool] | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Starts the process."""
        self._server, address = await listen(self._serve, self._lost)
        self.process = subprocess.Popen(
            [self._pool.program],
            env=self._pool.environment(address),
            stdin=subprocess.DEVNULL,
            stdout=self._pool.output,
            stderr=subprocess.STDOUT,
        )

    def kill(self, overran: bool = False) -> None:
        """Ends it at once, wherever it is."""
        if self.process is None or self.killed:
            return
        self.killed = True
        network = self._pool.network
        network.kills.append(Kill(self.number, self.invocation if self.batch else 0, network.tick(), overran))
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.waiting = None

    def stop(self) -> None:
        """Ends it without a word."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._server is not None:
            self._server.close()

    def memory(self, of: str = "VmRSS") -> int:
        """The memory that it takes, or with `VmHWM` took at most, in kB."""
        assert self.process is not None
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition(f"{of}:")[2].split()[0])

    def give(self, batch: list[Message]) -> None:
        """Hands it a batch."""
        assert self.waiting is not None
        request, self.waiting, self.batch = self.waiting, None, batch
        self.invocation = self._pool.network.tick()
        self.deadline, self.over = self._pool.clock.now() + TIMEOUT, math.inf
        for message in batch:
            message.deliveries.append((self.number, self.invocation))
        records = [
            {"messageId": m.id, "receiptHandle": m.id, "body": m.event.body(), "attributes": {}, "eventSource": "aws:sqs"}
            for m in batch
        ]
        headers = (
            f"lambda-runtime-aws-request-id: {self.invocation}\r\n"
            f"lambda-runtime-deadline-ms: {int(self.deadline * 1000)}\r\n"
            "lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:111122223333:function:ecs-triage\r\n"
        )
        request.answer(200, json.dumps({"Records": records}).encode(), headers)

    def _serve(self, request: Request) -> None:
        if not request.path.startswith(RUNTIME):
            self._pool.network.pass_on(request, self.number, self.invocation, self._heard)
            return
        if request.path.endswith("/next"):
            self.waiting = request
        elif not self.killed:
            answer = json.loads(request.body) if request.path.endswith("/response") else {}
            self.over = self._pool.clock.now()
            self._pool.answered(self, answer)
            request.answer(202, b"{}")
        self._pool.wake()

    def _lost(self, connection: Connection) -> None:
        """While an invocation lasts the function closes a connection only where it does not wait for its answer any more."""
        call, lasts = connection.carries, self._pool.clock.now() <= self.over + AT_ONCE
        if isinstance(call, Call) and lasts and call.invocation == self.invocation and not self.killed:
            self._pool.network.given_up(call)

    def _heard(self, _: Call, moment: str) -> None:
        if self.killer is not None and not self.killed and self.killer(moment):
            self.kill()
            self._pool.wake()


class Pool:
    """The instances, fed from the queue until it is empty."""

    def __init__(
        self, program: Path, network: Network, clock: Clock, queues: list[Queue], random_: random.Random, output: int
    ) -> None:
        self.program, self.network, self.clock, self.queues, self.output = program, network, clock, queues, output
        self._random = random_
        self._variables: dict[str, str] = {}
        self.instances: list[Instance] = []
        self.answered_messages = 0
        self.invocations = 0
        self.errors = 0
        self.fingerprints = 0
        self.most_memory = 0
        self.acknowledged: list[tuple[int, Message]] = []
        self.kill_rate = 0.0
        self.on_batch: Callable[[], None] = lambda: None
        self._started = 0
        self._woken = asyncio.Event()

    def environment(self, address: str) -> dict[str, str]:
        """What Lambda gives a function, and where AWS is."""
        return self._variables | {"AWS_ENDPOINT_URL": f"http://{address}", "AWS_LAMBDA_RUNTIME_API": address}

    def wake(self) -> None:
        """Lets the feeding go on."""
        self._woken.set()

    def answered(self, instance: Instance, answer: dict[str, list[dict[str, str]]]) -> None:
        """Deletes what an instance has done."""
        batch, instance.batch = instance.batch, []
        self.most_memory = max(self.most_memory, instance.memory("VmHWM"))
        self.errors += "batchItemFailures" not in answer
        again = {failure["itemIdentifier"] for failure in answer.get("batchItemFailures", ())}
        done = [message for message in batch if message.id not in again] if "batchItemFailures" in answer else []
        now = self.network.tick()
        for message in done:
            self.acknowledged.append((now, message))
            message.queue.delete(message)
        self.answered_messages += len(done)
        self.on_batch()

    async def run(self, size: int, batch: int, variables: dict[str, str], most_seconds: float) -> None:
        """Feeds the function until no message is left."""
        self._variables = variables
        until = asyncio.get_running_loop().time() + most_seconds
        try:
            while (left := sum(queue.alive for queue in self.queues)) or self.network.under_way:
                if asyncio.get_running_loop().time() > until:
                    raise RuntimeError(f"{left} messages are left after {most_seconds:.0f} s")
                await self._fill(size)
                self._feed(batch)
                await self._rest()
        finally:
            for instance in self.instances:
                instance.stop()

    async def _fill(self, size: int) -> None:
        for instance in [instance for instance in self.instances if instance.killed]:
            instance.stop()
            self.instances.remove(instance)
        for instance in self.instances:
            assert instance.process is not None
            if (code := instance.process.poll()) is not None:
                raise RuntimeError(f"instance {instance.number} ended by itself with {code}")
            if instance.batch and self.clock.now() > instance.deadline:
                instance.kill(overran=True)
        while len(self.instances) < size:
            self._started += 1
            instance = Instance(self._started, self)
            self.instances.append(instance)
            await instance.start()

    def _feed(self, size: int) -> None:
        ready = [instance for instance in self.instances if instance.waiting is not None and not instance.killed]
        self._random.shuffle(ready)
        for instance in ready:
            batches = (queue.receive(size) for queue in self._random.sample(self.queues, len(self.queues)))
            batch = next(filter(None, batches), [])
            if not batch:
                return
            self.invocations += 1
            self.fingerprints += len({m.event.workload for m in batch if isinstance(m.event, Failure)})
            instance.killer = self._a_killer() if self._random.random() < self.kill_rate else None
            instance.give(batch)

    def _a_killer(self) -> Callable[[str], bool]:
        """Strikes at one of the moments of an invocation's calls."""
        left = self._random.randrange(1, 40)

        def strikes(_: str) -> bool:
            nonlocal left
            left -= 1
            return left == 0

        return strikes

    async def _rest(self) -> None:
        """Until something happens; time leaps where nobody has anything to do."""
        self._woken.clear()
        at = min((at for queue in self.queues if (at := queue.next_at()) is not None), default=None)
        idle = all(instance.waiting is not None for instance in self.instances) and not self.network.under_way
        if idle and at is not None:
            self.clock.leap_to(at)
            return
        try:
            await asyncio.wait_for(self._woken.wait(), 0.05)
        except TimeoutError:
            pass
