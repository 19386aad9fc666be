"""The whole way through the actions: the shortest proof that the chain holds."""

from submissions.lifecycle import State


def test_a_result_travels_from_draft_to_certificate(walk):
    submission = walk.published()
    assert submission.state == State.PUBLISHED
    assert [s.move for s in submission.steps.order_by("pk")] == [
        "file", "stamp", "recommend", "submit", "pass_check", "send_to_judges",
        "decide", "announce", "publish",
    ]  # fmt: skip
