"""The search index: FTS5 on SQLite, signatures of blocks on PostgreSQL; all articles wait in the
tail until they are indexed."""

from alembic import op

revision = "0003"
down_revision = "0002"

TAIL = """
CREATE TABLE search_tail (
    article_id {integer} PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,
    moment {integer} NOT NULL{signature})
"""
SQLITE = """
CREATE VIRTUAL TABLE search USING fts5(title, body, content='', columnsize=0, tokenize='ascii')
"""
POSTGRESQL = [
    """
CREATE TABLE search_parts (
    part integer PRIMARY KEY,
    newest bigint NOT NULL,
    articles bigint[] NOT NULL,
    moments bigint[] NOT NULL)
""",
    """
CREATE TABLE search_slices (
    bucket integer NOT NULL,
    block integer NOT NULL,
    slots bit varying NOT NULL,
    PRIMARY KEY (bucket, block))
""",
    # Not packed, since read by every search.
    """
ALTER TABLE search_parts ALTER articles SET STORAGE PLAIN, ALTER moments SET STORAGE PLAIN
""",
    """
ALTER TABLE search_tail ALTER signature SET STORAGE PLAIN,
    SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)
""",
    """
COMMENT ON TABLE search_tail IS 'articles that are searched one by one, since not yet in a block'
""",
    """
COMMENT ON TABLE search_parts IS
'256 articles of a block (part / 4), with the second in which each was published; 0 for a gap'
""",
    """
COMMENT ON TABLE search_slices IS 'which articles of a block have something in a bucket'
""",
    # Code points as they are compared: half width, small letters.
    """
CREATE FUNCTION search_codes(word text) RETURNS integer[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT coalesce(array_agg(CASE WHEN half BETWEEN 65 AND 90 THEN half + 32 ELSE half END ORDER BY n),
                '{}')
FROM unnest(string_to_array(word, NULL)) WITH ORDINALITY AS letter(c, n),
LATERAL (SELECT CASE WHEN ascii(c) BETWEEN 65281 AND 65374 THEN ascii(c) - 65248
                     WHEN ascii(c) = 12288 THEN 32 ELSE ascii(c) END) AS folded(half)
$$
""",
    # The same figures stand in ecnews/storage/search/postgresql.py.
    """
CREATE FUNCTION search_buckets(word text) RETURNS integer[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
WITH letters AS (
    SELECT a::bigint, lead(a) OVER (ORDER BY n)::bigint AS b
    FROM unnest(search_codes(word)) WITH ORDINALITY AS code(a, n)),
hashes AS (
    SELECT a * 1540483477 % 4294967296 AS single,
           (a * 40503 + b) % 4294967296 * 1540483477 % 4294967296 AS pair
    FROM letters)
SELECT array_agg(DISTINCT bucket::integer)
FROM hashes, LATERAL (VALUES (16384 + (single >> 20)), (pair >> 18), (pair >> 4 & 16383))
     AS every(bucket)
WHERE bucket IS NOT NULL
$$
""",
    # A word as a pattern: LIKE where width and case do not come into it, else a regular expression.
    """
CREATE FUNCTION search_like(word text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE WHEN word !~ '[ -~！-～　]' THEN '%' || word || '%' END
$$
""",
    r"""
CREATE FUNCTION search_regex(word text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE WHEN search_like(word) IS NULL THEN string_agg(
    CASE WHEN code = 32 THEN '[ 　]'
         WHEN code BETWEEN 97 AND 122 THEN
             '[' || chr(code) || chr(code - 32) || chr(code + 65248) || chr(code + 65216) || ']'
         WHEN code BETWEEN 48 AND 57 THEN '[' || chr(code) || chr(code + 65248) || ']'
         WHEN code BETWEEN 33 AND 126 THEN '[\' || chr(code) || chr(code + 65248) || ']'
         ELSE chr(code) END, '' ORDER BY n) END
FROM unnest(search_codes(word)) WITH ORDINALITY AS letter(code, n)
$$
""",
    """
CREATE FUNCTION search_matches(content text, likes text[], regexes text[],
                               not_likes text[], not_regexes text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT content LIKE ALL (likes) AND NOT content LIKE ANY (not_likes)
   AND content ~ ALL (regexes) AND NOT content ~ ANY (not_regexes)
$$
""",
    # Which bits are set, counted from 1.
    """
CREATE FUNCTION search_set_bits(slots bit varying) RETURNS SETOF integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 10 AS $$
DECLARE
    n integer := 0;
    next integer;
BEGIN
    LOOP
        next := position(B'1' IN substring(slots FROM n + 1));
        EXIT WHEN next = 0;
        n := n + next;
        RETURN NEXT n;
    END LOOP;
END
$$
""",
    """
CREATE FUNCTION search(
    words text[], without text[] DEFAULT '{}', most integer DEFAULT NULL,
    since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL, of_section text DEFAULT NULL)
RETURNS TABLE (article_id bigint, moment bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
#variable_conflict use_column
DECLARE
    likes text[] := ARRAY(SELECT p FROM unnest(words) w, search_like(w) p WHERE p IS NOT NULL);
    regexes text[] := ARRAY(SELECT p FROM unnest(words) w, search_regex(w) p WHERE p IS NOT NULL);
    not_likes text[] := ARRAY(
        SELECT p FROM unnest(without) w, search_like(w) p WHERE p IS NOT NULL);
    not_regexes text[] := ARRAY(
        SELECT p FROM unnest(without) w, search_regex(w) p WHERE p IS NOT NULL);
    wanted integer[] := ARRAY(
        SELECT DISTINCT b FROM unnest(words) w, unnest(search_buckets(w)) b);
    first bigint := coalesce(extract(epoch FROM since)::bigint, -9223372036854775807);
    after bigint := coalesce(extract(epoch FROM until)::bigint, 9223372036854775807);
    mask bit varying := repeat('0', 20480)::bit varying;
    bucket_of integer;
    parts integer[];
    blocks integer[];
    newest_of bigint[];
    chosen integer[];
    lowest bigint := first;
    place integer := 1;
    step integer := 2;
    ids bigint[] := '{}';
    moments bigint[] := '{}';
    hit record;
BEGIN
    IF cardinality(words) = 0 THEN
        RETURN QUERY
            SELECT a.id, coalesce(extract(epoch FROM a.published_at)::bigint, 0) AS m
            FROM articles a
            WHERE coalesce(extract(epoch FROM a.published_at)::bigint, 0) >= first
              AND coalesce(extract(epoch FROM a.published_at)::bigint, 0) < after
              AND (of_section IS NULL OR a.section = of_section)
              AND search_matches(a.title || chr(1) || a.body,
                                 likes, regexes, not_likes, not_regexes)
            ORDER BY m DESC, a.id DESC LIMIT most;
        RETURN;
    END IF;

    FOREACH bucket_of IN ARRAY wanted LOOP
        mask := set_bit(mask, bucket_of, 1);
    END LOOP;

    -- The tail. (OFFSET 0 keeps the planner from looking at articles before their signatures.)
    FOR hit IN
        SELECT c.id, c.m FROM (
            SELECT s.article_id AS id, s.moment AS m FROM search_tail s
            WHERE (s.signature IS NULL
                   OR get_bit(s.signature, wanted[1]) = 1 AND s.signature & mask = mask)
              AND s.moment >= first AND s.moment < after
            ORDER BY s.moment DESC, s.article_id DESC) c
        CROSS JOIN LATERAL (
            SELECT FROM articles a
            WHERE a.id = c.id AND (of_section IS NULL OR a.section = of_section)
              AND search_matches(a.title || chr(1) || a.body,
                                 likes, regexes, not_likes, not_regexes)
            OFFSET 0) checked
        ORDER BY c.m DESC, c.id DESC LIMIT most
    LOOP
        ids := ids || hit.id;
        moments := moments || hit.m;
    END LOOP;

    -- The parts, those with the newest articles first, eight times as many at each step: until
    -- enough is found that is newer than all that is left.
    SELECT array_agg(p.part ORDER BY p.newest DESC, p.part),
           array_agg(p.newest ORDER BY p.newest DESC, p.part)
    INTO parts, newest_of FROM search_parts p WHERE p.newest >= first;
    WHILE place <= coalesce(cardinality(parts), 0) LOOP
        IF cardinality(ids) >= most THEN
            lowest := greatest(first, (
                SELECT m FROM unnest(moments) m ORDER BY m DESC OFFSET most - 1 LIMIT 1));
            EXIT WHEN newest_of[place] < lowest;
        END IF;
        chosen := parts[place : place + step - 1];
        blocks := ARRAY(SELECT DISTINCT p / 4 FROM unnest(chosen) p);
        FOR hit IN
            SELECT c.id, c.m FROM (
                SELECT p.articles[n] AS id, p.moments[n] AS m
                FROM (SELECT s.block, bit_and(s.slots) AS slots
                      FROM search_slices s
                      WHERE s.bucket = ANY (wanted) AND s.block = ANY (blocks)
                      GROUP BY s.block HAVING count(*) = cardinality(wanted) OFFSET 0) found
                JOIN search_parts p ON p.part = ANY (chosen) AND p.part / 4 = found.block,
                LATERAL (SELECT substring(found.slots FROM p.part % 4 * 256 + 1 FOR 256)
                         OFFSET 0) AS of(slots),
                LATERAL search_set_bits(of.slots) AS n
                WHERE bit_count(of.slots) > 0
                  AND p.moments[n] >= lowest AND p.moments[n] < after
                ORDER BY m DESC, id DESC) c
            CROSS JOIN LATERAL (
                SELECT FROM articles a
                WHERE a.id = c.id AND (of_section IS NULL OR a.section = of_section)
                  AND search_matches(a.title || chr(1) || a.body,
                                     likes, regexes, not_likes, not_regexes)
                OFFSET 0) checked
            ORDER BY c.m DESC, c.id DESC LIMIT most
        LOOP
            ids := ids || hit.id;
            moments := moments || hit.m;
        END LOOP;
        place := place + step;
        step := step * 8;
    END LOOP;
    RETURN QUERY SELECT h.id, h.m FROM unnest(ids, moments) AS h(id, m)
                 ORDER BY h.m DESC, h.id DESC LIMIT most;
END
$$
""",
]


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    epoch = "unixepoch(published_at)" if sqlite else "extract(epoch FROM published_at)"
    moment = f"coalesce(CAST({epoch} AS bigint), 0)"
    op.execute(
        TAIL.format(
            integer="INTEGER" if sqlite else "bigint",
            signature="" if sqlite else ", signature bit varying",
        )
    )
    for statement in [SQLITE] if sqlite else POSTGRESQL:
        # As it is: none of the colons and per cent signs is a parameter.
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if not sqlite else statement)
    op.execute(f"INSERT INTO search_tail SELECT id, {moment} FROM articles")
