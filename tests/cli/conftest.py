"""A command line whose measuring is replaced by a report that the test writes down."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gradaudit.auditing.pipeline import Audited
from gradaudit.cli import main
from gradaudit.domain.audit_options import AuditOptions
from gradaudit.domain.findings import Change, Finding, Fix, Severity
from gradaudit.domain.measurements import Measurements
from gradaudit.domain.report import Failure, Model, ModelReport, Settings
from gradaudit.domain.spec import ModelSpec
from gradaudit.errors import Location
from gradaudit.evidence.rule_context import RuleContext

ROOT = Path(__file__).parents[2]
LEARNS = "layers: [2, 8, 1]\nactivation: tanh\nloss: mse\n"
SPEC = "layers: [2, 8, 1]\nactivation: sigmoid\nloss: mse\n"


def finding(severity: Severity = Severity.ERROR, file: str = "model.yaml") -> Finding:
    """What a rule might say of the spec's second line."""
    return Finding(
        rule="vanishing-gradient",
        severity=severity,
        message="the signal dies",
        cause="sigmoid",
        evidence={"measured": 1.9e-7, "limit": 1e-3},
        location=Location(file, 2, 13),
        fixes=(Fix("relu", (Change("activation", "sigmoid", "relu"),)),),
    )


@dataclass
class Pipeline:
    """Stands in for `pipeline.audit`: remembers how it was called and answers as the test says."""

    findings: tuple[Finding, ...] = ()
    failures: tuple[Failure, ...] = ()
    raises: dict[str, BaseException] = field(default_factory=dict)
    """By the model's name."""
    calls: list[dict[str, Any]] = field(default_factory=list)
    rules: tuple[str, ...] = ()
    """Those that the report says were checked."""

    def __call__(
        self, spec: ModelSpec, options: AuditOptions, defaults: AuditOptions = AuditOptions(), **given: Any
    ) -> Audited:
        self.calls.append({"spec": spec, "options": options, "defaults": defaults, **given})
        if spec.name in self.raises:
            raise self.raises[spec.name]
        verdict = "error" if self.findings else "healthy"
        model = Model(spec.name, spec.source, 33, spec.inputs, (), named="name" in spec.lines)
        report = ModelReport(
            model, Settings(), verdict, "In a sentence.", self.findings, Measurements(), rules=self.rules
        )
        return Audited(report, RuleContext(spec, (), Measurements()), None, None, self.failures)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Run:
    """What a command did."""

    status: int
    out: str
    err: str


Runner = Callable[..., Run]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder as the working directory, in an environment that says nothing."""
    for name in os.environ:
        if name.startswith(("GRADAUDIT", "GITHUB")) or name in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}:
            monkeypatch.delenv(name)
    monkeypatch.setenv("GRADAUDIT_CACHE_DIR", os.devnull)  # where nothing can be kept
    for name in ("OPENBLAS", "OMP", "MKL"):
        monkeypatch.setenv(f"{name}_NUM_THREADS", "1")
    monkeypatch.setenv("VECLIB_MAXIMUM_THREADS", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def spec(folder: Path) -> Path:
    """`model.yaml`, three lines long."""
    path = folder / "model.yaml"
    path.write_text(SPEC)
    return path


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """The stand-in, in place."""
    stub = Pipeline()
    monkeypatch.setattr("gradaudit.auditing.pipeline.audit", stub)
    return stub


@pytest.fixture
def sick(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """Models with `relu` in their spec are sick; the others are healthy."""
    healthy = pipeline.__class__.__call__

    def judge(self, spec, options, defaults, **given):
        self.findings = (finding(),) if "relu" in spec.text else ()
        return healthy(self, spec, options, defaults, **given)

    monkeypatch.setattr(pipeline.__class__, "__call__", judge)
    return pipeline


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Runner:
    """Call the program in this process."""

    def call(*arguments: str) -> Run:
        status = main(arguments)
        out, err = capsys.readouterr()
        return Run(status, out, err)

    return call


STAND_IN = """
import sys
sys.path.insert(0, {tests!r})
from conftest import Pipeline, finding
import gradaudit.auditing.pipeline
gradaudit.auditing.pipeline.audit = Pipeline((finding(),) * {findings})
from gradaudit.cli import main
sys.exit(main())
"""


def _listen() -> None:
    """SIGINT does what it does in a terminal."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def launch() -> Callable[..., subprocess.Popen[bytes]]:
    """Start the program as a process of its own, its measuring replaced where `findings` are given."""

    def start(*arguments: str, findings: int | None = None, code: str = "", **popen: Any) -> subprocess.Popen[bytes]:
        if findings is not None:
            code = STAND_IN.format(tests=str(Path(__file__).parent), findings=findings)
        command = [sys.executable, *(("-c", code) if code else ("-m", "gradaudit")), *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **popen}
        # a job in a shell's background inherits an ignored SIGINT
        return subprocess.Popen(command, env=environment, preexec_fn=_listen, **pipes)  # noqa: PLW1509

    return start
