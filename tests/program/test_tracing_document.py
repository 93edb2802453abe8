"""The tables of docs/operations.md about tracing name what the code reads and writes."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def section(title):
    """A part of the chapter Tracing, below its heading of level 3."""
    text = (REPOSITORY / "docs/operations.md").read_text().split("\n## Tracing\n", 1)[1]
    return re.split(r"^##", text.split(f"\n### {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def source(*names):
    return "".join((REPOSITORY / "src" / name).read_text() for name in names)


def test_variables():
    code = source("otlp/settings.cc", "otlp/resource.cc")
    prefix = "OTEL_EXPORTER_OTLP_"
    keys = set(re.findall(r'find\("([A-Z_]+)"\)', code)) - {name for name in re.findall(r'"(OTEL_[A-Z_]+)"', code)}
    read = {name for name in re.findall(r'"(OTEL_[A-Z_]+)"', code) if "METRIC" not in name and name != prefix}
    read |= {prefix + signal + key for key in keys | {"ENDPOINT"} for signal in ("", "TRACES_")}
    assert set(re.findall(r"`(OTEL_[A-Z_]+)`", section("Variables"))) == read


def test_variables_of_skywalking():
    read = set(re.findall(r'"(SW_[A-Z_]+)"', source("skywalking/settings.cc")))
    assert set(re.findall(r"`(SW_[A-Z_]+)`", section("Segments for SkyWalking"))) == read


def test_tags():
    written = set(re.findall(r'tag\("([a-z_.]+)"', source("skywalking/segment_tracer.cc")))
    written |= set(re.findall(r'\{+"([a-z]+\.[a-z]+)",', source("skywalking/segment_sidecar.cc")))
    assert written <= set(re.findall(r"`([a-z_.]+)`", section("Segments for SkyWalking")))


def test_attributes():
    code = source("tracing/tracer.cc", "tracing/request_attributes.cc", "tracing/author_spans.cc", "tracing/traced_sidecar.cc", "tracing/span.cc")
    written = set(re.findall(r'(?:attribute|attribute_if_any|add)\(\s*"([a-z_.]+)"', code))
    documented = {name for name in re.findall(r"`([a-z_]+\.[a-z_.]+)`", section("Spans"))}
    assert documented == written
