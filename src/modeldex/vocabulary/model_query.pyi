"""Written by scripts/build_stub.py from vocabulary/criteria.py; edit that instead."""

from collections.abc import Collection
from typing import Literal, TypedDict, Unpack

from modeldex.vocabulary.capability_fields import QualityTier
from modeldex.vocabulary.criterion import Criterion
from modeldex.vocabulary.frozen_model import FrozenModel
from modeldex.vocabulary.values import ModelWithCapabilities

class Criteria(TypedDict, total=False):
    requires_tools: bool
    """accepts tool definitions"""
    requires_parallel_tools: bool
    """may call several tools in one turn"""
    requires_vision: bool
    """accepts images as input"""
    requires_audio: bool
    """accepts audio as input"""
    requires_video: bool
    """accepts video as input"""
    requires_pdf: bool
    """accepts PDF documents as input"""
    requires_json_mode: bool
    """can be held to any valid JSON"""
    requires_structured_outputs: bool
    """can be held to a given JSON Schema"""
    requires_streaming: bool
    """sends its answer in pieces"""
    requires_system_messages: bool
    """takes a system message"""
    requires_reasoning: bool
    """can think before it answers"""
    requires_prompt_cache: bool
    """charges less for a repeated prompt prefix"""
    requires_open_weights: bool
    """its weights can be downloaded"""
    requires_params: Collection[str]
    """accepts these request parameters, such as temperature"""
    requires_endpoint: str | None
    """takes requests at this endpoint, such as /v1/responses or responses"""
    requires_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None
    """accepts this level of reasoning effort"""
    min_context: int | str | None
    """window, or prompt cap where that is smaller, of at least this many tokens"""
    max_context: int | str | None
    """window, or prompt cap where that is smaller, of at most this many tokens"""
    min_input_tokens: int | str | None
    """takes a prompt of this many tokens, beside the output that min_output_tokens requires"""
    min_output_tokens: int | str | None
    """can generate at least this many tokens"""
    max_cost_per_1m_input: float | None
    """at most this input price, USD per 1M tokens"""
    max_cost_per_1m_output: float | None
    """at most this output price, USD per 1M tokens"""
    quality_tier: Literal["best", "balanced", "cheap", "unknown", "any"] | QualityTier | None
    """exactly this quality tier"""
    task: Literal["general", "coding", "vision", "documents"] | None
    """what it is chosen for: ranks by how well it does that"""
    min_quality_tier: Literal["best", "balanced", "cheap", "unknown"] | QualityTier | None
    """this quality tier or a better one"""
    cost_tier: Literal["free", "cheap", "standard", "premium", "any"] | None
    """class of the blended price, (3 x input + output) / 4"""
    min_speed_tps: float | None
    """generates at least this many tokens per second"""
    provider: str | None
    """offered by this provider, id or alias"""
    providers: Collection[str]
    """offered by one of these providers, ids or aliases"""
    provider_class: Literal["lab", "cloud", "host", "gateway", "reseller", "local", "plan", "unclassed", "any"] | None
    """kind of provider; where all known models are asked for, any that is vetted by default"""
    not_providers: Collection[str]
    """not offered by these providers, ids or aliases"""
    not_classes: Collection[Literal["lab", "cloud", "host", "gateway", "reseller", "local", "plan", "unclassed"]]
    """not offered by providers of these classes"""
    local_only: bool
    """served on a machine of one's own, which a cloud model behind a local server is not"""
    base: str | None
    """offers of this base model, such as claude-sonnet-4.5"""
    search: str | None
    """has all these words in its names; one with * or ? fits a whole name"""
    family: str | None
    """model family, such as gpt-mini"""
    mode: Literal["chat", "completion", "embedding", "rerank", "image", "audio", "video", "moderation", "ocr", "realtime", "other", "any"] | None
    """what the model is for; chat by default"""
    price_basis: Literal["metered", "free", "subscription", "self_hosted", "dynamic", "any"] | None
    """how usage is billed; metered, self_hosted or unknown by default"""
    available: bool
    """only models that can be called from here; false: all known models"""
    include_deprecated: bool
    """also retired models, those presumed gone, and deprecated ones without a known end ahead"""
    min_days_left: int | str | None
    """does not stop answering within this many days, as far as is known; by default 30 for the best model, if one lasts so long, else 0"""
    include_suspicious: bool
    """also offers whose facts are not plausible beside those of others"""
    limit: int | None
    """number of models, at most"""
    offset: int
    """number of models to skip"""

class ModelQuery(FrozenModel):
    requires_tools: bool
    requires_parallel_tools: bool
    requires_vision: bool
    requires_audio: bool
    requires_video: bool
    requires_pdf: bool
    requires_json_mode: bool
    requires_structured_outputs: bool
    requires_streaming: bool
    requires_system_messages: bool
    requires_reasoning: bool
    requires_prompt_cache: bool
    requires_open_weights: bool
    requires_params: frozenset[str]
    requires_endpoint: str | None
    requires_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None
    min_context: int | None
    max_context: int | None
    min_input_tokens: int | None
    min_output_tokens: int | None
    max_cost_per_1m_input: float | None
    max_cost_per_1m_output: float | None
    quality_tier: Literal["any"] | QualityTier | None
    task: Literal["general", "coding", "vision", "documents"] | None
    min_quality_tier: QualityTier | None
    cost_tier: Literal["free", "cheap", "standard", "premium", "any"] | None
    min_speed_tps: float | None
    provider: str | None
    providers: frozenset[str]
    provider_class: Literal["lab", "cloud", "host", "gateway", "reseller", "local", "plan", "unclassed", "any"] | None
    not_providers: frozenset[str]
    not_classes: frozenset[Literal["lab", "cloud", "host", "gateway", "reseller", "local", "plan", "unclassed"]]
    local_only: bool
    base: str | None
    search: str | None
    family: str | None
    mode: Literal["chat", "completion", "embedding", "rerank", "image", "audio", "video", "moderation", "ocr", "realtime", "other", "any"] | None
    price_basis: Literal["metered", "free", "subscription", "self_hosted", "dynamic", "any"] | None
    available: bool
    include_deprecated: bool
    min_days_left: int | None
    include_suspicious: bool
    limit: int | None
    """number of models, at most"""
    offset: int
    """number of models to skip"""
    def __init__(self, **criteria: Unpack[Criteria]) -> None: ...
    def matches(self, model: ModelWithCapabilities) -> bool: ...

def annotation(row: Criterion) -> str: ...
