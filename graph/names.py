"""When two names are the same firm's, as far as names can tell."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

__all__ = ["plain_name"]


@lru_cache(4096)
def plain_name(name: str) -> str:
    """A firm's name as it is compared: width, case, spaces and punctuation do not count.

    有限责任公司 is 有限公司; nothing else is shortened, so 甲科技 and 甲股份 stay two.

    >>> plain_name("示例（青岛） 科技有限责任公司") == plain_name("示例(青岛)科技有限公司")
    True
    """
    narrow = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in narrow if c.isalnum()).replace("有限责任公司", "有限公司")
