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
 * Checks the guarantees of Imageferry from outside the daemon, with the records of the simulator and the files. It compares images
 * and hashes but not PUTs, because a file can be sent twice. It also checks the history against the life cycle.
 */
record Oracle(SimulatedLinode linode, Path dropFolder) {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Map<String, Set<String>> TRANSITIONS = Map.of(
            "null", Set.of("QUEUED"),
            "QUEUED", Set.of("CHECKING"),
            "CHECKING", Set.of("CHECKING", "READY"),
            "READY", Set.of("UPLOADING"),
            "UPLOADING", Set.of("UPLOADING", "PROCESSING"),
            "PROCESSING", Set.of("PROCESSING", "AVAILABLE"),
            "AVAILABLE", Set.of("AVAILABLE"));

    /** The error codes that use up an attempt. */
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
     * Checks after a trial that each file dropped so far has exactly one image and that nothing else exists.
     *
     * @param hashes SHA-256 of each dropped file by name
     * @param job the job of the last file
     * @param history the history of that job
     */
    void check(Map<String, String> hashes, JsonNode job, JsonNode history, Trial trial) throws IOException {
        checkImages(hashes);
        checkFiles(hashes);
        checkReceipt(job);
        checkHistory(history, trial.mostAttemptsUsed());
    }

    /** Each file has exactly one image with its content, and no other image exists. */
    void checkImages(Map<String, String> hashes) {
        Map<String, String> wanted = new HashMap<>();
        hashes.forEach((file, hash) -> wanted.put(file.replace(".img.gz", ""), hash));
        List<SimulatedImage> images = linode.images();
        assertThat(images)
                .as("existing images, of all created: %s", linode.everCreated())
                .hasSize(wanted.size())
                .allSatisfy(
                        image -> assertThat(image.isAvailable()).as("%s", image).isTrue());
        Map<String, String> there = new HashMap<>();
        images.forEach(image -> there.put(image.label(), image.sha256OrNull()));
        assertThat(there).as("content of the images").isEqualTo(wanted);
    }

    /** Each file is unchanged in {@code done/} with its receipt, and no other file exists. */
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
        assertThat(others).as("unexpected files in the drop folder").isEmpty();
        assertThat(there).as("content of done/").isEqualTo(hashes);
    }

    /** The receipt contains the id of the existing image. */
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
     * The states follow the life cycle to one outcome. Only failures use up attempts, not kills or outages.
     *
     * @param mostUsed the maximum number of attempts used up
     */
    static void checkHistory(JsonNode history, int mostUsed) {
        String state = "null";
        int attempt = 0;
        int used = 0;
        int outcomes = 0;
        String at = "";
        for (JsonNode line : history) {
            String to = line.get("to").asText();
            String detail = line.get("detail").asText();
            assertThat(line.get("from").asText("null")).as("%s", history).isEqualTo(state);
            assertThat(TRANSITIONS.getOrDefault(state, Set.of()))
                    .as("from %s in %s", state, history)
                    .contains(to);
            assertThat(line.get("at").asText()).as("%s", history).isGreaterThanOrEqualTo(at);
            boolean counted = COUNTED.contains(detail.split(":", 2)[0]);
            if (to.equals(state)) {
                attempt += counted ? 1 : 0;
                used += counted ? 1 : 0;
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
        assertThat(used).as("attempts used up in %s", history).isLessThanOrEqualTo(mostUsed);
    }
}
