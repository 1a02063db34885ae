package dev.imageferry.drop;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
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

/** Receipts on disk. Whoever makes the receipt owns the name of the image that goes with it. */
final class Receipts {
    /** Whose a receipt is. */
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
            // no JSON: nobody's receipt
            return false;
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

    /** Makes the receipt in one piece; false when there is one already, whoever's. */
    static boolean create(Path receipt, UUID jobId, String text) throws IOException {
        Path draft = draft(receipt, jobId);
        Durable.write(draft, text);
        try {
            return CarefulMove.moveIfFree(draft, receipt) == CarefulMove.Outcome.MOVED;
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /** Gives our own receipt its last content, in one piece. */
    static void finish(Path receipt, UUID jobId, String text) throws IOException {
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
