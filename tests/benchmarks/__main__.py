"""Every benchmark, one after the other: `python -m tests.benchmarks`."""

from __future__ import annotations

from tests.benchmarks import bench_analysis, bench_store

bench_analysis.main()
bench_store.main()
