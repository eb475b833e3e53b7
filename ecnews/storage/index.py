"""The index of fingerprints in the database: which articles may be near to those of a batch.

The functions take a connection inside the writer's transaction, which admits no other writer.
"""

from __future__ import annotations

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
from ecnews.storage.statements import among, upsert, write_many
from ecnews.text import fingerprint, near
from ecnews.text.fingerprint import SLOTS, Signature

_SHARING = {
    "sqlite": "bands.key IN (SELECT value FROM json_each(:keys))",
    "postgresql": "bands.key = ANY(CAST(:keys AS integer[]))",
}
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
    set_ = connection.execute(select(dedupe.c.threshold)).scalar()
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
    """Pairs of ids, an article of the batch and one that may be its copy, the likeliest first;
    both of a pair in the batch: once."""
    keys = {key for kept in prints.values() for key in kept.signature.bands.tolist()}
    dialect = connection.dialect.name
    if dialect == "postgresql":
        # A plan made once, for any keys, would read all of the table.
        connection.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    sharing = select(bands.c.article_id).where(text(_SHARING[dialect]))
    columns = (fingerprints.c[name] for name in ("article_id", "slots", "shingles", "figures"))
    query = select(*columns).where(fingerprints.c.article_id.in_(sharing))
    found = connection.execute(query, {"keys": _array(dialect, keys)}).all()
    slots = np.frombuffer(b"".join(row.slots for row in found), np.uint16).reshape(-1, SLOTS)
    shingles = np.array([row.shingles for row in found])
    figures = {row.article_id: row.figures for row in found}
    for id_, kept in prints.items():
        rows, similarity = near.near(kept.signature, slots, shingles, threshold)
        others = [
            (other, alike)
            for row, alike in zip(rows.tolist(), similarity.tolist(), strict=True)
            if (other := found[row].article_id) not in prints or other < id_
        ]
        for other in likeliest(kept, others, figures):
            yield id_, other


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


def _array(dialect: str, numbers: Iterable[int]) -> str:
    """Thousands of numbers as the engine reads them: the driver of PostgreSQL takes longer over a
    list than over all the rest."""
    listed = ",".join(map(str, numbers))
    return f"{{{listed}}}" if dialect == "postgresql" else f"[{listed}]"


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
    """Some 42 rows an article: in their order, so that each page of the tree is met once, and in
    one statement where the engine takes arrays. Rows that an article has left behind, whose id is
    given again, do no harm."""
    found = np.array([kept.signature.bands for kept in prints.values()])
    of = np.repeat(np.array(list(prints)), found.shape[1])
    order = np.lexsort((of, found.reshape(-1)))
    pairs = [found.reshape(-1)[order].tolist(), of[order].tolist()]
    if connection.dialect.name == "postgresql":
        keys, ids = (_array("postgresql", numbers) for numbers in pairs)
        connection.execute(
            text(
                "INSERT INTO bands (key, article_id)"
                " SELECT * FROM unnest(CAST(:keys AS integer[]), CAST(:ids AS bigint[]))"
                " ON CONFLICT DO NOTHING"
            ),
            {"keys": keys, "ids": ids},
        )
    else:
        connection.exec_driver_sql(
            "INSERT OR IGNORE INTO bands (key, article_id) VALUES (?, ?)",
            list(zip(*pairs, strict=True)),
        )
