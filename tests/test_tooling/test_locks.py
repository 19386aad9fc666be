"""The lock files are complete and carry no addresses."""

from scripts import check_locks, lock


def test_lock_files_hold():
    assert list(check_locks.complaints()) == []


def test_pins_read_extras_and_markers():
    text = (
        "Foo_Bar[x]==1.2 ; python_version < '4' \\\n    --hash=sha256:ab\nbaz==3 \\\n"
    )

    assert check_locks.pins(text) == {"foo-bar": "1.2", "baz": "3"}


def test_npm_lock_loses_addresses_only():
    entry = {"version": "1", "integrity": "sha512-x", "resolved": "a", "funding": "b"}
    lock_file = {"lockfileVersion": 3, "packages": {"node_modules/a": entry}}

    assert lock.without_addresses(lock_file) == {
        "lockfileVersion": 3,
        "packages": {"node_modules/a": {"version": "1", "integrity": "sha512-x"}},
    }
