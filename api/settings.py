"""Every setting, read from the environment in this one place and passed down frozen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from graph.errors import UsageError
from graph.store import Access, open_store
from graph.store.base import GraphStore
from records import passwords
from records.attachments import Files
from records.database import Records

__all__ = ["SETTINGS", "Setting", "Settings", "read_settings"]


@dataclass(frozen=True)
class Setting:
    """One environment variable: its name, default and what it does."""

    name: str
    default: str
    help_zh: str
    help_en: str


SETTINGS = (
    Setting(
        "LIANZHU_GRAPH_URL",
        "sqlite:///var/graph.db",
        "图谱存放位置",
        "where the chain graph is kept",
    ),
    Setting("LIANZHU_GRAPH_USER", "neo4j", "Neo4j 用户", "user of the Neo4j server"),
    Setting(
        "LIANZHU_GRAPH_PASSWORD",
        "",
        "Neo4j 密码;空 = 服务器不设账号",
        "password of the Neo4j server; empty = a server without accounts",
    ),
    Setting(
        "LIANZHU_GRAPH_PASSWORD_FILE",
        "",
        "从文件读取 Neo4j 密码",
        "a file that holds the password instead",
    ),
    Setting(
        "LIANZHU_GRAPH_DATABASE", "neo4j", "Neo4j 数据库名", "database of the Neo4j server to use"
    ),
    Setting(
        "LIANZHU_RECORDS_URL",
        "sqlite:///var/records.db",
        "清单等记录存放位置",
        "where lists and other records are kept",
    ),
    Setting(
        "LIANZHU_RECORDS_PASSWORD_FILE",
        "",
        "从文件读取记录库(PostgreSQL)的密码",
        "a file that holds the password of the records' PostgreSQL",
    ),
    Setting(
        "LIANZHU_AUDIT_HEADS",
        "var/audit-heads.txt",
        "审计链头的第二存放处,最好在别的用户或别的机器手里",
        "the second place of the audit's heads, best in another user's or machine's hands",
    ),
    Setting(
        "LIANZHU_ACCOUNTS",
        "off",
        "账号登录 on 或 off；off = 单人模式，只在本机",
        "accounts, on or off; off = single-user mode, on this machine only",
    ),
    Setting(
        "LIANZHU_PROFILE",
        "asvs",
        "口令与审计规则 asvs 或 dengbao（等保：三类字符、90 天更换、SM3）",
        "rules for passwords and audit, asvs or dengbao (three kinds of characters, 90 days, SM3)",
    ),
    Setting("LIANZHU_READ_SECONDS", "3", "一次查询最长秒数", "seconds a read query may take"),
    Setting(
        "LIANZHU_LOG",
        "warning",
        "日志写什么:warning 只写异常,info 还写每个请求",
        "what is logged: warning, or info for every request too",
    ),
    Setting("LIANZHU_LANG", "zh", "命令行语言 zh 或 en", "language of the command line, zh or en"),
    Setting("LIANZHU_HOST", "127.0.0.1", "服务监听地址", "address the pages are served on"),
    Setting("LIANZHU_PORT", "8000", "服务端口", "port the pages are served on"),
    Setting(
        "LIANZHU_KEPT_MB",
        "64",
        "已算好的回答最多占多少 MB 内存;0 = 每次重算",
        "memory for answers already computed, in MB; 0 = compute each anew",
    ),
    Setting(
        "LIANZHU_ORIGIN",
        "",
        "别人访问本服务用的网址,如 https://chain.example.cn,多个用逗号分开;空 = 只认本机",
        "addresses this server is asked under; empty = this machine's only",
    ),
    Setting(
        "LIANZHU_PROXY",
        "127.0.0.1",
        "反向代理的地址:只信它转述的来访地址",
        "address of the reverse proxy: only its word on who asks is taken",
    ),
    Setting("LIANZHU_CONCURRENT", "3", "同时处理的请求数", "requests answered at once"),
    Setting("LIANZHU_WAITING", "16", "排队的请求数,再多就请稍后", "requests that may wait"),
    Setting(
        "LIANZHU_REQUEST_SECONDS",
        "30",
        "一个请求最长秒数,导入、备份、恢复除外",
        "seconds a request may take; imports, backups and restores aside",
    ),
    Setting("LIANZHU_UPLOAD_MB", "64", "上传文件最大 MB", "largest file taken by an import, in MB"),
    Setting(
        "LIANZHU_INFLATED_MB",
        "128",
        "压缩文件解开后最大 MB",
        "largest size of a workbook once unpacked, in MB",
    ),
    Setting(
        "LIANZHU_UPLOAD_DIR",
        "var/uploads",
        "检查过、等待导入的文件暂存处",
        "where files wait between check and import",
    ),
    Setting("LIANZHU_UPLOAD_FILES", "20", "一次最多上传几个文件", "files one upload may hold"),
    Setting(
        "LIANZHU_UPLOAD_MINUTES",
        "60",
        "暂存文件保留分钟数",
        "minutes that files wait before they are deleted",
    ),
    Setting("LIANZHU_BACKUP_DIR", "var/backups", "备份文件夹", "where backups are written"),
    Setting(
        "LIANZHU_ATTACHMENTS_DIR", "var/attachments", "附件存放处", "where attachments are kept"
    ),
    Setting("LIANZHU_ATTACHMENT_MB", "32", "一个附件最大 MB", "largest attachment, in MB"),
    Setting(
        "LIANZHU_ATTACHMENTS_PER_OBJECT",
        "20",
        "一个事项最多几个附件",
        "attachments one thing may have",
    ),
    Setting(
        "LIANZHU_SCAN_COMMAND",
        "",
        "查毒命令,附件路径作为最后一个参数;空 = 不查",
        "virus scanner, given the path of an attachment as its last word; empty = none",
    ),
    Setting(
        "LIANZHU_STANDARDS_DIR",
        "var/standards",
        "本单位准入标准(.toml、.xlsx)所在文件夹",
        "folder of the office's own admission standards (.toml, .xlsx)",
    ),
    Setting("LIANZHU_IMPORT_ROWS", "300000", "一次导入最多行数", "rows one import may hold"),
    Setting("LIANZHU_IMPORT_SECONDS", "60", "读取一个文件最长秒数", "seconds to read one file"),
    Setting(
        "LIANZHU_REPORT_TEMPLATE",
        "",
        "报告用的 Word 模板 .docx;空 = 自带样式",
        "Word file whose styles the report uses; empty = built in",
    ),
)


@dataclass(frozen=True)
class Settings:
    """The settings in force."""

    graph_url: str = "sqlite:///var/graph.db"
    graph_user: str = "neo4j"
    graph_password: str = field(default="", repr=False)
    graph_password_file: str = ""
    graph_database: str = "neo4j"
    records_url: str = "sqlite:///var/records.db"
    records_password_file: str = ""
    audit_heads: str = "var/audit-heads.txt"
    accounts: str = "off"
    profile: str = "asvs"
    read_seconds: float = 3.0
    log: str = "warning"
    lang: str = "zh"
    host: str = "127.0.0.1"
    port: int = 8000
    kept_mb: int = 64
    origin: str = ""
    proxy: str = "127.0.0.1"
    concurrent: int = 3
    waiting: int = 16
    request_seconds: float = 30.0
    upload_mb: int = 64
    inflated_mb: int = 128
    upload_dir: str = "var/uploads"
    upload_files: int = 20
    upload_minutes: int = 60
    backup_dir: str = "var/backups"
    attachments_dir: str = "var/attachments"
    attachment_mb: int = 32
    attachments_per_object: int = 20
    scan_command: str = ""
    standards_dir: str = "var/standards"
    import_rows: int = 300_000
    import_seconds: int = 60
    report_template: str = ""

    @property
    def sample_records_url(self) -> str:
        """Where the records of the sample are kept: a file beside one's own, or in `var`."""
        scheme, slash, path = self.records_url.rpartition("/")
        beside = self.records_url.startswith("sqlite:") and path
        return f"{scheme}{slash}sample-{path}" if beside else "sqlite:///var/sample-records.db"

    @property
    def sample_audit_heads(self) -> str:
        """Where the heads of the sample's audit are copied: a file beside one's own."""
        path = Path(self.audit_heads)
        return str(path.with_name(f"sample-{path.name}"))

    def open_records(self, *, sample: bool = False) -> Records:
        """One's own records or the sample's; nothing is connected yet."""
        url, heads = self.records_url, self.audit_heads
        if sample:
            url, heads = self.sample_records_url, self.sample_audit_heads
        file = "" if url.startswith("sqlite:") else self.records_password_file
        password = _secret("LIANZHU_RECORDS_PASSWORD_FILE", file) if file else ""
        hashed = _AUDIT_HASH[self.profile]
        return Records(url, password=password, heads=Path(heads), algorithm=hashed)

    def files(self, *, sample: bool = False) -> Files:
        """Where the attachments of one's own zone or of the sample are kept."""
        path = Path(self.attachments_dir)
        return Files(
            path.with_name(f"sample-{path.name}") if sample else path,
            self.attachment_mb,
            self.attachments_per_object,
            self.inflated_mb,
            self.scan_command,
        )

    def open_store(self, url: str = "") -> GraphStore:
        """The store at `url`, else at the configured one; nothing is connected yet."""
        user = self.graph_user if self.graph_password else ""
        access = Access(user, self.graph_password, self.graph_database)
        return open_store(url or self.graph_url, deadline=self.read_seconds, access=access)


_CHOICES = {"accounts": ("off", "on"), "profile": passwords.PROFILES}
_AUDIT_HASH = {"asvs": "sha256", "dengbao": "sm3"}
_KINDS: dict[str, type[str] | type[int] | type[float]] = {"str": str, "int": int, "float": float}


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; `UsageError` names the variable that makes no sense."""
    found = os.environ if environ is None else environ
    kinds: dict[str, type[str] | type[int] | type[float]] = {
        f.name: _KINDS[str(f.type)] for f in fields(Settings)
    }
    values: dict[str, str | int | float] = {}
    for setting in SETTINGS:
        name = setting.name.removeprefix("LIANZHU_").lower()
        raw = found.get(setting.name, setting.default)
        try:
            values[name] = kinds[name](raw)
        except ValueError:
            raise UsageError("bad_setting", setting=setting.name, value=raw) from None
        if values[name] not in _CHOICES.get(name, (values[name],)):
            raise UsageError("bad_setting", setting=setting.name, value=raw)
    settings = Settings(**values)  # type: ignore[arg-type]
    if settings.graph_password_file:
        secret = _secret("LIANZHU_GRAPH_PASSWORD_FILE", settings.graph_password_file)
        return replace(settings, graph_password=secret)
    return settings


def _secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise UsageError("bad_setting", setting=name, value=path) from None
