"""The menu: it lists every page there is, once, and says what a visitor gets from it."""

from pathlib import Path

import pytest
from streamlit.material_icon_names import ALL_MATERIAL_ICONS

from ui import navigation
from ui.navigation import Page

ROOT = Path(__file__).parents[2]
every = pytest.mark.parametrize("page", navigation.ALL, ids=[page.title for page in navigation.ALL])


def test_the_menu_lists_exactly_the_scripts_there_are() -> None:
    scripts = {"app.py", *(str(path.relative_to(ROOT)) for path in (ROOT / "pages").rglob("*.py"))}
    assert sorted(page.file for page in navigation.ALL) == sorted(scripts)


def test_home_comes_first_and_stands_in_no_section() -> None:
    assert navigation.ALL[0] is navigation.HOME
    assert navigation.HOME.file == "app.py"
    assert navigation.HOME.path == ""
    assert [page.title for page in navigation.ALL if page.section == ""] == ["Home"]


@pytest.mark.parametrize("field", ["file", "path", "title", "icon", "promise"])
def test_no_two_pages_share_what_tells_them_apart(field: str) -> None:
    values = [getattr(page, field) for page in navigation.ALL]
    assert len(set(values)) == len(values)


def test_sections_are_not_torn_apart() -> None:
    sections = [page.section for page in navigation.ALL]
    assert sections == sorted(sections, key=["", "Learn", "Explore", "Look up"].index)


@every
def test_an_icon_is_one_of_streamlits_material_icons(page: Page) -> None:
    name = page.icon.removeprefix(":material/").removesuffix(":")
    assert page.icon == f":material/{name}:"
    assert name in ALL_MATERIAL_ICONS


@every
def test_a_page_promises_something_and_may_ask_first(page: Page) -> None:
    assert page.title
    assert page.promise.endswith(".")
    assert len(page.promise) > 40
    if page is not navigation.HOME:
        assert page.promise.rpartition("? ")[2].startswith("After this page you ")


@every
def test_a_page_begins_with_its_own_entry(page: Page) -> None:
    name = next(name for name, value in vars(navigation).items() if value is page)
    assert f"navigation.begin(navigation.{name})" in (ROOT / page.file).read_text()


@every
def test_a_path_is_one_short_word_of_an_address(page: Page) -> None:
    assert page.path == "" or page.path.replace("_", "").isalpha()
    assert "/" not in page.path
