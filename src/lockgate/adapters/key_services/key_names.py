"""How vendors name a root key; read while a project's file is checked, so nothing heavy is here."""

from __future__ import annotations

import re

KEY_ARN = re.compile(
    r"arn:aws[a-z-]{0,12}:kms:[a-z0-9-]{1,40}:[0-9]{12}:key/[A-Za-z0-9-]{1,128}", re.ASCII
)
"""An AWS KMS key's ARN. An alias can be pointed at another key, so none is taken."""

KEY_NAME = re.compile(
    r"projects/[a-z0-9:.-]{1,63}/locations/[a-z0-9-]{1,63}"
    r"/keyRings/[A-Za-z0-9_-]{1,63}/cryptoKeys/[A-Za-z0-9_-]{1,63}",
    re.ASCII,
)
"""A Google crypto key's resource name, without a version."""
