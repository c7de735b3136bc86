"""The tools that every figure on the pages has."""

from types import MappingProxyType

# Plotly's own "share" would upload the figure to another machine.
CONFIG = MappingProxyType(
    {
        "displaylogo": False,
        "showSendToCloud": False,
        "scrollZoom": False,
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "toggleSpikelines"],
        "responsive": True,
        "toImageButtonOptions": {"format": "png", "scale": 2},
    }
)
