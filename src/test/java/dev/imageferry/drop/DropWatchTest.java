package dev.imageferry.drop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DropWatchTest {
    private final Semaphore changes = new Semaphore(0);

    @TempDir
    Path root;

    @Test
    void reports_files_in_the_folder_in_existing_and_in_new_folders() throws Exception {
        DropFolder folder = TestFolder.open(root);
        Files.createDirectories(root.resolve("old/older"));
        try (DropWatch watch = DropWatch.start(folder, changes::release)) {
            assertThat(watch).isNotNull();

            TestFolder.write(root.resolve("x.img.gz"), "content");
            awaitChange();
            TestFolder.write(root.resolve("old/older/x.img.gz"), "content");
            awaitChange();
            TestFolder.write(root.resolve("new/newer/x.img.gz"), "content");
            awaitChange();
            quiet();
            Files.delete(root.resolve("new/newer/x.img.gz"));
            awaitChange();
        }
    }

    @Test
    void watches_a_folder_that_is_removed_and_created_again() throws Exception {
        DropFolder folder = TestFolder.open(root);
        Files.createDirectories(root.resolve("a"));
        try (DropWatch watch = DropWatch.start(folder, changes::release)) {
            assertThat(watch).isNotNull();
            Files.delete(root.resolve("a"));
            awaitChange();
            Files.createDirectories(root.resolve("a"));
            awaitChange();
            quiet();

            TestFolder.write(root.resolve("a/x.img.gz"), "content");
            awaitChange();
        }
    }

    @Test
    void renew_watches_a_folder_that_was_unmounted() throws Exception {
        DropFolder folder = TestFolder.open(root.resolve("drop"));
        try (DropWatch watch = DropWatch.start(folder, changes::release)) {
            TestFolder.bash(root, "rm -r drop; mkdir drop");
            watch.renew();
            watch.renew();
            quiet();

            TestFolder.write(root.resolve("drop/x.img.gz"), "content");
            awaitChange();
        }
    }

    @Test
    void ignores_done_failed_and_dot_names() throws Exception {
        DropFolder folder = TestFolder.open(root);
        Files.createDirectories(root.resolve("done"));
        Files.createDirectories(root.resolve(".hidden"));
        try (DropWatch watch = DropWatch.start(folder, changes::release)) {
            assertThat(watch).isNotNull();
            TestFolder.write(root.resolve("done/x.img.gz"), "content");
            TestFolder.write(root.resolve(".hidden/x.img.gz"), "content");
            TestFolder.write(root.resolve(".x.img.gz.part"), "content");
            TestFolder.write(root.resolve("failed/x.img.gz"), "content");

            // a wrong call would come within milliseconds
            assertThat(changes.tryAcquire(1, TimeUnit.SECONDS)).isFalse();
            TestFolder.write(root.resolve("x.img.gz"), "content");
            awaitChange();
        }
    }

    @Test
    void a_folder_that_cannot_be_watched_causes_no_error() throws IOException {
        DropFolder folder = TestFolder.open(root.resolve("drop"));
        Files.delete(root.resolve("drop/.imageferry-folder"));
        Files.delete(root.resolve("drop"));

        assertThatCode(() -> {
                    DropWatch watch = DropWatch.start(folder, changes::release);
                    watch.close();
                    watch.close();
                })
                .doesNotThrowAnyException();
    }

    private void awaitChange() throws InterruptedException {
        assertThat(changes.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
    }

    /** Consumes pending notifications, so that the next one is about the next change. */
    private void quiet() throws InterruptedException {
        while (changes.tryAcquire(300, TimeUnit.MILLISECONDS)) {
            changes.drainPermits();
        }
    }
}
