"""The doctor: what a run suffers from, by its own numbers, why, and a change of it that helps."""

from core.lessons.doctor.diagnosis import Diagnosis, Grade, diagnose, too_dear
from core.lessons.doctor.findings import Finding
from core.lessons.doctor.remedies import LONGEST, Fix

__all__ = ["LONGEST", "Diagnosis", "Finding", "Fix", "Grade", "diagnose", "too_dear"]
