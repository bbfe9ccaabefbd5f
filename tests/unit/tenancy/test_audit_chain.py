"""The seals over an audit's rows: what does not follow from what was there before is found."""

from dataclasses import replace
from datetime import datetime

from chatwootai_mcp.tenancy.audit_chain import Chain, Content, Head, Link

CHAIN = Chain(b"k" * 32)
CALL = Content(
    at=datetime(2026, 1, 1),
    account_id="acme",
    kind="call",
    actor="key:abc",
    user_id=7,
    server="odoo",
    tool="read",
    outcome="success",
    duration_ms=1,
    model="res.partner",
    record_ids="3",
    arguments="{}",
    error="",
)


def sealed(*actors):
    """Rows as they are written and sealed, one after another."""
    here, links = Head(), []
    for actor in actors:
        content = replace(CALL, actor=actor)
        mac = CHAIN.mac(content)
        here = CHAIN.seal(here, mac)
        links.append(Link(here.seq, content, mac, here.seal))
    return links


def found(links, *noted):
    return [finding.seq for finding in CHAIN.check(Head(), links, noted)]


def test_what_is_whole_is_found_whole():
    assert found(sealed("a", "b", "c")) == []


def test_genuine_rows_that_did_not_follow_one_another_are_found():
    """As after a backup was put back: each row is as it was written and has its number, but in another history."""
    one, other = sealed("a", "b", "c"), sealed("a", "x", "c")
    assert found([*one[:2], other[2]]) == [3]


def test_rows_that_changed_places_are_found():
    first, second, third = sealed("a", "b", "c")
    swapped = [first, replace(third, seq=2, seal=second.seal), replace(second, seq=3, seal=third.seal)]
    assert found(swapped) == [2, 3]


def test_the_newest_rows_are_missed_by_what_was_noted_down():
    links = sealed("a", "b", "c")
    assert found(links[:2], Head(3, links[2].seal)) == [3]
    assert found(links, Head(3, sealed("a", "b", "x")[2].seal)) == [3]


def test_every_word_of_a_row_is_covered():
    [link] = sealed("a")
    other = {"at": datetime(2026, 1, 2), "user_id": 8, "duration_ms": 2}
    for name in Content.__dataclass_fields__:
        changed = replace(link.content, **{name: other.get(name, "another")})
        assert found([replace(link, content=changed)]) == [1], name
