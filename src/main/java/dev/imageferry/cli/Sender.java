package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.imageferry.job.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Puts files into the drop folder, again and again if the connection breaks. The answer to a {@code PUT} can be lost after the
 * file has arrived, so the daemon is asked for the job before the file is sent again.
 */
final class Sender {
    private static final String NAME_TAKEN = "name-taken";

    /** How long a file whose name is taken can take to become the job that proves that it is ours. */
    private static final Duration ARRIVAL = Duration.ofSeconds(30);

    /** How long a stored file can take to become a job, because the database is unavailable or an earlier file has the name. */
    private static final Duration LATER = Duration.ofMinutes(2);

    /** For a connection that breaks in every attempt, although the daemon answers other calls. */
    private static final int MAX_ATTEMPTS = 10;

    private static final Duration ARRIVAL_POLL = Duration.ofSeconds(1);

    private final DaemonClient client;
    private final CommandContext context;
    private final Reconnection reconnection;
    private final Deadline deadline;
    private final TransferProgress progress;
    private final @Nullable Instant since;

    /**
     * Sends nothing yet.
     *
     * @param since the daemon's clock before the first file is sent; null if it is unknown
     */
    Sender(
            DaemonClient client,
            CommandContext context,
            Reconnection reconnection,
            Deadline deadline,
            TransferProgress progress,
            @Nullable Instant since) {
        this.client = client;
        this.context = context;
        this.reconnection = reconnection;
        this.deadline = deadline;
        this.progress = progress;
        this.since = since;
    }

    /** Sends an image. Returns when it is a job. */
    Sent image(LocalFile file) throws CommandFailure, LocalFileException, InterruptedException {
        String pending = FileReport.shown(file.name()) + " is not sent";
        boolean mayHaveArrived = false;
        for (int attempt = 1; ; attempt++) {
            deadline.check(pending);
            Optional<JsonNode> arrived = mayHaveArrived ? ownJob(file, pending) : Optional.empty();
            if (arrived.isPresent()) {
                return new Sent.Accepted(arrived.get());
            }
            Answer answer = client.put(
                    file.name(), FileBody.of(file, progress.of("sending", file.name(), file.bytes())), deadline);
            progress.clear();
            if (answer.isTemporary()) {
                mayHaveArrived |= answer.isUncertain();
                if (attempt >= MAX_ATTEMPTS) {
                    throw new CommandFailure(
                            ExitStatus.UNREACHABLE,
                            "Gave up after %d attempts to send %s: %s"
                                    .formatted(attempt, FileReport.shown(file.name()), client.describe(answer)));
                }
                reconnection.pauseAfter(answer, pending);
                continue;
            }
            reconnection.answered();
            return switch (answer) {
                case Answer.Success success ->
                    success.json().path("id").isTextual()
                            ? new Sent.Accepted(success.json())
                            : awaitJob(file, LATER, notYetJob(file), pending);
                case Answer.Refusal refusal ->
                    mayHaveArrived && refusal.name().equals(NAME_TAKEN)
                            ? awaitJob(file, ARRIVAL, failed(refusal), pending)
                            : failed(refusal);
                case Answer.Lost lost -> throw new IllegalStateException("a lost answer is temporary");
            };
        }
    }

    private static Sent.Failed notYetJob(LocalFile file) {
        return new Sent.Failed(
                "no-job",
                "the file is in the drop folder, but it is not a job yet. Follow it with: imageferry wait "
                        + FileReport.shown(file.name()));
    }

    /** Waits for the job of a file that is in the folder, which proves that the file there is ours. */
    private Sent awaitJob(LocalFile file, Duration limit, Sent.Failed otherwise, String pending)
            throws CommandFailure, InterruptedException {
        Ticker ticker = context.ticker();
        long start = ticker.nanos();
        while (true) {
            Optional<JsonNode> arrived = ownJob(file, pending);
            if (arrived.isPresent()) {
                return new Sent.Accepted(arrived.get());
            }
            if (since == null || ticker.nanos() - start >= limit.toNanos()) {
                return otherwise;
            }
            deadline.check(pending);
            context.pauses().pause(deadline.limit(ARRIVAL_POLL));
        }
    }

    /** The newest job of this file that was made since the command began. */
    private Optional<JsonNode> ownJob(LocalFile file, String pending) throws CommandFailure, InterruptedException {
        if (since == null) {
            return Optional.empty();
        }
        Map<String, String> parameters = new LinkedHashMap<>(JobTarget.newestOf(file.name()));
        parameters.put("since", since.toString());
        Answer answer = reconnection.askBetweenAttempts(() -> client.get("jobs", parameters, deadline), pending);
        return JobTarget.exactly(file.name(), client.require(answer).json()).filter(job -> isOf(job, file));
    }

    /** Whether the job is of this content, as far as the daemon knows: it computes the digest in its check. */
    static boolean isOf(JsonNode job, LocalFile file) {
        String sha256 = job.path("sha256").asText(file.sha256());
        return job.path("compressedBytes").asLong(file.bytes()) == file.bytes() && sha256.equals(file.sha256());
    }

    /** Whether the folder has an image of this name, which a sidecar that is sent now would change. */
    boolean isNameInUse(String name) throws CommandFailure, InterruptedException {
        String pending = FileReport.shown(name) + " is not sent";
        Answer listed = reconnection.ask(() -> client.get("drop", Map.of(), deadline), pending);
        boolean inFolder = StreamSupport.stream(client.require(listed).json().spliterator(), false)
                .anyMatch(file -> file.path("file").asText().equals(name));
        if (inFolder) {
            return true;
        }
        Answer answer = reconnection.ask(() -> client.get("jobs", JobTarget.newestOf(name), deadline), pending);
        return JobTarget.exactly(name, client.require(answer).json())
                .filter(job -> !job.path("archived").asBoolean())
                .isPresent();
    }

    /** Sends a sidecar. */
    Sent sidecar(String name, FileBody body) throws CommandFailure, LocalFileException, InterruptedException {
        String pending = FileReport.shown(name) + " is not sent";
        boolean mayHaveArrived = false;
        while (true) {
            deadline.check(pending);
            Answer answer = client.put(name, body, deadline);
            if (answer.isTemporary()) {
                mayHaveArrived |= answer.isUncertain();
                reconnection.pauseAfter(answer, pending);
                continue;
            }
            reconnection.answered();
            return switch (answer) {
                case Answer.Success success -> new Sent.Stored();
                case Answer.Refusal refusal ->
                    mayHaveArrived && refusal.name().equals(NAME_TAKEN) && isInFolder(name, body, pending)
                            ? new Sent.Stored()
                            : failed(refusal);
                case Answer.Lost lost -> throw new IllegalStateException("a lost answer is temporary");
            };
        }
    }

    /** Whether the folder has a sidecar of this name and length that waits for its image. */
    private boolean isInFolder(String name, FileBody body, String pending) throws CommandFailure, InterruptedException {
        Answer answer = reconnection.ask(() -> client.get("drop", Map.of(), deadline), pending);
        return StreamSupport.stream(client.require(answer).json().spliterator(), false)
                .anyMatch(file -> file.path("file").asText().equals(name)
                        && file.path("bytes").asLong() == body.contentLength());
    }

    private Sent.Failed failed(Answer.Refusal refusal) {
        String code = refusal.name().isEmpty() ? "status-" + refusal.status() : refusal.name();
        return new Sent.Failed(code, client.describe(refusal));
    }
}
