# The service alone; compose.yaml sets it beside a Neo4j.
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /venv
# Before the sources, so that a change of them installs nothing again.
COPY requirements.lock ./
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY graph graph
COPY ingest ingest
COPY records records
COPY viz viz
COPY api api
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim
# What a PDF is set with, and the Chinese fonts it is set in.
RUN apt-get update && apt-get install -y --no-install-recommends \
      fonts-noto-cjk libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 lianzhu && install -d -m 700 -o lianzhu /var/lib/lianzhu
USER lianzhu
WORKDIR /tmp
CMD ["lianzhu", "serve"]
