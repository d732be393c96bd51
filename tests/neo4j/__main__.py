"""A development server in the foreground, its data kept between runs: `python -m tests.neo4j`."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
from pathlib import Path

from tests.neo4j.server import KEPT, Failed, Server, unavailable

PASSWORD = KEPT / "password"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.neo4j", description=__doc__)
    parser.add_argument("--port", type=int, default=7687)
    parser.add_argument("--heap", default="1g")
    asked = parser.parse_args()
    if reason := unavailable():
        raise SystemExit(reason)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        serve(asked.port, asked.heap)
    except KeyboardInterrupt:
        print("已停止 stopped")
    except Failed as error:
        raise SystemExit(str(error)) from error


def serve(port: int, heap: str) -> None:
    print("正在启动 Neo4j starting", flush=True)
    server = Server.start(KEPT / "home", port, heap, password=kept_password(PASSWORD))
    try:
        print(
            f"{server.version}, {server.url}\n"
            "使用它 To use it:\n"
            f"  export LIANZHU_GRAPH_URL={server.url}\n"
            f"  export LIANZHU_GRAPH_USER={server.user}\n"
            f"  export LIANZHU_GRAPH_PASSWORD_FILE={PASSWORD}\n"
            "按 Ctrl-C 停止,数据保留 Ctrl-C stops it, the data stay",
            flush=True,
        )
        code = server.wait()
        raise Failed(f"Neo4j 自行退出 ended by itself: {code}, {server.console}")
    finally:
        server.stop()


def kept_password(file: Path) -> str:
    """The password in the file, made at the first run and readable by its owner alone."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as made:
            made.write(secrets.token_urlsafe(16))
    return file.read_text("utf-8").strip()


if __name__ == "__main__":
    main()
