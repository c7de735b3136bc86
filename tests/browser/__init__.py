"""The app in a real browser: a package, so that one Chromium serves all of it."""
