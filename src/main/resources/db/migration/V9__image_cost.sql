-- The cost of the images: the bytes of all images that are at Linode, in all their regions, each image once.

-- what the image of one job is charged for; NULL if it has none at Linode
CREATE FUNCTION image_bytes(one job) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN one.state = 'AVAILABLE' AND one.retired_at IS NULL AND one.image_id IS NOT NULL THEN
        one.uncompressed_bytes
            * (SELECT count(DISTINCT region) FROM unnest(array_append(one.replicate_to, one.region)) AS copy (region))
    END
$$;

-- what one job adds to the other jobs with the same image
CREATE FUNCTION added_image_bytes(one job) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT GREATEST(image_bytes(one) - COALESCE(max(image_bytes(job)), 0), 0) FROM job
    WHERE job.state = 'AVAILABLE' AND job.image_id = one.image_id AND job.id <> one.id
$$;

INSERT INTO total (name, value)
SELECT 'image_bytes', COALESCE(sum(bytes), 0)
FROM (SELECT max(image_bytes(job)) AS bytes FROM job WHERE state = 'AVAILABLE' AND image_id IS NOT NULL GROUP BY image_id) AS image;

-- A trigger, so that every statement that ends, retires or removes a job is counted. It runs before each row, so that each row of a
-- statement sees what happened to those before it. Rows are inserted without an image, or by a restore, which has the total.
CREATE FUNCTION count_image_bytes() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'DELETE' OR image_bytes(OLD) IS DISTINCT FROM image_bytes(NEW) THEN
        -- jobs that share an image wait for each other
        PERFORM 1 FROM total WHERE name = 'image_bytes' FOR UPDATE;
        UPDATE total SET value = value - COALESCE(added_image_bytes(OLD), 0) WHERE name = 'image_bytes';
        IF TG_OP = 'UPDATE' THEN
            UPDATE total SET value = value + COALESCE(added_image_bytes(NEW), 0) WHERE name = 'image_bytes';
        END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER job_image_bytes BEFORE UPDATE OF state, retired_at ON job
    FOR EACH ROW WHEN (OLD.state = 'AVAILABLE' OR NEW.state = 'AVAILABLE') EXECUTE FUNCTION count_image_bytes();
CREATE TRIGGER job_image_bytes_removed BEFORE DELETE ON job
    FOR EACH ROW WHEN (OLD.state = 'AVAILABLE') EXECUTE FUNCTION count_image_bytes();
