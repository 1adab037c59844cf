"""Transcripts of the lake as files of other formats: captions, text, tables, annotations."""

from sonitemi_pipelines.export.folder import FolderExport, export_folder, file_name
from sonitemi_pipelines.export.formats import FORMATS, Format, written
from sonitemi_pipelines.export.loading import load_script
from sonitemi_pipelines.export.options import ExportOptions
from sonitemi_pipelines.export.script import Script

__all__ = [
    "FORMATS",
    "ExportOptions",
    "FolderExport",
    "Format",
    "Script",
    "export_folder",
    "file_name",
    "load_script",
    "written",
]
