"""When two names are the same firm's, as far as names can tell."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

__all__ = ["plain_name"]


# What stands where a firm is not known or not told: two of them are not the same firm.
_NOBODY = frozenset(
    ("待定", "未定", "暂定", "待确定", "未确定", "暂未确定", "保密", "未知", "不详", "暂无", "无")
) | {"某企业", "某公司", "待补", "tbd", "na", "unknown"}


@lru_cache(4096)
def plain_name(name: str) -> str:
    """A firm's name as it is compared: width, case, spaces and punctuation do not count.

    有限责任公司 is 有限公司; nothing else is shortened, so 甲科技 and 甲股份 stay two.  "" for what
    names nobody, as 待定 and 保密.

    >>> plain_name("示例（青岛） 科技有限责任公司") == plain_name("示例(青岛)科技有限公司")
    True
    """
    narrow = unicodedata.normalize("NFKC", name).casefold()
    plain = "".join(c for c in narrow if c.isalnum()).replace("有限责任公司", "有限公司")
    return "" if plain in _NOBODY else plain
