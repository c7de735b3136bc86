"""What is believed of the address that a browser says, and codes that are read back."""

import pytest

from ui.kit.places import MAX_SCANNED, place, qr_code, reach

BELIEVED = {
    "http://localhost:8501/foundations": "http://localhost:8501/",
    "https://guide.example.org/course/foundations": "https://guide.example.org/course/",
    "https://guide.example.org/foundations/": "https://guide.example.org/",
    "http://[::1]:8501/foundations": "http://[::1]:8501/",
    "http://10.0.0.7:8501/foundations?x=1#y": "http://10.0.0.7:8501/",
}


@pytest.mark.parametrize(("url", "root"), BELIEVED.items())
def test_the_place_of_the_guide_is_its_address_without_the_page(url: str, root: str) -> None:
    assert place(url, "foundations") == root


def test_the_place_is_known_on_the_home_page_too() -> None:
    assert place("https://guide.example.org", "") == "https://guide.example.org/"
    assert place("https://guide.example.org/course/", "") == "https://guide.example.org/course/"


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "foundations",
        "javascript:alert(1)//x",
        "ftp://x.example/foundations",
        "https://user:word@x.example/foundations",
        "https://x.example:port/foundations",
        "https://x.example:99999/foundations",
        "https://x.example`/foundations",
        "https://x.example/<b>/foundations",
        "https://x.example/a b/foundations",
        "http://[::1/foundations",
        f"https://{'x' * 300}.example/foundations",
        f"https://x.example/{'x' * 300}/foundations",
    ],
)
def test_nothing_else_is_believed(url: str | None) -> None:
    assert place(url, "foundations") == ""


def test_whom_an_address_does_not_reach_is_said() -> None:
    for host in ("localhost", "127.0.0.1", "127.1.2.3", "[::1]", "0.0.0.0", "a.localhost"):
        assert "Only this computer" in reach(f"http://{host}:8501/x")
    for host in ("10.0.0.7", "192.168.1.5", "172.20.0.1", "169.254.3.4", "[fe80::1]", "server", "lab.local"):
        assert "same network" in reach(f"http://{host}/x")
    for host in ("guide.example.org", "8.8.8.8", "[2606:4700::1111]"):
        assert reach(f"https://{host}/x") == ""
    assert "not known here" in reach("foundations?x=1")


def test_a_code_is_black_on_white_whatever_the_theme_and_not_too_fine() -> None:
    drawn = qr_code("https://guide.example.org/foundations?task=" + "x" * (MAX_SCANNED - 43))
    assert drawn.startswith("<svg")
    assert "#fff" in drawn
    with pytest.raises(ValueError, match=f"at most {MAX_SCANNED} characters"):
        qr_code("x" * (MAX_SCANNED + 1))
