#!/bin/sh
# 不联网安装到本文件夹，再打开示例园区 / installs beside itself without a network, then serves.
set -eu
cd "$(dirname "$0")"
python=
for name in ${PYTHON:-} python@PYTHON@ python3 python; do
  if command -v "$name" >/dev/null 2>&1 &&
    [ "$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "@PYTHON@" ]; then
    python=$name
    break
  fi
done
if [ -z "$python" ]; then
  cat need-python.txt >&2
  exit 1
fi
"$python" install.py
if [ $# -eq 0 ]; then set -- serve --sample; fi
exec .venv/bin/lianzhu "$@"
