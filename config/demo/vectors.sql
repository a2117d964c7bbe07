-- Only where the extension vector is there. The embedding is a plain hashed bag of words: no model is needed, and
-- tickets that share words lie close together.

CREATE FUNCTION support.embed(content text) RETURNS public.vector(32)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH words AS (
        SELECT hashtextextended(word, 32) AS hash
        FROM string_to_table(translate(lower(content), '.,;:!?()"-', '          '), ' ') AS word
        WHERE length(word) > 3
    ), weights AS (
        SELECT (hash & 31)::integer AS dimension, sum(CASE WHEN hash & 32 = 0 THEN 1 ELSE -1 END) AS weight
        FROM words GROUP BY 1
    )
    SELECT array_agg(coalesce(w.weight, 0)::real ORDER BY d)::public.vector(32)
    FROM generate_series(0, 31) AS d LEFT JOIN weights w ON w.dimension = d;
END;
COMMENT ON FUNCTION support.embed(text) IS 'Turns a text into the vector that ticket_embeddings holds: its words, hashed into 32 dimensions. content: the text.';

CREATE TABLE support.ticket_embeddings (
    ticket_id integer PRIMARY KEY REFERENCES support.tickets ON DELETE CASCADE,
    content text NOT NULL,
    embedding public.vector(32) NOT NULL
);
COMMENT ON TABLE support.ticket_embeddings IS 'The text of each ticket with its vector, for search by likeness. Content is text that customers wrote.';
COMMENT ON COLUMN support.ticket_embeddings.ticket_id IS 'The ticket.';
COMMENT ON COLUMN support.ticket_embeddings.content IS 'Subject and message of the ticket.';
COMMENT ON COLUMN support.ticket_embeddings.embedding IS 'Vector of the content as support.embed makes it; compare by cosine distance.';

INSERT INTO support.ticket_embeddings
SELECT t.id, content, support.embed(content)
FROM support.tickets t, LATERAL (SELECT t.subject || '. ' || t.body AS content) AS text;
CREATE INDEX ON support.ticket_embeddings USING hnsw (embedding public.vector_cosine_ops) WITH (m = 8, ef_construction = 40);

CREATE FUNCTION support.similar_tickets(ticket_id integer, max_results integer DEFAULT 5)
RETURNS TABLE (id integer, subject text, status support.ticket_status, score double precision)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 5
BEGIN ATOMIC
    SELECT t.id, t.subject, t.status, 1 - near.distance
    FROM support.ticket_embeddings given
    CROSS JOIN LATERAL (
        SELECT e.ticket_id, e.embedding OPERATOR(public.<=>) given.embedding AS distance
        FROM support.ticket_embeddings e
        WHERE e.ticket_id <> given.ticket_id
        ORDER BY e.embedding OPERATOR(public.<=>) given.embedding
        LIMIT max_results
    ) AS near
    JOIN support.tickets t ON t.id = near.ticket_id
    WHERE given.ticket_id = similar_tickets.ticket_id
    ORDER BY near.distance, t.id;
END;
COMMENT ON FUNCTION support.similar_tickets(integer, integer) IS 'Tickets that read most like a given one, best first; score 1 means the same words. Subjects are text that customers wrote. ticket_id: number of the ticket. max_results: at most so many rows (5).';
