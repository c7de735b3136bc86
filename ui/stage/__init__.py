"""The stage: one animated view of what runs do, with the code that runs in the browser."""

from ui.stage.asking import Asks
from ui.stage.figure import growing_figure, preview_picture
from ui.stage.ledger import Account
from ui.stage.payload import Costs, Dials, EndsMap
from ui.stage.stage import room, stage

__all__ = ["Account", "Asks", "Costs", "Dials", "EndsMap", "growing_figure", "preview_picture", "room", "stage"]
