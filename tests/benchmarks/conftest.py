"""The ratios that the benchmarks note beside their times, as a table at the end."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """One line a benchmark: its median time and what it noted."""
    session = getattr(config, "_benchmarksession", None)
    measured = [bench for bench in session.benchmarks if bench.stats.rounds] if session is not None else []
    if not measured:
        return
    terminalreporter.section("ratios")
    for bench in measured:
        noted = ", ".join(f"{key} {value}" for key, value in bench.extra_info.items())
        terminalreporter.write_line(f"{bench.name:45} {bench.stats.median * 1e3:10.3f} ms  {noted}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run once as a test, the widest network would show nothing that the others do not, and take a minute."""
    if config.getoption("benchmark_disable") and not config.getoption("benchmark_enable"):
        wide = pytest.mark.skip(reason="the widest network is left to make benchmark")
        for item in items:
            if "benchmarks" in item.path.parts and "[W2]" in item.name:
                item.add_marker(wide)
