"""Every request of `tests/doors` through the function under `cargo lambda watch` and `invoke`.

    doors.py [--manner recorded|denied|throttled|slow|dead] [--cases NAME...]

Prints, for each request, what the function answered, what it put at the presigned URL, what it published, and how long
that took, as a list of JSON objects.

AWS is a server of this program: it answers what a case records, and `AccessDeniedException` to all else; or to
everything but its own announcements, by the manner. Amazon S3, as CloudFormation uses it for requests and answers, is behind a proxy of this
program, which speaks for its hosts with a certificate of its own: the URLs are the real ones, and nothing of the
function is set for the test but an environment that a person could set, too. All of it listens on the loopback address.
"""

from __future__ import annotations

import argparse
import datetime
import json
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from emulator import StackError
from watch import CHECKOUT, Watch

CASES = CHECKOUT / "tests" / "doors"
REGION = "us-west-2"
ACCOUNT = "111122223333"
ROLE = "ecs-infra"  # it is asked for by its name
SLOW_SECONDS = 4.0
HOSTS = ["*.s3.us-west-2.amazonaws.com", "*.s3-us-west-2.amazonaws.com", "*.s3.amazonaws.com"]
DOORS = ["deployment-hook", "pause-hook", "cloudformation-hook", "custom-resource"]
DENIED = "AccessDeniedException", "User: arn:aws:sts::111122223333:assumed-role/ecs-triage/doors is not authorized to perform it"
THROTTLED = "ThrottlingException", "Rate exceeded"
Json = dict[str, Any]


def read_case(name: str, account: str = ACCOUNT) -> Json:
    """A case with what it is like, in an account of its own: an instance of the function remembers answers for a minute."""
    text = (CASES / f"{name}.json").read_text(encoding="utf-8").replace(ACCOUNT, account)
    case = json.loads(text.replace(ROLE, f"{ROLE}-{account}"))
    return read_case(case["like"], account) | case if "like" in case else case


class World:
    """What AWS answers to one request, and what came of it."""

    def __init__(self, manner: str) -> None:
        self.manner = manner
        self.begin({})

    def begin(self, case: Json) -> None:
        """Another request."""
        self.case = case
        self.put: list[Json] = []
        self.published: list[str] = []
        self.over = threading.Event()

    def recorded(self, operation: str, asked: Json) -> tuple[int, Json]:
        """What the case has for a call: a status and a body."""
        wanted: list[Any] = [kind_and_key(operation, asked)]
        for entry in self.case.get("evidence", []):
            (kind, question), answer = next(iter(entry["question"].items())), entry["answer"]
            key = question.get("id") or question.get("arn") or question.get("prefix") or question.get("name") or question.get("cluster")
            if (kind, key) not in wanted:
                continue
            if answer == "Missing":
                code, message = MISSING.get(kind, ("ResourceNotFoundException", "not found"))
                return 400, {"__type": code, "message": message}
            if isinstance(answer, dict) and "Throttl" in answer.get("Unknown", ""):
                return 400, {"__type": THROTTLED[0], "message": THROTTLED[1]}
            if isinstance(answer, dict) and kind in SHAPES:
                return 200, SHAPES[kind](next(iter(answer.values())))
        return 400, {"__type": DENIED[0], "message": DENIED[1]}


MISSING = {
    "TaskDefinition": ("ClientException", "Unable to describe task definition."),
    "Role": ("NoSuchEntity", "The role cannot be found."),
    "Service": ("ServiceNotFoundException", "Service not found."),
    "Services": ("ClusterNotFoundException", "Cluster not found."),
}
SHAPES: dict[str, Any] = {
    "Secret": lambda secret: secret,
    "SecretsLike": lambda secrets: {"SecretList": secrets},
    "TaskDefinition": lambda definition: {"taskDefinition": definition},
    "Service": lambda service: {"services": [service], "failures": []},
    "Services": lambda services: {"serviceArns": services},
    "Key": lambda key: {"KeyMetadata": key},
    "Role": lambda role: role | {"AssumeRolePolicyDocument": quote(json.dumps(role["AssumeRolePolicyDocument"]))},
    "ServiceRevision": lambda revision: {"serviceRevisions": [revision], "failures": []},
}


def kind_and_key(operation: str, asked: Json) -> tuple[str, Any]:
    """The question that a call asks, as cases write it."""
    match operation:
        case "DescribeSecret":
            return "Secret", asked.get("SecretId")
        case "ListSecrets":
            return "SecretsLike", next((one["Values"][0] for one in asked.get("Filters", [])), None)
        case "DescribeTaskDefinition":
            return "TaskDefinition", asked.get("taskDefinition")
        case "DescribeServices":
            return "Service", next(iter(asked.get("services", [])), "").rsplit("/", 1)[-1]
        case "ListServices":
            return "Services", asked.get("cluster")
        case "DescribeKey":
            return "Key", asked.get("KeyId")
        case "GetRole":
            return "Role", asked.get("RoleName")
        case "DescribeServiceRevisions":
            return "ServiceRevision", next(iter(asked.get("serviceRevisionArns", [])), None)
    return operation, None


class Aws(BaseHTTPRequestHandler):
    """All services but Amazon S3. What the function writes down and publishes is taken, whatever the manner."""

    protocol_version = "HTTP/1.1"
    world: World

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("content-length", 0))))

    def _answer(self, body: bytes) -> None:
        world, target = self.world, self.headers.get("x-amz-target", "")
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()} if not target else {}
        operation = target.rsplit(".", 1)[-1] or form.get("Action", "")
        if operation == "Publish":
            world.published.append(form.get("Subject", ""))
            return self._send(200, "<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>")
        if operation in ("GetItem", "PutItem", "PutLogEvents", "CreateLogStream"):
            return self._send(200, "{}")
        code, message = THROTTLED if world.manner == "throttled" else DENIED
        if world.manner == "dead":
            world.over.wait(60)
            self.close_connection = True
            return None
        if world.manner == "slow":
            world.over.wait(SLOW_SECONDS)
        if target and world.manner in ("recorded", "slow"):
            status, answer = world.recorded(operation, json.loads(body or b"{}"))
            return self._send(status, json.dumps(answer))
        if target:
            return self._send(400, json.dumps({"__type": code, "message": message}))
        if operation == "GetRole" and world.manner in ("recorded", "slow"):
            status, answer = world.recorded(operation, form)
            role = "".join(f"<{name}>{value}</{name}>" for name, value in answer.items() if name != "CreateDate")
            if status == 200:
                return self._send(200, f"<GetRoleResponse><GetRoleResult><Role>{role}</Role></GetRoleResult></GetRoleResponse>")
            code, message = answer["__type"], answer["message"]
        return self._send(400, f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>")

    def _send(self, status: int, text: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


class S3(BaseHTTPRequestHandler):
    """The proxy, and behind it the hosts of Amazon S3: documents to be read, and a place for answers."""

    world: World
    tls: ssl.SSLContext

    def do_CONNECT(self) -> None:
        self.host = self.path.partition(":")[0]
        self.send_response(200)
        self.end_headers()
        self.connection = self.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)  # type: ignore[assignment]
        self.close_connection = False
        self.handle_one_request()
        self.close_connection = True

    def do_GET(self) -> None:
        document = (self.world.case.get("documents") or {}).get(self.host)
        data = (document if isinstance(document, str) else json.dumps(document)).encode()
        self._send(*((200, data) if document is not None else (403, b"")))

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.world.put.append({"host": self.host, "content_type": self.headers.get("content-type"), "body": json.loads(body)})
        self._send(200, b"")

    def _send(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


def certificate(directory: Path) -> ssl.SSLContext:
    """Makes a certificate for the hosts of Amazon S3, which stands for its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "s3.us-west-2.amazonaws.com")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    (directory / "bundle.pem").write_bytes(pem)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (directory / "server.pem").write_bytes(pem + secret)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(directory / "server.pem")
    return tls


class Listening(ThreadingHTTPServer):
    """One that does not let a client wait for a second because some others connect at once."""

    daemon_threads = True
    request_queue_size = 128


@contextmanager
def served(handler: type[BaseHTTPRequestHandler], **attributes: Any) -> Iterator[str]:
    """A server on the loopback address; its URL."""
    server = Listening(("127.0.0.1", 0), type("Served", (handler,), attributes))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def run(names: list[str], switch: str, clusters: tuple[str, ...], manner: str) -> list[Json]:
    """The requests of cases that are set to one mode, one after another."""
    world, outcomes = World(manner), []
    with tempfile.TemporaryDirectory() as directory:
        tls = certificate(Path(directory))
        with served(Aws, world=world) as aws, served(S3, world=world, tls=tls) as proxy:
            environment = {
                "AWS_ENDPOINT_URL": aws,
                "AWS_REGION": REGION,
                "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
                "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                "HTTPS_PROXY": proxy,
                "SSL_CERT_FILE": f"{directory}/bundle.pem",
                "ECS_TRIAGE_TOPIC_ARN": f"arn:aws:sns:{REGION}:111122223333:notices",
                "ECS_TRIAGE_DOORS": ",".join(f"{door}={switch}" for door in DOORS),
                "ECS_TRIAGE_CHECK_CLUSTERS": ",".join(clusters),
            }
            with Watch(environment) as watch:
                request = Path(directory) / "request.json"
                request.write_text("{}", encoding="utf-8")
                watch.invoke(request)  # builds what is not built yet
                for index, name in enumerate(names):
                    world.begin(read_case(name, str(100000000000 + index)))
                    request.write_text(json.dumps(world.case["request"]), encoding="utf-8")
                    begun = time.monotonic()
                    try:
                        answer = watch.invoke(request)
                    except StackError as error:
                        answer = {"error": str(error).partition("---")[0]}
                    seconds = round(time.monotonic() - begun, 1)
                    world.over.set()
                    outcomes.append(
                        {"case": name, "manner": manner, "seconds": seconds, "answer": answer}
                        | {"put": world.put, "published": world.published}
                    )
    return outcomes


def main() -> None:
    """Runs what the arguments ask for, modes and manners at once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manner", nargs="+", default=["recorded"])
    parser.add_argument("--cases", nargs="*")
    arguments = parser.parse_args()
    names = arguments.cases or sorted(path.stem for path in CASES.glob("*.json"))
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name in names:
        switches = read_case(name).get("switches") or "block"
        is_word = isinstance(switches, str)
        settings = (switches, ()) if is_word else ("block", tuple(switches["clusters"]))
        groups.setdefault(settings, []).append(name)
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(run, group, *settings, manner) for settings, group in groups.items() for manner in arguments.manner]
        outcomes = [outcome for done in runs for outcome in done.result()]
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    main()
