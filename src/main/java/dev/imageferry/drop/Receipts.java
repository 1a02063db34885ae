package dev.imageferry.drop;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.imageferry.file.Durable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Objects;
import java.util.UUID;

/** Reads and writes receipts. The job that creates a receipt owns the name of the image that belongs to it. */
final class Receipts {
    enum Owner {
        NOBODY,
        THIS_JOB,
        ANOTHER
    }

    private static final JsonFactory JSON = new JsonFactory();

    private Receipts() {}

    static boolean isOf(UUID jobId, String text) {
        try (JsonParser parser = JSON.createParser(text)) {
            return isOf(jobId, parser);
        } catch (IOException e) {
            return false; // not JSON
        }
    }

    static Owner owner(Path receipt, UUID jobId) throws IOException {
        if (!CarefulMove.exists(receipt)) {
            return Owner.NOBODY;
        }
        if (!CarefulMove.isRegular(receipt)) {
            return Owner.ANOTHER;
        }
        try (InputStream bytes = Files.newInputStream(receipt, LinkOption.NOFOLLOW_LINKS);
                JsonParser parser = JSON.createParser(bytes)) {
            return isOf(jobId, parser) ? Owner.THIS_JOB : Owner.ANOTHER;
        } catch (JsonProcessingException e) {
            return Owner.ANOTHER;
        }
    }

    /** Creates the receipt atomically; false if there already is one, of any job. */
    static boolean create(Path receipt, UUID jobId, String text) throws IOException {
        Path draft = draft(receipt, jobId);
        Durable.write(draft, text);
        try {
            return CarefulMove.moveIfFree(draft, receipt) == CarefulMove.Outcome.MOVED;
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /** Atomically replaces the receipt of this job by its final content. */
    static void finish(Path receipt, UUID jobId, String text) throws IOException {
        // left by a run that was interrupted right after it had created the receipt
        Files.deleteIfExists(draft(receipt, jobId));
        if (Arrays.equals(Files.readAllBytes(receipt), text.getBytes(StandardCharsets.UTF_8))) {
            return;
        }
        Path draft = draft(receipt, jobId);
        Durable.write(draft, text);
        Files.move(draft, receipt, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Path draft(Path receipt, UUID jobId) {
        return receipt.resolveSibling(Names.HELD_PREFIX + jobId + Names.RECEIPT_SUFFIX);
    }

    private static boolean isOf(UUID jobId, JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            return false;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            boolean isId = Objects.equals(parser.currentName(), "id");
            parser.nextToken();
            if (isId) {
                return parser.currentToken() == JsonToken.VALUE_STRING
                        && parser.getText().equals(jobId.toString());
            }
            parser.skipChildren();
        }
        return false;
    }
}
