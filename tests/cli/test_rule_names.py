from __future__ import annotations

import click
import pytest

from gradaudit.cli.rule_names import split_names


def test_names_are_split_at_commas() -> None:
    """One option may name several rules; blanks do not matter."""
    names = split_names(
        click.Context(click.Command("x")), click.Option(["--select"]), ("dead-units, saddle-point,", " ")
    )

    assert names == ("dead-units", "saddle-point")


def test_a_strange_name_gets_the_whole_list() -> None:
    """Where no name is near, all are named."""
    context, option = click.Context(click.Command("x")), click.Option(["--select"])
    with pytest.raises(click.BadParameter, match=r"'qqq' is no rule; known are .*vanishing-gradient"):
        split_names(context, option, ("qqq",))
