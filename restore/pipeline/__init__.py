"""Several restorers in a row, itself a restorer: from a TOML file, or chosen by what is wrong with a picture."""

from restore.pipeline.description import PipelineOptions, pipeline_options, pipeline_spec, workers_of
from restore.pipeline.file import read_pipeline, written
from restore.pipeline.masking import MaskKeys
from restore.pipeline.planned import Link, PlannedStep, chained
from restore.pipeline.schema import pipeline_schema

__all__ = [
    "Link",
    "MaskKeys",
    "PipelineOptions",
    "PlannedStep",
    "chained",
    "pipeline_options",
    "pipeline_schema",
    "pipeline_spec",
    "read_pipeline",
    "workers_of",
    "written",
]
