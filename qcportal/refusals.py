"""How the portal says no: a code for machines and a sentence for people.

Knows no models. A rule yields refusals; an action raises them with ``refuse_if``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NoReturn


@dataclass(frozen=True)
class Refusal:
    """One reason against an act.

    ``code`` is stable (tests and logs read it), ``message`` is a Chinese sentence
    that says what is wrong and what to do, ``field`` names the form field it belongs
    to, if any. A *caution* has the same shape and does not stop the act.
    """

    code: str
    message: str
    field: str = ""
    kind: Literal["refusal", "caution"] = "refusal"


class Refused(Exception):  # noqa: N818 - reads as a sentence: raise Refused
    """The act was not done; ``refusals`` says why (at least one)."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = list(refusals)
        super().__init__("；".join(refusal.message for refusal in self.refusals))

    @property
    def codes(self) -> list[str]:
        return [refusal.code for refusal in self.refusals]


def refuse_if(refusals: Iterable[Refusal]) -> None:
    """Raise Refused if any of ``refusals`` is more than a caution."""
    stopping = [refusal for refusal in refusals if refusal.kind == "refusal"]
    if stopping:
        raise Refused(stopping)


def refuse(code: str, message: str, field: str = "") -> NoReturn:
    """Raise Refused with one reason."""
    raise Refused([Refusal(code, message, field)])
