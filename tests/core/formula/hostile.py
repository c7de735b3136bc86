"""The texts that ``hostile.txt`` describes."""

from pathlib import Path


def lines() -> list[str]:
    """The texts that ``hostile.txt`` describes."""
    texts = []
    for line in Path(__file__).with_name("hostile.txt").read_text(encoding="utf-8").split("\n"):
        if line.startswith("# "):
            continue
        if line.startswith("@rep "):
            times, left, middle, right = line.removeprefix("@rep ").split("\t")
            texts.append(left * int(times) + middle + right * int(times))
        elif line.startswith("@esc "):
            texts.append(line.removeprefix("@esc ").encode("ascii").decode("unicode_escape"))
        else:
            texts.append(line)
    return texts


TEXTS = lines()
