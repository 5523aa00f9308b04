"""pydicom kept from quoting values; whoever uses pydicom on real objects imports this module first."""

import logging

from pydicom import config

# pydicom quotes an offending value in its warnings and log lines. No value may ever reach either.
config.settings.reading_validation_mode = config.IGNORE
logging.getLogger("pydicom").setLevel(logging.CRITICAL)
