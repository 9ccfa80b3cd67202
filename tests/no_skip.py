# SPDX-License-Identifier: Apache-2.0
"""With NO_SKIP=1 a test that skips has failed: "passed" means all of them."""

import os

import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    outcome = yield
    report = outcome.get_result()
    if os.environ.get("NO_SKIP") and report.skipped and not hasattr(report, "wasxfail"):
        where, line, reason = report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{where}:{line}: {reason} (skips are refused here)"


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report():
    outcome = yield
    report = outcome.get_result()
    if os.environ.get("NO_SKIP") and report.skipped:
        report.outcome = "failed"
