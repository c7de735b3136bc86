"""The catalogue of what happened beside the rules: proofs, networks, schedules, comparisons.

To add an event, add one declaration to the ``EVENTS`` of the module that holds its time.
"""

from collections.abc import Mapping
from types import MappingProxyType

from core.catalogue.events import early, recent
from core.catalogue.events.declaration import Event

__all__ = ["EVENTS", "Event"]

EVENTS: Mapping[str, Event] = MappingProxyType({event.key: event for event in (*early.EVENTS, *recent.EVENTS)})
