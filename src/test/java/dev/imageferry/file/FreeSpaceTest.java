package dev.imageferry.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FreeSpaceTest {
    @TempDir
    Path folder;

    @Test
    void agrees_with_the_file_system() throws Exception {
        long bytes = FreeSpace.in(folder);

        // others write to the disk at the same time
        assertThat(bytes)
                .isBetween(
                        Files.getFileStore(folder).getUsableSpace() / 2,
                        Files.getFileStore(folder).getUsableSpace() * 2);
    }

    @Test
    void a_missing_folder_is_an_error_and_not_a_full_disk() {
        assertThatThrownBy(() -> FreeSpace.in(folder.resolve("none"))).isInstanceOf(NoSuchFileException.class);
    }
}
