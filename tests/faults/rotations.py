"""Secrets that change, and the services whose tasks took them: who holds an old value at any time, as ECS tells it."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field

from clock import text

ACCOUNT, REGION, CLUSTER = "111122223333", "us-east-1", "prod"
DELAY = 300.0  # of the queue of rotations, as in the template
VISIBILITY = 1800.0  # likewise
RECEIVES = 100  # likewise
FOLLOWED = 48 * 3600.0
HOUR = 3600.0
STARTS = 20.0  # from a task's creation to its start


def arn(what: str) -> str:
    """Of something of ECS."""
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:{what}"


@dataclass(frozen=True, slots=True)
class Rotation:
    """The event of a secret that has another value."""

    secret: str
    at: float

    def body(self) -> str:
        """The event."""
        name = self.secret.rpartition(":")[2][:-7]
        event = {"version": "0", "id": "1", "detail-type": "Secret Label Updated", "source": "aws.secretsmanager"}
        event |= {"account": ACCOUNT, "region": REGION, "time": text(self.at)[:19] + "Z", "resources": [self.secret]}
        return json.dumps(event | {"detail": {"name": name, "labelUpdated": "AWSCURRENT", "versionId": "1"}})


@dataclass(slots=True)
class Service:
    """A service with one task at a time, each in the place of the one before."""

    name: str
    secret: str
    starts: list[float]

    def task(self, now: float) -> float:
        """When the task was created that runs."""
        return max(start for start in self.starts if start <= now)

    def is_stale(self, changes: list[float], now: float) -> bool:
        """Whether its task holds what was before a change of its secret."""
        past = [at for at in changes if at <= now]
        return bool(past) and self.task(now) < max(past)


@dataclass(slots=True)
class Fleet:
    """All of them."""

    services: list[Service] = field(default_factory=list)
    changes: list[Rotation] = field(default_factory=list)

    @classmethod
    def of(cls, secrets: int, random_: random.Random, start: float) -> Fleet:
        """Some deploy at once after a change, some hours later, and some never."""
        fleet = cls()
        for number in range(secrets):
            secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:prod/db{number}-AbCd1{number % 10}"
            at = float(int(start + random_.uniform(0, HOUR)))
            changes = [at, at + 10 * HOUR] if number % 3 == 1 else [at]
            fleet.changes += [Rotation(secret, change) for change in changes]
            for service in range(random_.randint(1, 3)):
                starts = [start - HOUR]
                match (number + service) % 4:
                    case 0:
                        starts.append(at + random_.uniform(60, DELAY - 60))
                    case 1 | 2:
                        starts.append(at + random_.uniform(5 * HOUR, 30 * HOUR))
                fleet.services.append(Service(f"r{number}-{service}", secret, starts))
        return fleet

    def stale(self, secret: str, now: float) -> set[str]:
        """The services whose tasks hold an old value of a secret."""
        changes = [change.at for change in self.changes if change.secret == secret]
        return {service.name for service in self.services if service.secret == secret and service.is_stale(changes, now)}

    def answer(self, operation: str, request: dict, now: float) -> dict | None:
        """What ECS answers, where it is asked for what runs."""
        match operation:
            case "ListClusters":
                return {"clusterArns": [arn(f"cluster/{CLUSTER}")]}
            case "ListTasks":
                return {"taskArns": [self._task_arn(service, now) for service in self.services]}
            case "DescribeTasks":
                tasks = [self._task(service, now) for service in self.services]
                return {"tasks": [task for task in tasks if task["taskArn"] in request["tasks"]], "failures": []}
            case "DescribeTaskDefinition":
                family = request["taskDefinition"].rpartition("/")[2].partition(":")[0]
                return next((self._definition(service) for service in self.services if service.name == family), None)
        return None

    def _task_arn(self, service: Service, now: float) -> str:
        return arn(f"task/{CLUSTER}/{service.name}{service.starts.index(service.task(now))}")

    def _task(self, service: Service, now: float) -> dict:
        created = service.task(now)
        place = {"clusterArn": arn(f"cluster/{CLUSTER}"), "group": f"service:{service.name}", "lastStatus": "RUNNING"}
        times = {"createdAt": created, "startedAt": created + STARTS}
        definition = {"taskDefinitionArn": arn(f"task-definition/{service.name}:1")}
        return {"taskArn": self._task_arn(service, now)} | place | times | definition

    def _definition(self, service: Service) -> dict:
        secrets = [{"name": "PASSWORD", "valueFrom": f"{service.secret}:password::"}]
        container = {"name": "app", "image": "app:1", "secrets": secrets}
        name = arn(f"task-definition/{service.name}:1")
        definition = {"taskDefinitionArn": name, "family": service.name, "revision": 1, "containerDefinitions": [container]}
        return {"taskDefinition": definition, "tags": []}
