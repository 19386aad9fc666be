"""Campaigns as readable files: read, load, export, clone.

``read`` and ``read_text`` give a Preset or PresetError naming line and place; ``load``
writes it; ``export`` gives the text back; ``clone`` begins the next year.
"""

from qcportal.campaigns.presets.cloning import clone
from qcportal.campaigns.presets.contents import COUNTED_FROM
from qcportal.campaigns.presets.exporting import contents_of, export
from qcportal.campaigns.presets.loading import load
from qcportal.campaigns.presets.reading import (
    FOLDER,
    Part,
    Preset,
    PresetError,
    faults,
    read,
    read_text,
)

__all__ = [
    "COUNTED_FROM", "FOLDER", "Part", "Preset", "PresetError", "clone", "contents_of",
    "export", "faults", "load", "read", "read_text",
]  # fmt: skip
