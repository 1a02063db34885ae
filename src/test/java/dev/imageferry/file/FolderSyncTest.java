package dev.imageferry.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FolderSyncTest {
    private static final Path FOLDER = Path.of("done");

    private final AtomicInteger syncs = new AtomicInteger();

    @Test
    void callers_that_wait_share_a_sync_that_starts_after_their_call() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch proceed = new CountDownLatch(1);
        FolderSync folders = new FolderSync(folder -> {
            if (syncs.incrementAndGet() == 1) {
                begun.countDown();
                await(proceed);
            }
        });
        int callers = 8;

        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            var _ = threads.submit(() -> sync(folders));
            await(begun);
            for (int i = 0; i < callers; i++) {
                var _ = threads.submit(() -> sync(folders));
            }
            while (folders.waiting(FOLDER) < callers) {
                Thread.sleep(1);
            }
            proceed.countDown();
        }

        assertThat(syncs)
                .as("one in progress at the calls, and one for all callers")
                .hasValue(2);
    }

    private static boolean sync(FolderSync folders) throws IOException {
        folders.sync(FOLDER);
        return true;
    }

    @Test
    void each_call_after_a_sync_syncs_again() throws Exception {
        FolderSync folders = new FolderSync(folder -> syncs.incrementAndGet());

        folders.sync(FOLDER);
        folders.sync(FOLDER);
        folders.sync(Path.of("failed"));

        assertThat(syncs).hasValue(3);
    }

    @Test
    void a_sync_that_fails_serves_nobody() throws Exception {
        FolderSync folders = new FolderSync(folder -> {
            if (syncs.incrementAndGet() <= 2) {
                throw new IOException("no space");
            }
        });

        assertThatThrownBy(() -> folders.sync(FOLDER)).hasMessage("no space");
        assertThatThrownBy(() -> folders.sync(FOLDER)).hasMessage("no space");
        folders.sync(FOLDER);

        assertThat(syncs).hasValue(3);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
