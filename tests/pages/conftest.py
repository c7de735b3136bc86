"""What all page tests share."""

from collections.abc import Iterator

import pytest
from streamlit.components.v2 import manifest_scanner


@pytest.fixture(scope="package", autouse=True)
def _packages_looked_through_once() -> Iterator[None]:
    """AppTest looks for components in every installed package at every run, which takes half of a test's time."""
    manifests = manifest_scanner.scan_component_manifests()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", lambda *_: manifests)
        yield
