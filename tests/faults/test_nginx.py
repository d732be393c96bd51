"""The nginx of docs/nginx.conf in front of a server with accounts."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.conftest import missing
from tests.faults.serving import free_port, served

CONF = Path(__file__).parents[2] / "docs" / "nginx.conf"


@dataclass(frozen=True)
class Proxy:
    """An nginx with a certificate of its own making."""

    port: int
    client: httpx.Client


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if nginx is None or shutil.which("openssl") is None:
        missing("nginx and openssl (Debian: apt-get install nginx-light openssl)")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    origin = f"https://localhost:{port}"
    certificate(folder)
    with served(folder, {"LIANZHU_ACCOUNTS": "on", "LIANZHU_ORIGIN": origin}) as behind:
        (folder / "nginx.conf").write_text(configured(folder, port, behind), "utf-8")
        command = [str(nginx), "-p", str(folder), "-c", str(folder / "nginx.conf")]
        process = subprocess.Popen(
            [*command, "-g", f"daemon off; pid {folder}/pid; error_log {folder}/error.log;"]
        )
        try:
            with httpx.Client(base_url=origin, verify=False, trust_env=False) as client:
                wait_for(port)
                yield Proxy(port, client)
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
        ("client_header_timeout 10s;", "client_header_timeout 2s;"),
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


def test_dribbling_clients_are_let_go_and_others_are_answered(proxy: Proxy) -> None:
    dribblers = []
    for _ in range(200):
        one = socket.create_connection(("127.0.0.1", proxy.port))
        one.send(b"\x16\x03\x01")  # the beginning of a TLS greeting, and nothing more
        dribblers.append(one)
    assert all(proxy.client.get("/healthz").status_code == 200 for _ in range(20))
    time.sleep(3)
    closed = 0
    for one in dribblers:
        one.settimeout(1)
        try:
            closed += one.recv(1) in (b"", b"\x15")
        except OSError:
            closed += isinstance(one, socket.socket)
        one.close()
    assert closed == len(dribblers)
