package dev.imageferry.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The shipped settings file and the reference list each setting with the default of the code. */
class DocumentedSettingsTest {
    private static final Pattern LINE = Pattern.compile("(?m)^#((?:imageferry|quarkus)\\.[a-z.-]+)=(.*)$");
    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| `((?:imageferry|quarkus)\\.[a-z.-]+)` \\| ([^|]*?) \\|");
    private static final Pattern CODE = Pattern.compile("`([^`]*)`");

    @Test
    void the_shipped_file_has_every_setting_with_its_default() throws IOException {
        Map<String, String> listed = new LinkedHashMap<>();
        LINE.matcher(Files.readString(Path.of("config/imageferry.properties")))
                .results()
                .forEach(line -> listed.put(line.group(1), line.group(2)));

        assertThat(listed).isEqualTo(defaults());
    }

    /** A default that depends on the machine is described in words. */
    @Test
    void the_reference_has_every_setting_with_its_default() throws IOException {
        Map<String, String> listed = new LinkedHashMap<>();
        ROW.matcher(Files.readString(Path.of("docs/settings.md"))).results().forEach(row -> {
            Matcher value = CODE.matcher(row.group(2));
            listed.put(row.group(1), value.matches() ? value.group(1) : "");
        });

        assertThat(listed).isEqualTo(defaults());
    }

    private static Map<String, String> defaults() {
        Map<String, String> defaults = new LinkedHashMap<>();
        KnownSettings.ALL.forEach(setting -> defaults.put(setting.key(), setting.defaultValue()));
        return defaults;
    }
}
