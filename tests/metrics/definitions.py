"""The table of src/metrics/definitions.cc, read as text."""

import re
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_TEXT = r'((?:"[^"]*"\s*)+)'
_ROW = re.compile(rf"\{{Metric::k\w+,\s*{_TEXT},\s*{_TEXT},\s*Type::k(\w+),\s*({_TEXT[1:-1]}|kRequestLabels),\s*{_TEXT}\}}")
_WORDS = {"s": "seconds", "By": "bytes"}
_TYPES = {"Counter": "counter", "UpDownCounter": "gauge", "Gauge": "gauge", "Histogram": "histogram", "Info": "info"}


@dataclass(frozen=True)
class Definition:
    name: str  # as Prometheus has it
    type: str
    unit: str
    labels: tuple
    help: str


def _joined(literals):
    return "".join(re.findall(r'"([^"]*)"', literals))


def definitions():
    text = (_ROOT / "src" / "metrics" / "definitions.cc").read_text(encoding="utf-8")
    request_labels = _joined(re.search(rf"kRequestLabels =\s*{_TEXT};", text)[1])
    rows = []
    for name, unit, kind, labels, help in _ROW.findall(text):
        prometheus = re.sub(r"\W", "_", _joined(name))
        unit = _joined(unit)
        if unit in _WORDS:
            prometheus += "_" + _WORDS[unit]
        prometheus += {"Counter": "_total", "Info": "_info"}.get(kind, "")
        labels = request_labels if labels == "kRequestLabels" else _joined(labels)
        rows.append(Definition(prometheus, _TYPES[kind], unit, tuple(labels.replace(".", "_").split()), _joined(help)))
    assert len(rows) == text.count("{Metric::k")
    return rows
