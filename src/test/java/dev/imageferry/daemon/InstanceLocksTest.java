package dev.imageferry.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.drop.DropFolder;
import dev.imageferry.drop.Opening;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@SuppressWarnings("NullAway.Init") // JUnit sets the fields
class InstanceLocksTest {
    @TempDir
    Path root;

    private DropFolder folder;

    @BeforeEach
    void open() {
        folder = ((Opening.Opened) DropFolder.open(root, null)).folder();
    }

    /** Creates the lock file of a killed process. */
    private Path leftOver(String host, String instance) throws IOException {
        return Files.writeString(
                root.resolve(".imageferry-instance-" + host + instance), host + "\n" + instance + "\n");
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(root)) {
            return files.filter(file -> file.getFileName().toString().startsWith(".imageferry-instance-"))
                    .toList();
        }
    }

    @Test
    void reports_a_killed_instance_of_this_host_under_any_name() throws IOException {
        leftOver("here", "random-1");
        leftOver("here", "the-one");

        try (InstanceLocks locks = new InstanceLocks(folder, "here", "the-one")) {
            assertThat(locks.dead()).containsExactlyInAnyOrder("random-1", "the-one");
            assertThat(files()).as("its own").hasSize(1);
        }
        assertThat(files()).isEmpty();
    }

    @Test
    void does_not_report_an_instance_of_another_host() throws IOException {
        Path other = leftOver("elsewhere", "random-1");

        try (InstanceLocks locks = new InstanceLocks(folder, "here", "the-one")) {
            assertThat(locks.dead()).containsExactly("the-one");
        }
        assertThat(other).exists();
    }

    @Test
    void does_not_report_a_live_instance_with_the_same_name() throws IOException {
        try (InstanceLocks alive = new InstanceLocks(folder, "here", "the-one")) {
            assertThat(alive.dead()).containsExactly("the-one");

            try (InstanceLocks second = new InstanceLocks(folder, "here", "the-one")) {
                assertThat(second.dead()).isEmpty();
            }
            assertThat(files()).hasSize(1);
        }
    }

    @Test
    void ignores_a_file_that_is_not_a_lock_file() throws IOException {
        Path strange = Files.write(root.resolve(".imageferry-instance-strange"), new byte[10_000]);

        try (InstanceLocks locks = new InstanceLocks(folder, "here", "the-one")) {
            assertThat(locks.dead()).containsExactly("the-one");
        }
        assertThat(strange).exists();
    }
}
