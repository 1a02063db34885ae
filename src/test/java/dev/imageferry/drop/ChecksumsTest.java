package dev.imageferry.drop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.Problem;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChecksumsTest {
    private static final String ONE = "1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f";
    private static final String OTHER = "2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e2e";

    @TempDir
    Path root;

    private DropFolder folder;

    @BeforeEach
    void open() {
        folder = TestFolder.open(root);
    }

    private void write(String file, String text) throws IOException {
        write(file, text, StandardCharsets.UTF_8);
    }

    private void write(String file, String text, Charset charset) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text, charset);
    }

    private Checksums.Result.Found found(String path) {
        return (Checksums.Result.Found) new Checksums(folder).of(path, null);
    }

    private Problem bad(String path) {
        return ((Checksums.Result.Bad) new Checksums(folder).of(path, null)).problem();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ONE + "  x.img.gz\n",
                ONE + " *x.img.gz\n",
                ONE + "  ./x.img.gz",
                "SHA256 (x.img.gz) = " + ONE,
                "SHA2-256(x.img.gz)= " + ONE,
                "# by hand\r\n" + ONE + "  x.img.gz\r\n",
                OTHER + "  y.img.gz\n" + ONE + "  x.img.gz\n" + OTHER + "  x.img\n" + OTHER + "  a x.img.gz\n",
                "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" + ONE
                        + "  x.img.gz\n-----BEGIN PGP SIGNATURE-----\n"
            })
    void reads_the_line_that_names_the_file(String text) throws IOException {
        write("a/SHA256SUMS", text);

        assertThat(found("a/x.img.gz").expected()).containsExactly(new Checksums.Expected(ONE, "a/SHA256SUMS"));
        assertThat(found("a/x.img.gz").warnings()).isEmpty();

        write("x.img.gz.sha256", text);
        assertThat(found("x.img.gz").expected()).containsExactly(new Checksums.Expected(ONE, "x.img.gz.sha256"));
    }

    @Test
    void reads_escaped_names_and_names_in_any_encoding() throws IOException {
        write("SHA256SUMS", "\\" + ONE + "  a\\\\nb\\nc.img.gz\n" + OTHER + "  caf\u00e9.img.gz\n");
        assertThat(found("a\\nb\nc.img.gz").expected()).hasSize(1);
        assertThat(found("café.img.gz").expected()).hasSize(1);

        write("SHA256SUMS", "\\" + ONE + "  a\\rb.img.gz\n");
        assertThat(found("a\rb.img.gz").expected()).hasSize(1);

        write("SHA256SUMS", OTHER + "  caf\u00e9.img.gz\n" + ONE + "  x.img.gz\n", StandardCharsets.ISO_8859_1);
        assertThat(found("x.img.gz").expected()).hasSize(1);
    }

    @Test
    void accepts_bare_digits_only_in_the_file_of_one_image() throws IOException {
        write("x.img.gz.sha256", ONE.toUpperCase(Locale.ROOT) + "\n");
        write("SHA256SUMS", ONE + "\n");

        assertThat(found("x.img.gz").expected()).containsExactly(new Checksums.Expected(ONE, "x.img.gz.sha256"));
        assertThat(found("x.img.gz").warnings())
                .containsExactly("SHA256SUMS has no line for this file, so it was not compared");
    }

    @Test
    void every_checksum_must_be_that_of_the_file() throws IOException {
        write("x.img.gz.sha256", ONE + "  x.img.gz");
        write("SHA256SUMS", OTHER + "  x.img.gz");
        Checksums.Result.Found all = (Checksums.Result.Found) new Checksums(folder).of("x.img.gz", ONE);

        assertThat(all.expected()).hasSize(3);
        assertThat(all.differs("x.img.gz", ONE)).hasValueSatisfying(problem -> {
            assertThat(problem.code()).isEqualTo(ErrorCode.CHECKSUM_MISMATCH);
            assertThat(problem.message()).contains("x.img.gz", ONE, OTHER, "SHA256SUMS");
        });
        assertThat(all.differs("x.img.gz", OTHER).orElseThrow().message()).contains("its sidecar");

        write("SHA256SUMS", ONE + "  x.img.gz");
        assertThat(found("x.img.gz").differs("x.img.gz", ONE)).isEmpty();
    }

    @Test
    void a_checksum_of_another_file_is_bad_metadata() throws IOException {
        write("x.img.gz.sha256", ONE + "  y.img.gz");

        assertThat(bad("x.img.gz").code()).isEqualTo(ErrorCode.BAD_METADATA);
        assertThat(bad("x.img.gz").message()).contains("x.img.gz.sha256 has no line for x.img.gz", "sha256sum");
    }

    @Test
    void two_different_checksums_in_one_file_are_bad_metadata() throws IOException {
        write("SHA256SUMS", ONE + "  x.img.gz\n" + OTHER + "  x.img.gz\n");

        assertThat(bad("x.img.gz").message()).contains(ONE, OTHER);
        assertThat(found("y.img.gz").expected()).isEmpty();
    }

    @Test
    void a_file_that_is_too_large_is_bad_metadata() throws IOException {
        write("SHA256SUMS", "x".repeat((1 << 20) + 1));

        assertThat(bad("x.img.gz").message()).contains("1048577", "1048576");
    }

    @Test
    void without_any_file_nothing_is_expected() {
        assertThat(found("x.img.gz").expected()).isEmpty();
        assertThat(found("x.img.gz").warnings()).isEmpty();
    }
}
