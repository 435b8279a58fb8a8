"""`gradaudit check SOURCE…`: audit models, print the findings, write the reports."""

from __future__ import annotations

import sys
from os import environ
from pathlib import Path
from typing import Any, Literal

import click

from gradaudit.cli.audits import Audits
from gradaudit.cli.config import COLORS
from gradaudit.cli.excerpts import source_lines
from gradaudit.cli.outputs import Output, parse_outputs, refuse_to_overwrite, usable, write_outputs
from gradaudit.cli.progress import Progress
from gradaudit.cli.rule_names import split_names
from gradaudit.cli.settings import parse_data, read_config, settings_of
from gradaudit.cli.status import Status
from gradaudit.cli.streams import put, tell, wants_color
from gradaudit.formats import PRINTED, SUFFIXES, get
from gradaudit.formats.text import TextFormat
from gradaudit.report import Report

