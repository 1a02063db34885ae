package dev.imageferry.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One run of {@code put}: sends sidecars and images one after the other, then waits for the jobs. */
final class PutRun {
    private static final String SIDECAR_ENDING = ".yaml";

    private final EndedJobs report;
    private final Sidecar metadata;
    private final boolean wait;
    private final TransferProgress progress;
    private final Follower follower;
    private final Sender sender;
    private final List<Accepted> accepted = new ArrayList<>();

    /** A job of a file that was sent. */
    private record Accepted(JsonNode job, LocalFile file) {}

    /**
     * Asks the daemon for its clock. This also finds a wrong token before gigabytes are sent.
     *
     * @param metadata of every image; may be empty
     * @param wait whether to wait until the jobs have ended
     */
    PutRun(
            DaemonClient client,
            CommandContext context,
            WaitOptions options,
            EndedJobs report,
            Sidecar metadata,
            boolean wait)
            throws CommandFailure {
        this.report = report;
        this.metadata = metadata;
        this.wait = wait;
        Deadline deadline = Deadline.of(context.ticker(), options.timeout);
        ProgressLine line = context.terminal().progressLine();
        Reconnection reconnection = new Reconnection(client, context, options.reconnectTimeout, deadline, line);
        this.progress = new TransferProgress(line, context.ticker());
        this.follower = new Follower(client, context, reconnection, deadline, line);
        Answer.Success first = client.require(client.get("summary", Map.of(), deadline));
        this.sender = new Sender(client, context, reconnection, deadline, progress, first.dateOrNull());
    }

    void run(List<Path> sidecars, List<Path> images) throws CommandFailure, InterruptedException {
        for (Path sidecar : sidecars) {
            sendSidecar(sidecar);
        }
        for (Path image : images) {
            sendImage(image);
        }
        for (Accepted each : accepted) {
            await(each);
        }
    }

    private void sendSidecar(Path path) throws CommandFailure, InterruptedException {
        String name = LocalFile.nameOf(path);
        try {
            noteFailure(name, sender.sidecar(name, FileBody.of(read(path), sent -> {})));
        } catch (LocalFileException e) {
            report.failed(name, "unreadable", e.message());
        }
    }

    private void sendImage(Path path) throws CommandFailure, InterruptedException {
        String name = LocalFile.nameOf(path);
        boolean ownSidecar = false;
        try {
            LocalFile file = read(path);
            if (!metadata.isEmpty()) {
                if (sender.isNameInUse(name)) {
                    report.failed(
                            name, "name-taken", name + " already exists and is not overwritten: choose another name");
                    return;
                }
                String sidecar = name + SIDECAR_ENDING;
                Sent stored = sender.sidecar(sidecar, FileBody.of(sidecar, metadata.toYaml()));
                if (noteFailure(sidecar, stored)) {
                    report.failed(name, "no-sidecar", "its metadata was not sent");
                    return;
                }
                ownSidecar = true;
            }
            Sent sent = sender.image(file);
            if (sent instanceof Sent.Accepted job) {
                ownSidecar = false;
                accept(job.job(), file);
            } else {
                noteFailure(name, sent);
            }
        } catch (LocalFileException e) {
            progress.clear();
            report.failed(name, "unreadable", e.message());
        } finally {
            if (ownSidecar) {
                report.note("%s stays in the drop folder: remove it there before you send the image again"
                        .formatted(FileReport.shown(name + SIDECAR_ENDING)));
            }
        }
    }

    private LocalFile read(Path path) throws LocalFileException {
        long bytes;
        try {
            bytes = Files.size(path);
        } catch (IOException e) {
            bytes = 0; // reading it will say why
        }
        LocalFile file = LocalFile.read(path, progress.of("reading", LocalFile.nameOf(path), bytes));
        progress.clear();
        return file;
    }

    private void accept(JsonNode job, LocalFile file) {
        if (wait) {
            accepted.add(new Accepted(job, file));
        } else {
            report.accepted(job);
        }
    }

    private boolean noteFailure(String name, Sent sent) {
        if (sent instanceof Sent.Failed failed) {
            report.failed(name, failed.code(), failed.reason());
            return true;
        }
        return false;
    }

    private void await(Accepted each) throws CommandFailure, InterruptedException {
        JsonNode ended = follower.follow(JobLine.id(each.job()), each.file().name());
        if (Sender.isOf(ended, each.file())) {
            report.ended(ended);
        } else {
            report.failed(
                    each.file().name(),
                    "name-taken",
                    "another file of this name and size was sent at the same time: choose another name");
        }
    }
}
