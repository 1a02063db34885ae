-- As in V9, in PL/pgSQL, which keeps the plans of a session. Functions in SQL were parsed and planned in each statement, which took 2 ms
-- for each job.

-- what the image of one job is charged for; NULL if it has none at Linode
CREATE OR REPLACE FUNCTION image_bytes(one job) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF one.state = 'AVAILABLE' AND one.retired_at IS NULL AND one.image_id IS NOT NULL THEN
        RETURN one.uncompressed_bytes
            * (SELECT count(DISTINCT region) FROM unnest(array_append(one.replicate_to, one.region)) AS copy (region));
    END IF;
    RETURN NULL;
END
$$;

-- What one job adds to the other jobs with the same image. Finds them by the image only: with old statistics, an index by state can look
-- better, but would read all jobs that are AVAILABLE.
CREATE OR REPLACE FUNCTION added_image_bytes(one job) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    own CONSTANT bigint := image_bytes(one);
BEGIN
    IF own IS NULL THEN
        RETURN 0;
    END IF;
    RETURN GREATEST(own - COALESCE((SELECT max(image_bytes(job)) FROM job
        WHERE job.image_id = one.image_id AND job.id <> one.id), 0), 0);
END
$$;

CREATE OR REPLACE FUNCTION count_image_bytes() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'DELETE' OR image_bytes(OLD) IS DISTINCT FROM image_bytes(NEW) THEN
        -- jobs that share an image wait for each other
        PERFORM 1 FROM total WHERE name = 'image_bytes' FOR UPDATE;
        UPDATE total SET value = value - added_image_bytes(OLD)
            + CASE TG_OP WHEN 'UPDATE' THEN added_image_bytes(NEW) ELSE 0 END
        WHERE name = 'image_bytes';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$$;

-- Tables with a few rows, which autovacuum never analyzes. Without statistics, PostgreSQL expects a thousand, and plans the statement that
-- writes a result again each time.
ANALYZE control, total;
