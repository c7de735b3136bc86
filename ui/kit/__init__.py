"""What every page and panel stands on: links, limits, and the basic controls and elements."""
