"""What is missing is told in words with the command that brings it."""

from scripts import system

HAD = system.Need("the moon", lambda: True, "moon")
LACKED = system.Need("the sun", lambda: False, "libsun0")


def test_only_what_is_lacking_is_named():
    assert system.missing([HAD, LACKED]) == [LACKED]
    assert system.provide([HAD]) == []


def test_the_explanation_names_things_and_packages():
    assert system.explain([LACKED]) == (
        "This machine lacks:\n  - the sun\n"
        "They could not be installed from here. Please run, as an administrator:\n"
        "  apt-get update && apt-get install --no-install-recommends libsun0\n"
        "and then the same make command again."
    )
