"""Parameters of the one operation that writes: measurements."""

from pydantic import Field

from modeldex.server import parameter_types as types
from modeldex.server.parameters import Parameters


class Sample(Parameters):
    """One measurement; leave out what was not measured. A score requires its suite."""

    provider: types.Text
    name: types.Text
    measured_at: types.Time | None = Field(
        default=None, description="UTC; default: time of the request"
    )
    tokens_per_second: types.Rate | None = Field(
        default=None, description="decode rate, without the first token"
    )
    ttft_ms: types.Duration | None = Field(default=None, description="time to the first token, ms")
    input_cost_per_1m: types.Cost | None = Field(
        default=None, description="price paid, USD per 1M tokens"
    )
    output_cost_per_1m: types.Cost | None = Field(
        default=None, description="price paid, USD per 1M tokens"
    )
    supports_tools: bool | None = Field(default=None, description="result of a test")
    supports_vision: bool | None = Field(default=None, description="result of a test")
    supports_json_mode: bool | None = Field(default=None, description="result of a test")
    supports_structured_outputs: bool | None = Field(default=None, description="result of a test")
    quality_score: types.Score | None = Field(
        default=None, description="score on the scale of quality_suite"
    )
    quality_suite: types.Text | None = None
    suite_version: types.Text | None = None
    error: types.Complaint | None = Field(default=None, description="why a test gave no result")
    samples: types.Number = Field(
        default=1, description="number of requests this measurement summarises"
    )
    host: types.Text | None = Field(default=None, description="machine that measured")
    run_id: types.Text | None = Field(
        default=None,
        description="id of the job; repeating a job with the same id adds no duplicates",
    )


class Record(Parameters):
    """Measurements to store, all or none."""

    measurements: list[Sample] = Field(min_length=1, max_length=10_000)
