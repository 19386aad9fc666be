"""Colleagues beside the cast."""

import pytest

from qcportal.accounts.roles import Duty
from tests import factories


@pytest.fixture
def manager(cast, noon):
    """A manager beside the unit's clerk and keeper."""
    return factories.seat("江敏之", cast.unit.organisation, Duty.MANAGER, noon)


@pytest.fixture
def approver(cast, noon):
    return factories.seat("白一宁", cast.unit.organisation, Duty.APPROVER, noon)
