"""Regions of a cloud, and the parts of the world that the names of offers begin with.

Amazon Bedrock has inference profiles such as `eu.anthropic.claude-sonnet-4-5-20250929-v1:0`: they
can be called from regions of that part of the world only, `global.` ones from any that is not the
government's.
"""

import re

_PARTS = ("us-gov", "us", "eu", "apac", "au", "jp", "in", "ca", "global")
_OF_REGION = (
    (r"us-gov-.*", ("us-gov",)),
    (r"us-.*", ("us", "global")),
    (r"ca-.*", ("ca", "us", "global")),
    (r"eu-.*", ("eu", "global")),
    (r"ap-northeast-[13]", ("jp", "apac", "global")),
    (r"ap-southeast-[24]", ("au", "apac", "global")),
    (r"ap-south-.*", ("in", "apac", "global")),
    (r"ap-.*", ("apac", "global")),
    (r"[a-z]+-.*", ("global",)),
)


def elsewhere(region: str) -> tuple[str, ...]:
    """The first words of names of offers that cannot be called from a region."""
    own = next((parts for form, parts in _OF_REGION if re.fullmatch(form, region)), _PARTS)
    return tuple(part for part in _PARTS if part not in own)
