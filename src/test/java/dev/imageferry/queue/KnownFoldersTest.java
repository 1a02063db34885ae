package dev.imageferry.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(QueueProfile.class)
@SuppressWarnings("NullAway.Init") // Quarkus sets the field
class KnownFoldersTest extends OnPostgres {
    private static final Path DIRECTORY = Path.of("/srv/drop");

    @Inject
    KnownFolders folders;

    @Test
    void remembers_the_last_folder_of_each_path() {
        UUID moved = UUID.randomUUID();
        folders.remember(DIRECTORY, FOLDER);
        folders.remember(DIRECTORY, moved);

        assertThat(folders.find(DIRECTORY)).contains(moved);
        assertThat(folders.find(Path.of("/srv/other/../drop"))).contains(moved);
        assertThat(folders.find(Path.of("/srv/other"))).isEmpty();
    }

    @Test
    void ignores_folders_of_other_hosts() throws Exception {
        folders.remember(DIRECTORY, FOLDER);
        table.execute("UPDATE known_folder SET host = host || '-2'");

        assertThat(folders.find(DIRECTORY)).isEmpty();
    }
}
