package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.simulator.SimulatedImage;
import dev.imageferry.simulator.SimulatedLinode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Says whether the promise was kept, from outside the daemon: by the simulator's record and by the files. It counts
 * images and compares hashes, not PUTs: the same bytes may be sent twice. Of the daemon's own words it takes only the
 * history, and reads it against the life cycle.
 */
record Oracle(SimulatedLinode linode, Path dropFolder) {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Map<String, Set<String>> WAYS = Map.of(
            "null", Set.of("QUEUED"),
            "QUEUED", Set.of("CHECKING"),
            "CHECKING", Set.of("CHECKING", "READY"),
            "READY", Set.of("UPLOADING"),
            "UPLOADING", Set.of("UPLOADING", "PROCESSING"),
            "PROCESSING", Set.of("PROCESSING", "AVAILABLE"),
            "AVAILABLE", Set.of("AVAILABLE"));

    /** The codes that PRODUCT's table of errors lists as counted. */
    private static final Set<String> COUNTED = Set.of(
            "upload-interrupted",
            "upload-stalled",
            "upload-refused",
            "upload-corrupted",
            "linode-error",
            "replication-failed",
            "unreadable",
            "upload-url-expired");

    /**
     * After a trial: everything that was dropped so far has its one image, and nothing else is there.
     *
     * @param hashes SHA-256 of every file that was dropped, by its name
     * @param job of the last file
     * @param history of that job
     */
    void check(Map<String, String> hashes, JsonNode job, JsonNode history, Trial trial) throws IOException {
        checkImages(hashes);
        checkFiles(hashes);
        checkReceipt(job);
        checkHistory(history, trial.mostAttemptsCharged());
    }

    /** Exactly one image for each file with its bytes, and no other. */
    void checkImages(Map<String, String> hashes) {
        Map<String, String> wanted = new HashMap<>();
        hashes.forEach((file, hash) -> wanted.put(file.replace(".img.gz", ""), hash));
        List<SimulatedImage> images = linode.images();
        assertThat(images)
                .as("images at Linode, of all that ever were: %s", linode.everCreated())
                .hasSize(wanted.size())
                .allSatisfy(
                        image -> assertThat(image.isAvailable()).as("%s", image).isTrue());
        Map<String, String> there = new HashMap<>();
        images.forEach(image -> there.put(image.label(), image.sha256OrNull()));
        assertThat(there).as("content of the images").isEqualTo(wanted);
    }

    /** Each file and its receipt in {@code done/}, unaltered, and nothing else anywhere. */
    void checkFiles(Map<String, String> hashes) throws IOException {
        Map<String, String> there = new HashMap<>();
        List<String> others = new ArrayList<>();
        try (Stream<Path> all = Files.walk(dropFolder)) {
            for (Path path : all.filter(Files::isRegularFile).toList()) {
                String name = dropFolder.relativize(path).toString();
                if (name.startsWith("done/") && hashes.containsKey(name.substring("done/".length()))) {
                    there.put(name.substring("done/".length()), DiskImages.sha256(path));
                } else if (!name.equals(".imageferry-folder")
                        && !name.startsWith(FolderTree.INSTANCE_LOCK)
                        && !(name.startsWith("done/")
                                && name.endsWith(".receipt.json")
                                && hashes.containsKey(
                                        name.substring("done/".length()).replace(".receipt.json", "")))) {
                    others.add(name);
                }
            }
        }
        assertThat(others).as("files that should not be in the drop folder").isEmpty();
        assertThat(there).as("content of done/").isEqualTo(hashes);
    }

    /** The receipt tells of the one image that is there. */
    void checkReceipt(JsonNode job) throws IOException {
        String file = job.get("file").asText();
        JsonNode receipt = JSON.readTree(
                dropFolder.resolve("done").resolve(file + ".receipt.json").toFile());
        assertThat(receipt.get("id").asText()).isEqualTo(job.get("id").asText());
        assertThat(receipt.get("state").asText()).as("%s", receipt).isEqualTo("AVAILABLE");
        assertThat(linode.images().stream().map(SimulatedImage::id))
                .as("receipt %s", receipt)
                .contains(receipt.get("image").get("id").asText());
    }

    /**
     * States follow the life cycle to one outcome, and only failures are charged: neither a kill nor an outage.
     *
     * @param mostCharged how many attempts may have been charged in all
     */
    static void checkHistory(JsonNode history, int mostCharged) {
        String state = "null";
        int attempt = 0;
        int charged = 0;
        int outcomes = 0;
        String at = "";
        for (JsonNode line : history) {
            String to = line.get("to").asText();
            String detail = line.get("detail").asText();
            assertThat(line.get("from").asText("null")).as("%s", history).isEqualTo(state);
            assertThat(WAYS.getOrDefault(state, Set.of()))
                    .as("from %s in %s", state, history)
                    .contains(to);
            assertThat(line.get("at").asText()).as("%s", history).isGreaterThanOrEqualTo(at);
            boolean counted = COUNTED.contains(detail.split(":", 2)[0]);
            if (to.equals(state)) {
                attempt += counted ? 1 : 0;
                charged += counted ? 1 : 0;
            } else if (to.equals("AVAILABLE")) {
                outcomes++;
            } else {
                attempt = to.equals("QUEUED") || to.equals("READY") ? 0 : 1;
            }
            assertThat(line.get("attempt").asInt())
                    .as("attempt at %s in %s", line, history)
                    .isEqualTo(attempt);
            state = to;
            at = line.get("at").asText();
        }
        assertThat(outcomes).as("outcomes in %s", history).isEqualTo(1);
        assertThat(state).isEqualTo("AVAILABLE");
        assertThat(charged).as("attempts charged in %s", history).isLessThanOrEqualTo(mostCharged);
    }
}
