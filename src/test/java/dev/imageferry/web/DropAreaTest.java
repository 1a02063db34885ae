package dev.imageferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DropAreaTest {
    @Test
    void shows_the_commands_that_copy_a_file_into_the_folder() {
        DropArea area = DropArea.of("/srv/drop", "ferry.example.org");

        assertThat(area.copy()).isEqualTo("cp image.img.gz /srv/drop/");
        assertThat(area.scp()).isEqualTo("scp image.img.gz ferry.example.org:/srv/drop/");
    }

    @Test
    void quotes_a_path_for_the_shell() {
        assertThat(DropArea.of("/srv/it's here", "host").copy()).isEqualTo("cp image.img.gz '/srv/it'\\''s here/'");
    }
}
