"""Every benchmark, one after the other: `python -m tests.benchmarks`."""

from __future__ import annotations

from tests.benchmarks import bench_analysis, bench_cypher, bench_engines, bench_store

bench_analysis.main()
bench_cypher.main()
bench_store.main()
bench_engines.main()
