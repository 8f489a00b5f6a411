"""What Trainboard stores, one module for one idea."""

from runs.models.access import ApiToken, IngestToken, LoginLink
from runs.models.catalogue import WorkerCatalogue
from runs.models.checkpoint import Checkpoint
from runs.models.command import Command
from runs.models.console import ConsoleBlock
from runs.models.errand import Errand
from runs.models.evaluation import Evaluation, EvaluationMedia
from runs.models.export import Export, HubToken
from runs.models.hold import QueueHold
from runs.models.keeping import Alias, AliasMove, Retention
from runs.models.preset import Preset
from runs.models.project import Project
from runs.models.report import Report, ReportLink
from runs.models.rule import Delivery, Firing, Notification, Rule, RuleMemory
from runs.models.run import Attempt, Run, RunWarning, Source
from runs.models.series import Chunk, PendingPoints, Rewind, Series
from runs.models.sweep import Sweep, SweepEvent
from runs.models.upload import Upload
from runs.models.view import SavedView
from runs.models.worker import RefusedWorker, Worker

__all__ = [
    "Alias",
    "AliasMove",
    "ApiToken",
    "Attempt",
    "Checkpoint",
    "Chunk",
    "Command",
    "ConsoleBlock",
    "Delivery",
    "Errand",
    "Evaluation",
    "EvaluationMedia",
    "Export",
    "Firing",
    "HubToken",
    "IngestToken",
    "LoginLink",
    "Notification",
    "PendingPoints",
    "Preset",
    "Project",
    "QueueHold",
    "RefusedWorker",
    "Report",
    "ReportLink",
    "Retention",
    "Rewind",
    "Rule",
    "RuleMemory",
    "Run",
    "RunWarning",
    "SavedView",
    "Series",
    "Source",
    "Sweep",
    "SweepEvent",
    "Upload",
    "Worker",
    "WorkerCatalogue",
]
