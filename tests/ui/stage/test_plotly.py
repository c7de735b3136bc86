"""The file of Plotly that stages use."""

from ui.stage.stage import plotly_chunk


def test_plotlys_file_is_looked_for_once() -> None:
    plotly_chunk.cache_clear()
    assert plotly_chunk() == plotly_chunk()
    assert plotly_chunk.cache_info().misses == 1
