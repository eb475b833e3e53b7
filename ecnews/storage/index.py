"""The index of fingerprints in the database: which articles may be near to those of a batch.

The functions take a connection inside the writer's transaction, which admits no other writer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import (
    Connection,
    delete,
    select,
    text,
)

from ecnews.storage.schema import bands, dedupe, fingerprints
from ecnews.storage.statements import among, rows_among, upsert, write_many
from ecnews.text import fingerprint, near
from ecnews.text.fingerprint import BANDS, SLOTS, Signature

_AT_ONCE = 50 * BANDS  # keys in a statement of SQLite: always as many, so that it is parsed once
_LOOK_UP = (
    f"WITH wanted (key) AS (VALUES {', '.join(['(?)'] * _AT_ONCE)})"
    " SELECT article_id FROM wanted CROSS JOIN bands ON bands.key = wanted.key"
)
_INSERT = f"INSERT OR IGNORE INTO bands (key, article_id) VALUES {', '.join(['(?, ?)'] * _AT_ONCE)}"
_THRESHOLD = select(dedupe.c.threshold)
_MOST = 20  # near articles whose texts are compared with one


@dataclass(frozen=True, slots=True)
class Print:
    """What the index keeps of an article."""

    signature: Signature
    figures: bytes
    own: bool
    recovered: int


def threshold(connection: Connection) -> float:
    """How much of the smaller text two must have in common to be compared."""
    set_ = connection.execute(_THRESHOLD).scalar()
    return near.THRESHOLD if set_ is None else float(set_)


def keep(connection: Connection, prints: Mapping[int, Print]) -> None:
    """Puts articles, by id, into the index, which has forgotten them."""
    rows = [
        {
            "article_id": id_,
            "slots": kept.signature.slots.tobytes(),
            "shingles": kept.signature.shingles,
            "figures": kept.figures,
            "own": kept.own,
            "recovered": kept.recovered,
        }
        for id_, kept in prints.items()
    ]
    write_many(connection, _upsert(connection.dialect.name), rows)
    _insert_bands(connection, prints)


@cache
def _upsert(dialect: str) -> Any:
    names = [column.name for column in fingerprints.c if not column.primary_key]
    return upsert(
        dialect,
        fingerprints,
        fingerprints.c.article_id,
        lambda new: {name: new[name] for name in names},
    )


def candidates(
    connection: Connection, prints: Mapping[int, Print], threshold: float
) -> Iterator[tuple[int, int]]:
    """Pairs of ids, an article of the batch, which the index does not have yet, and one that may be
    its copy, the likeliest first; both of a pair in the batch: once."""
    known = _sharing(connection, prints)
    ids = [*prints, *known]
    mine = [kept.signature.slots.tobytes() for kept in prints.values()]
    slots = np.frombuffer(
        b"".join(mine + [row.slots for row in known.values()]), np.uint16
    ).reshape(-1, SLOTS)
    shingles = np.array(
        [kept.signature.shingles for kept in prints.values()]
        + [row.shingles for row in known.values()]
    )
    figures = {id_: row.figures for id_, row in ({**prints, **known}).items()}
    alike = defaultdict[int, list[int]](list)
    for one, other in near.alike(slots[: len(mine)], slots, threshold):
        if other >= len(mine) or ids[other] < ids[one]:
            alike[one].append(other)
    for one, rows in alike.items():
        kept = prints[ids[one]]
        places, similarity = near.near(kept.signature, slots[rows], shingles[rows], threshold)
        others = [ids[rows[place]] for place in places]
        for id_ in likeliest(kept, zip(others, similarity.tolist(), strict=True), figures):
            yield ids[one], id_


def _sharing(connection: Connection, prints: Mapping[int, Print]) -> dict[int, Any]:
    """The fingerprints of other articles that share a band with any of these, by id."""
    keys = np.sort([kept.signature.bands for kept in prints.values()], axis=None).tolist()
    dialect = connection.dialect.name
    if dialect == "postgresql":
        # A plan made once, for any keys, would read all of the table.
        connection.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
        statement = text("SELECT article_id FROM bands WHERE key = ANY(CAST(:keys AS integer[]))")
        found = set(connection.execute(statement, {"keys": _array(keys)}).scalars())
    else:
        found = set()
        for part in _parts(keys, 1):
            found.update(connection.exec_driver_sql(_LOOK_UP, part).scalars())
    if not (others := sorted(found - prints.keys())):
        return {}
    names = ("article_id", "slots", "shingles", "figures")
    rows = rows_among(connection, fingerprints.c.article_id, others, *names)
    return {row.article_id: row for row in rows}


def likeliest(
    kept: Print, others: Iterable[tuple[int, float]], figures: Mapping[int, bytes]
) -> list[int]:
    """Of near articles (id and similarity) those to be compared, the likeliest copies first: of
    the many that one formula has made, those with the same figures."""
    ranked = sorted(
        others,
        key=lambda pair: pair[1] + fingerprint.shared_figures(kept.figures, figures[pair[0]]),
        reverse=True,
    )
    return [other for other, _ in ranked[:_MOST]]


def _array(numbers: Iterable[int]) -> str:
    """Thousands of numbers as PostgreSQL reads them: its driver takes longer over a list than over
    all the rest."""
    return f"{{{','.join(map(str, numbers))}}}"


def _parts(values: list[int], width: int) -> Iterator[tuple[int, ...]]:
    """The values for the statements of SQLite, by rows of this width, the last row again where
    there are too few."""
    size = _AT_ONCE * width
    for start in range(0, len(values), size):
        part = values[start : start + size]
        yield (*part, *part[-width:] * ((size - len(part)) // width))


def forget(connection: Connection, ids: list[int]) -> None:
    """Takes articles out of the index."""
    if not ids:
        return
    dialect = connection.dialect.name
    query = select(fingerprints.c.article_id, fingerprints.c.slots)
    for id_, slots in connection.execute(
        query.where(among(dialect, fingerprints.c.article_id, ids))
    ).all():
        keys = _keys(slots).tolist()
        connection.execute(
            delete(bands).where(bands.c.article_id == id_, among(dialect, bands.c.key, keys))
        )


def _keys(slots: bytes) -> npt.NDArray[np.int32]:
    return fingerprint.band_keys(np.frombuffer(slots, np.uint16))


def _insert_bands(connection: Connection, prints: Mapping[int, Print]) -> None:
    """Some 42 rows an article: in their order, so that each page of the tree is met once, and many
    in a statement. Rows that an article has left behind, whose id is given again, do no harm."""
    keys = np.array([kept.signature.bands for kept in prints.values()], np.int64)
    packed = np.sort((keys << 32 | np.arange(len(keys))[:, None]).reshape(-1))
    columns = packed >> 32, np.array(list(prints))[packed & 0xFFFFFFFF]
    if connection.dialect.name == "sqlite":
        for part in _parts(np.stack(columns, axis=1).reshape(-1).tolist(), 2):
            connection.exec_driver_sql(_INSERT, part)
        return
    statement = text(
        "INSERT INTO bands (key, article_id)"
        " SELECT * FROM unnest(CAST(:keys AS integer[]), CAST(:ids AS bigint[]))"
        " ON CONFLICT DO NOTHING"
    )
    arrays = {
        name: _array(values.tolist()) for name, values in zip(("keys", "ids"), columns, strict=True)
    }
    connection.execute(statement, arrays)
