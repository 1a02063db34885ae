package dev.imageferry.drop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.imageferry.job.DroppedFile;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.FileFingerprint;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MetadataReaderTest {
    private static final MetadataDefaults SETTINGS =
            new MetadataDefaults("us-ord", List.of("from-settings"), "{file}", false, List.of(), null, null);

    private static final ImageLabels LABELS =
            new ImageLabels("label of {name}", DefaultNames.NAMES, InstantSource.system(), ZoneOffset.UTC);

    @TempDir
    Path root;

    private DropFolder folder;

    @BeforeEach
    void open() {
        folder = TestFolder.open(root);
    }

    @Test
    void a_scan_reads_the_file_of_each_folder_once_and_the_sidecars_that_it_has_found() throws IOException {
        write("a/.imageferry.yaml", "tags: [of-the-folder]");
        write("a/x.img.gz.yaml", "label: of-the-sidecar");
        write("a/y.img.gz.yaml", "label: came-after-the-scan");
        FileFingerprint any = new FileFingerprint(1, 2, 3, 4);
        MetadataReader.OfScan scan = new MetadataReader(folder, SETTINGS, LABELS, (image, sidecar) -> false)
                .of(List.of(
                        new Candidate(new DroppedFile("a/x.img.gz", any), Map.of("x.img.gz.yaml", any)),
                        new Candidate(new DroppedFile("a/y.img.gz", any))));

        ImageMetadata one = metadata(scan.read("a/x.img.gz"));
        write("a/.imageferry.yaml", "tags: [changed]");
        ImageMetadata other = metadata(scan.read("a/y.img.gz"));

        assertThat(one.label()).isEqualTo("of-the-sidecar");
        assertThat(one.tags()).containsExactly("of-the-folder");
        assertThat(other.label()).isEqualTo("label of y");
        assertThat(other.tags()).containsExactly("of-the-folder");
    }

    @Test
    void the_settings_apply_without_any_file() {
        assertThat(read("a/x.img.gz"))
                .isEqualTo(new ImageMetadata(
                        "label of x", "a/x.img.gz", "us-ord", List.of("from-settings"), false, List.of(), 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"yaml", "json"})
    void a_sidecar_can_set_every_key(String ending) throws IOException {
        write("x.img.gz." + ending, ending.equals("yaml") ? """
                          # what the pipeline knows
                          label: Debian 12, it's new
                          description: |
                            built from {file}
                            with love 🚀
                          region: de-fra-2
                          tags: [nightly, "team: base"]
                          cloudInit: true
                          replicateTo:
                            - us-iad
                            - gb-lon
                          priority: -7
                          """ : """
                          \ufeff{"label": "Debian 12, it's new", "description": "built from {file}\\nwith love 🚀\\n",
                          "region": "de-fra-2", "tags": ["nightly", "team: base"], "cloudInit": true,
                          "replicateTo": ["us-iad", "gb-lon"], "priority": -7}
                          """);

        assertThat(read("x.img.gz"))
                .isEqualTo(new ImageMetadata(
                        "Debian 12, it's new",
                        "built from x.img.gz\nwith love 🚀\n",
                        "de-fra-2",
                        List.of("nightly", "team: base"),
                        true,
                        List.of("us-iad", "gb-lon"),
                        -7,
                        null,
                        null,
                        FileFingerprint.of(root.resolve("x.img.gz." + ending))));
    }

    @Test
    void a_sidecar_can_name_the_checksum_of_its_image() throws IOException {
        write("x.img.gz.yaml", "sha256: " + "AB".repeat(32));

        assertThat(sha256("x.img.gz")).isEqualTo("ab".repeat(32));
        assertThat(sha256("y.img.gz")).isNull();
    }

    @Test
    void a_folder_file_cannot_name_the_checksum_of_an_image() throws IOException {
        write(".imageferry.yaml", "sha256: " + "ab".repeat(32));

        assertThat(problem("x.img.gz").message())
                .startsWith(".imageferry.yaml ")
                .contains("sha256", "sidecar of the image");
    }

    @Test
    void the_nearest_value_applies_for_each_key() throws IOException {
        write(".imageferry.yaml", "region: root\ntags: [root]\ndescription: root\ncloudInit: true\npriority: 1");
        write("a/.imageferry.yaml", "region: folder-a\ntags: [folder-a]\ndescription: a {file}");
        write("a/b/.imageferry.yaml", "region: folder-b\ntags: []");
        write("a/b/x.img.gz.yaml", "region: sidecar");
        write("other/.imageferry.yaml", "region: other");

        assertThat(read("a/b/x.img.gz"))
                .isEqualTo(new ImageMetadata(
                        "label of x",
                        "a a/b/x.img.gz",
                        "sidecar",
                        List.of(),
                        true,
                        List.of(),
                        1,
                        null,
                        null,
                        FileFingerprint.of(root.resolve("a/b/x.img.gz.yaml"))));
        assertThat(read("a/b/y.img.gz").regionOrNull()).isEqualTo("folder-b");
        assertThat(read("a/y.img.gz").tags()).containsExactly("folder-a");
        assertThat(read("y.img.gz").regionOrNull()).isEqualTo("root");
    }

    @Test
    void ignores_the_sidecar_of_a_removed_image_until_it_is_touched() throws IOException {
        write("x.img.gz.yaml", "label: of the first");
        Path file = root.resolve("x.img.gz.yaml");
        FileFingerprint leftOver = FileFingerprint.of(file);
        MetadataReader reader = new MetadataReader(
                folder, SETTINGS, LABELS, (image, sidecar) -> image.equals("x.img.gz") && sidecar.equals(leftOver));

        assertThat(metadata(reader.read("x.img.gz")))
                .isEqualTo(new ImageMetadata(
                        "label of x", "x.img.gz", "us-ord", List.of("from-settings"), false, List.of(), 0));

        Files.setLastModifiedTime(file, FileTime.fromMillis(0));
        assertThat(metadata(reader.read("x.img.gz")).label()).isEqualTo("of the first");
    }

    @Test
    void a_folder_file_accepts_the_same_keys_as_a_sidecar() throws IOException {
        write(".imageferry.yaml", "label: all alike");

        assertThat(read("a/x.img.gz").label()).isEqualTo("all alike");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "# nothing but a comment\n", "---\n", "{}"})
    void an_empty_yaml_sidecar_sets_nothing(String content) throws IOException {
        write("x.img.gz.yaml", content);

        assertThat(read("x.img.gz").regionOrNull()).isEqualTo("us-ord");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"label: 12 | 12", "label: 1.10 | 1.10", "label: no | no", "label: true | true"})
    void an_unquoted_yaml_value_is_a_string(String content, String label) throws IOException {
        write("x.img.gz.yaml", content);

        assertThat(read("x.img.gz").label()).isEqualTo(label);
    }

    @Test
    void ignores_repeated_entries() throws IOException {
        write("x.img.gz.yaml", "tags: [one, two, one]\nreplicateTo: [us-iad, us-iad]");

        assertThat(read("x.img.gz").tags()).containsExactly("one", "two");
        assertThat(read("x.img.gz").replicateTo()).containsExactly("us-iad");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "lable: x | lable",
                "Label: x | Label",
                "label: '' | label",
                "label: ' ' | label",
                "label: snow☃man | label",
                "label: a/b | label",
                "label: '0123456789012345678901234567890123456789012345678901' | label",
                "label: | label",
                "label: [x] | label",
                "label: {a: b} | label",
                "region: US East | region",
                "region: us_ord | region",
                "region: '' | region",
                "region: [us-ord] | region",
                "description: [x] | description",
                "description: \"a\\0b\" | description",
                "description: ~ | description",
                "tags: nightly | tags",
                "tags: [ok1, no] | tags",
                "tags: ['01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567891'] | tags",
                "tags: [nightly, imageferry-0f8fad5bd9cb469fa16570867728950e-1] | tags",
                "tags: [imageferry-0f8fad5bd9cb469fa16570867728950e-0] | tags",
                "tags: [[nested]] | tags",
                "tags: [~] | tags",
                "tags: ~ | tags",
                "cloudInit: maybe | cloudInit",
                "cloudInit: 'true' | cloudInit",
                "cloudInit: 1 | cloudInit",
                "replicateTo: us-ord | replicateTo",
                "replicateTo: [us-ord, Mars Base] | replicateTo",
                "sha256: 0123 | sha256",
                "sha256: 'xyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxy' | sha256",
                "priority: high | priority",
                "priority: 1.5 | priority",
                "priority: '5' | priority",
                "priority: 1001 | priority",
                "priority: -1001 | priority",
                "priority: 99999999999999999999 | priority"
            })
    void refuses_a_bad_value_with_file_and_key(String content, String key) throws IOException {
        write("a/x.img.gz.yaml", content);

        Problem problem = problem("a/x.img.gz");

        assertThat(problem.code()).isEqualTo(ErrorCode.BAD_METADATA);
        assertThat(problem.message())
                .startsWith("a/x.img.gz.yaml ")
                .contains(key)
                .hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "yaml | region: us-ord#label: fine#colour: red | line 3 has the unknown key",
                "yaml | label: fine##tags:#  - nightly#  - no | line 3 key tags",
                "yaml | description: >#  over#  lines#priority: high | line 4 key priority",
                "yaml | label: a#region: us-ord#label: b | line 3 has the key",
                "yaml | label: &a fine#description: *a | line 2 uses a YAML alias",
                "yaml | label: fine#tags: [one#region: us-ord | not valid YAML in line",
                "json | {#\"label\": \"fine\",#\"colour\": 1} | line 3 has the unknown key",
                "json | {\"label\": \"fine\",##\"cloudInit\": 1} | line 3 key cloudInit",
                "json | {#\"label\": fine} | not valid JSON in line 2"
            })
    void an_error_names_the_line(String ending, String content, String error) throws IOException {
        write("x.img.gz." + ending, content.replace('#', '\n'));

        assertThat(problem("x.img.gz").message())
                .startsWith("x.img.gz." + ending + " ")
                .contains(error)
                .hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"label\": 12} | key label",
                "{\"label\": \"a\", \"label\": \"b\"} | twice",
                "{\"priority\": 5.0} | key priority",
                "{\"description\": \"\\ud800\"} | key description",
                "{\"region\": \"us-ord\"} {} | more than one document",
                "{\"region\": \"us-ord\"} x | not valid JSON",
                "{\"region\": \"us-ord\" | not valid JSON",
                "[] | keys and values",
                "null | keys and values",
                "{region: us-ord} | not valid JSON"
            })
    void refuses_bad_json(String content, String error) throws IOException {
        write("x.img.gz.json", content);

        Problem problem = problem("x.img.gz");

        assertThat(problem.code()).isEqualTo(ErrorCode.BAD_METADATA);
        assertThat(problem.message())
                .startsWith("x.img.gz.json ")
                .contains(error)
                .hasLineCount(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "region: *a | YAML alias",
                "label: &a one#region: *a | YAML alias",
                "tags: &a [one]#replicateTo: *a | YAML alias",
                "tags: [&a one, *a] | YAML alias",
                "label: &a region#*a : us-ord | not valid YAML",
                "&a region: *a | YAML alias",
                "<<: {region: us-ord} | unknown key",
                "label: a#label: b | twice",
                "region: us-ord#---#region: us-iad | more than one document",
                "region: us-ord#--- | more than one document",
                "tags: [one | not valid YAML in line",
                "region: \tus-ord: x | not valid YAML",
                "just text | keys and values",
                "- region | keys and values",
                "label: a\u0007b | not valid YAML",
                "!!python/object:os.system [ls] | keys and values"
            })
    void refuses_bad_yaml(String content, String error) throws IOException {
        write("x.img.gz.yaml", content.replace('#', '\n'));

        Problem problem = problem("x.img.gz");

        assertThat(problem.code()).isEqualTo(ErrorCode.BAD_METADATA);
        assertThat(problem.message())
                .startsWith("x.img.gz.yaml ")
                .contains(error)
                .hasLineCount(1);
    }

    @Test
    void a_bad_folder_file_is_named_and_affects_only_files_below_it() throws IOException {
        write("a/.imageferry.yaml", "regoin: us-ord");

        assertThat(problem("a/b/x.img.gz").message())
                .startsWith("a/.imageferry.yaml ")
                .contains("regoin");
        assertThat(read("x.img.gz").regionOrNull()).isEqualTo("us-ord");
    }

    @Test
    void refuses_two_sidecars() throws IOException {
        write("x.img.gz.yaml", "region: us-ord");
        write("x.img.gz.json", "{}");

        assertThat(problem("x.img.gz").message()).contains("x.img.gz.yaml", "x.img.gz.json");
    }

    @Test
    void a_missing_region_is_refused_with_every_place_to_set_it() {
        MetadataDefaults settings = new MetadataDefaults(null, List.of(), "", false, List.of(), null, null);

        Problem problem = problem("x.img.gz", settings);

        assertThat(problem.code()).isEqualTo(ErrorCode.BAD_METADATA);
        assertThat(problem.message())
                .contains("x.img.gz", "region", "x.img.gz.yaml", ".imageferry.yaml", "imageferry.image.region");
    }

    @Test
    void accepts_64_KiB_and_refuses_one_byte_more() throws IOException {
        String key = "region: us-lax\n#";
        write("x.img.gz.yaml", key + "x".repeat(65_536 - key.length()));
        assertThat(read("x.img.gz").regionOrNull()).isEqualTo("us-lax");

        write("x.img.gz.yaml", key + "x".repeat(65_537 - key.length()));
        assertThat(problem("x.img.gz").message()).contains("x.img.gz.yaml", "65537", "65536");
    }

    @Test
    void counts_tags_and_characters_like_linode() throws IOException {
        String most = IntStream.range(0, 499).mapToObj("tag%d"::formatted).collect(Collectors.joining(","));
        write("x.img.gz.yaml", "tags: [" + most + "]");
        assertThat(read("x.img.gz").tags()).hasSize(499);

        write("x.img.gz.yaml", "tags: [" + most + ",one-more]");
        assertThat(problem("x.img.gz").message()).contains("tags", "500", "499");

        write("x.img.gz.yaml", "tags: ['" + "🚀".repeat(100) + "']\nlabel: '" + "x".repeat(50) + "'");
        assertThat(read("x.img.gz").tags()).hasSize(1);
    }

    @Test
    void refuses_a_description_that_the_file_name_makes_too_long() throws IOException {
        write("x.img.gz.yaml", "description: '" + "{file}".repeat(9_000) + "'");

        assertThat(problem("x.img.gz").message()).contains("description", "x.img.gz", "72000", "65000");
    }

    @Test
    void accepts_the_longest_description() throws IOException {
        write("x.img.gz.yaml", "description: '" + "x".repeat(65_000) + "'");
        assertThat(read("x.img.gz").description()).hasSize(65_000);

        write("x.img.gz.yaml", "description: '" + "x".repeat(65_001) + "'");
        assertThat(problem("x.img.gz").message()).contains("description", "65001", "65000");
    }

    @Test
    void refuses_files_that_are_not_utf8() throws IOException {
        Files.write(root.resolve("x.img.gz.yaml"), new byte[] {'l', 'a', 'b', 'e', 'l', ':', ' ', (byte) 0xe9});

        assertThat(problem("x.img.gz").message()).isEqualTo("x.img.gz.yaml is not UTF-8: save it in UTF-8");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ln -s ../secret x.img.gz.yaml",
                "ln -s nowhere x.img.gz.yaml",
                "mkfifo x.img.gz.yaml",
                "mkdir x.img.gz.yaml",
                "ln -s ../secret .imageferry.yaml"
            })
    void refuses_and_does_not_open_files_that_are_not_regular(String script) throws Exception {
        TestFolder.bash(root, script);

        Problem problem = problem("x.img.gz");

        assertThat(problem.code()).isEqualTo(ErrorCode.BAD_METADATA);
        assertThat(problem.message()).contains(".yaml is ", "regular file");
    }

    @Test
    void a_name_of_255_bytes_cannot_have_a_sidecar() {
        assertThat(read("x".repeat(248) + ".img.gz").regionOrNull()).isEqualTo("us-ord");
    }

    @Test
    void does_not_apply_defaults_in_an_unmounted_folder() throws IOException {
        Files.delete(root.resolve(".imageferry-folder"));

        assertThat(problem("x.img.gz").code()).isEqualTo(ErrorCode.FOLDER_UNAVAILABLE);
    }

    @Test
    void names_the_places_of_the_regions() throws IOException {
        write("a/.imageferry.yaml", "# ours\nreplicateTo: [us-iad]\nregion: us-sea");
        write("a/x.img.gz.json", "{\"label\": \"x\",\n\"region\": \"us-lax\"}");

        assertThat(places("a/x.img.gz"))
                .containsExactly("a/x.img.gz.json line 2 key region", "a/.imageferry.yaml line 2 key replicateTo");
        assertThat(places("a/y.img.gz"))
                .containsExactly("a/.imageferry.yaml line 3 key region", "a/.imageferry.yaml line 2 key replicateTo");
        assertThat(places("z.img.gz"))
                .containsExactly("the setting imageferry.image.region", "the setting imageferry.image.replicate-to");
    }

    private List<String> places(String path) {
        MetadataReader.Result.Read read = (MetadataReader.Result.Read)
                new MetadataReader(folder, SETTINGS, LABELS, (image, sidecar) -> false).read(path);
        return List.of(read.regionPlace(), read.replicateToPlace());
    }

    @Test
    void an_interruption_is_not_an_error_and_is_preserved() throws IOException {
        write("x.img.gz.yaml", "region: us-lax");

        Thread.currentThread().interrupt();
        Problem problem = problem("x.img.gz");

        assertThat(Thread.interrupted()).isTrue();
        assertThat(problem.code()).isEqualTo(ErrorCode.INSTANCE_LOST);
    }

    @Test
    void refuses_bad_settings_by_name() {
        assertBadSetting("imageferry.image.region", "US", List.of(), "", List.of());
        assertBadSetting("imageferry.image.tags", null, List.of("no"), "", List.of());
        assertBadSetting(
                "imageferry.image.tags", null, List.of("imageferry-0f8fad5bd9cb469fa16570867728950e-1"), "", List.of());
        assertBadSetting("imageferry.image.description", null, List.of(), "x".repeat(65_001), List.of());
        assertBadSetting("imageferry.image.replicate-to", null, List.of(), "", List.of("US"));
    }

    private static void assertBadSetting(
            String name, @Nullable String region, List<String> tags, String description, List<String> replicateTo) {
        assertThatThrownBy(() -> new MetadataDefaults(region, tags, description, false, replicateTo, null, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(name + " ");
    }

    private void write(String path, String content) throws IOException {
        TestFolder.write(root.resolve(path), content);
    }

    private ImageMetadata read(String path) {
        MetadataReader.Result result =
                new MetadataReader(folder, SETTINGS, LABELS, (image, sidecar) -> false).read(path);
        return metadata(result);
    }

    private @Nullable String sha256(String path) {
        MetadataReader.Result result =
                new MetadataReader(folder, SETTINGS, LABELS, (image, sidecar) -> false).read(path);
        return ((MetadataReader.Result.Read) result).sha256OrNull();
    }

    private static ImageMetadata metadata(MetadataReader.Result result) {
        assertThat(result).isInstanceOf(MetadataReader.Result.Read.class);
        return ((MetadataReader.Result.Read) result).metadata();
    }

    private Problem problem(String path) {
        return problem(path, SETTINGS);
    }

    private Problem problem(String path, MetadataDefaults settings) {
        MetadataReader.Result result =
                new MetadataReader(folder, settings, LABELS, (image, sidecar) -> false).read(path);
        assertThat(result).isInstanceOf(MetadataReader.Result.Bad.class);
        return ((MetadataReader.Result.Bad) result).problem();
    }
}
