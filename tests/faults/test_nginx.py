"""The nginx of docs/nginx.conf in front of a server with accounts."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2 as httpx
import pytest
from sqlalchemy import select

from api.settings import Settings
from records import accounts
from records.accounts import Details
from records.roles import Role
from records.tables import attempts
from tests.conftest import missing, tier
from tests.faults.serving import free_port, served

CONF = Path(__file__).parents[2] / "docs" / "nginx.conf"
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Proxy:
    """An nginx with a certificate of its own making, and what is behind it."""

    port: int
    behind: int
    client: httpx.Client
    settings: Settings

    def coming_from(self, address: str) -> httpx.Client:
        """Somebody at another address of this machine."""
        transport = httpx.HTTPTransport(verify=False, local_address=address)
        base = f"https://localhost:{self.port}"
        return httpx.Client(base_url=base, transport=transport, trust_env=False)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    origin = f"https://localhost:{port}"
    settings = Settings(
        records_url=f"sqlite:///{folder}/records.db", audit_heads=f"{folder}/heads", accounts="on"
    )
    environment = {
        "LIANZHU_ACCOUNTS": "on",
        "LIANZHU_ORIGIN": origin,
        "LIANZHU_RECORDS_URL": settings.records_url,
        "LIANZHU_AUDIT_HEADS": settings.audit_heads,
    }
    with served(folder, environment) as behind, nginx_before(folder, port, behind) as client:
        yield Proxy(port, behind, client, settings)


@contextmanager
def nginx_before(folder: Path, port: int, behind: int) -> Iterator[httpx.Client]:
    """A client of an nginx at `port` before a server at port `behind`."""
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if nginx is None or shutil.which("openssl") is None:
        missing("nginx and openssl (Debian: apt-get install nginx-light openssl)")
    certificate(folder)
    (folder / "nginx.conf").write_text(configured(folder, port, behind), "utf-8")
    command = [str(nginx), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(
        [*command, "-g", f"daemon off; pid {folder}/pid; error_log {folder}/error.log;"]
    )
    try:
        base = f"https://localhost:{port}"
        with httpx.Client(base_url=base, verify=False, trust_env=False) as client:
            wait_for(port)
            yield client
    finally:
        process.terminate()
        process.wait()


def certificate(folder: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
         "/CN=localhost", "-keyout", str(folder / "key"), "-out", str(folder / "pem")],
        check=True,
        capture_output=True,
    )  # fmt: skip


def configured(folder: Path, port: int, behind: int) -> str:
    """The documented file with its four lines changed, and files of the test's own."""
    text = CONF.read_text("utf-8")
    for old, new in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("server_name chain.example.cn;", "server_name localhost;"),
        ("/etc/ssl/chain.pem", f"{folder}/pem"),
        ("/etc/ssl/chain.key", f"{folder}/key"),
        ("127.0.0.1:8000", f"127.0.0.1:{behind}"),
        ("client_header_timeout 10s;", "client_header_timeout 3s;"),
        ("client_body_timeout 30s;", "client_body_timeout 3s;"),
        ("limit_conn people 50;", "limit_conn people 500;"),
        ("http {", f"http {{ access_log off; client_body_temp_path {folder}/body;"
         f" proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;"
         f" uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;"),
    ):  # fmt: skip
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return f"user root;\n{text}" if Path("/proc/self").owner() == "root" else text


def wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(port)


def test_pages_come_through_with_the_right_scheme(proxy: Proxy) -> None:
    asked = proxy.client.get("/parks")
    assert (asked.status_code, asked.headers["location"]) == (303, "/signin?next=%2Fparks")
    page = proxy.client.get("/signin")
    assert page.status_code == 200
    assert page.headers["strict-transport-security"] == "max-age=31536000"
    assert "default-src 'self'" in page.headers["content-security-policy"]


def test_a_form_of_this_site_is_taken_and_one_of_another_is_not(proxy: Proxy) -> None:
    form = {"login": "nobody", "password": "wrong-password"}
    own = {"Origin": f"https://localhost:{proxy.port}", "Sec-Fetch-Site": "same-origin"}
    assert proxy.client.post("/signin", data=form, headers=own).status_code == 401
    evil = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert proxy.client.post("/signin", data=form, headers=evil).status_code == 403


def test_another_name_is_not_answered(proxy: Proxy) -> None:
    answer = proxy.client.get("/signin", headers={"Host": "evil.example"})
    assert answer.status_code == 400


def test_too_large_a_body_is_refused(proxy: Proxy) -> None:
    answer = proxy.client.post("/signin", content=b"x" * (65 << 20))
    assert answer.status_code == 413


def test_whoever_signs_in_gets_a_cookie_for_this_host_over_tls_only(proxy: Proxy) -> None:
    records = proxy.settings.open_records()
    details = Details("赵", Role.VIEWER)
    accounts.create(records, "zhao", details, PASSWORD, now=datetime.now(UTC), must_change=False)
    own = {"Origin": f"https://localhost:{proxy.port}", "Sec-Fetch-Site": "same-origin"}
    form = {"login": "zhao", "password": PASSWORD}
    answer = proxy.client.post("/signin", data=form, headers=own)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/")
    name, *flags = answer.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-")
    assert {"Secure", "HttpOnly"} <= set(flags)


def test_who_asks_is_what_nginx_saw_whatever_is_said(proxy: Proxy) -> None:
    """The address that wrong guesses are counted for."""
    forged = {"X-Forwarded-For": "6.6.6.6", "X-Real-IP": "6.6.6.6", "Forwarded": "for=6.6.6.6"}
    form = {"login": "nobody", "password": "wrong-password"}
    with proxy.coming_from("127.0.0.2") as other:
        assert other.post("/signin", data=form, headers=forged).status_code == 401
    with httpx.Client(
        transport=httpx.HTTPTransport(local_address="127.0.0.3"), trust_env=False
    ) as past:
        url = f"http://localhost:{proxy.behind}/signin"
        assert past.post(url, data=form, headers=forged).status_code == 401
    with proxy.settings.open_records().read() as db:
        keys = set(db.execute(select(attempts.c.key)).scalars())
    assert {"from:127.0.0.2", "from:127.0.0.3"} <= keys
    assert "from:6.6.6.6" not in keys


def test_a_server_that_is_down_is_told_by_nginx(tmp_path: Path) -> None:
    with nginx_before(tmp_path, free_port(), free_port()) as client:
        assert client.get("/signin").status_code == 502


def test_clients_that_dribble_are_let_go_and_others_are_answered(proxy: Proxy) -> None:
    """A third says nothing, a third never ends its header, a third never ends its body."""
    begun = (
        b"",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n",
        b"POST /signin HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n",
    )
    asyncio.run(dribble(proxy, [begun[k % 3] for k in range(tier(150, 500))]))


async def dribble(proxy: Proxy, begun: list[bytes]) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    opened = 0

    async def one(said: bytes) -> None:
        nonlocal opened
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port, ssl=context)
        writer.write(said)
        opened += 1
        while not reader.at_eof():
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1 << 16), 0.5)
            if said.startswith(b"GET"):
                writer.write(b"X")  # it never stops, and is let go all the same
        writer.close()

    slow = [asyncio.create_task(one(said)) for said in begun]
    while opened < len(begun):
        await asyncio.sleep(0.05)
    async with httpx.AsyncClient(
        base_url=f"https://localhost:{proxy.port}", verify=False, trust_env=False
    ) as client:
        answers = [await client.get("/signin") for _ in range(20)]
    assert [a.status_code for a in answers] == [200] * 20
    assert not all(task.done() for task in slow), "they were there all the time"
    gone = await asyncio.wait_for(asyncio.gather(*slow, return_exceptions=True), 30)
    assert all(end is None or isinstance(end, OSError) for end in gone)
