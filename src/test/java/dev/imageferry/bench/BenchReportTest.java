package dev.imageferry.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

class BenchReportTest {
    private static final Machine MACHINE = new Machine(2, "Example CPU", 24.5, "25.0.1", "Linux 6.12");

    @TempDir
    Path directory;

    private ReportFiles files;

    @BeforeEach
    void startRun() {
        files = new ReportFiles(directory, "run 1", MACHINE);
    }

    @Test
    void a_row_shows_figure_comparison_ratio_and_kept_aim() {
        Row row = Row.of("Time of the check", 3.314, "s")
                .beside("zcat | wc", 7.14)
                .aim(Aim.ratioAtMost(0.5));

        assertThat(MarkdownReport.line(row))
                .isEqualTo("| Time of the check | 3.31 s | zcat \\| wc: 7.14 s | 0.464 | ≤ 0.5 × | kept |");
    }

    @Test
    void a_missed_aim_shows_by_how_much_and_both_numbers() {
        assertThat(Row.of("Makespan", 45.2, "s")
                        .beside("ideal", 40)
                        .aim(Aim.ratioAtMost(1.05))
                        .verdict())
                .isEqualTo("**aim missed by 0.08** (1.13 instead of ≤ 1.05 ×)");
        assertThat(Row.of("Jobs", 120, "/s").aim(Aim.atLeast(150)).verdict())
                .isEqualTo("**aim missed by 30 /s** (120 /s instead of ≥ 150 /s)");
    }

    @Test
    void a_figure_at_the_limit_keeps_the_aim() {
        assertThat(Row.of("Commits", 8, "").aim(Aim.atMost(8)).verdict()).isEqualTo("kept");
        assertThat(Row.of("Commits", 8, "").aim(Aim.atLeast(8)).verdict()).isEqualTo("kept");
        assertThat(Row.of("Commits", 8, "").aim(Aim.atMost(8)).kept()).contains(true);
        assertThat(Row.of("Commits", 8.001, "").aim(Aim.atMost(8)).kept()).contains(false);
        assertThat(Row.of("Commits", 7.999, "").aim(Aim.atLeast(8)).kept()).contains(false);
    }

    @Test
    void a_figure_without_aim_has_no_verdict() {
        assertThat(Row.of("Memory", 187, "MB").verdict()).isEmpty();
        assertThat(Row.of("Memory", 187, "MB").kept()).isEmpty();
    }

    @Test
    void a_ratio_needs_a_figure_beside_it_and_a_figure_is_a_number() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Row.of("Makespan", 1, "s").aim(Aim.ratioAtMost(1)));
        assertThatIllegalArgumentException().isThrownBy(() -> Row.of("Makespan", Double.NaN, "s"));
    }

    @Test
    void figures_have_up_to_three_digits_and_no_exponent() {
        assertThat(Figures.text(0.01234)).isEqualTo("0.0123");
        assertThat(Figures.text(12.345)).isEqualTo("12.3");
        assertThat(Figures.text(2.9999)).isEqualTo("3");
        assertThat(Figures.text(1_234_567)).isEqualTo("1,234,567");
        assertThat(Figures.text(0)).isEqualTo("0");
    }

    @Test
    void the_percentile_is_one_of_the_values() {
        List<Double> values = List.of(5.0, 1.0, 4.0, 2.0, 3.0);

        assertThat(Figures.median(values)).isEqualTo(3);
        assertThat(Figures.percentile(values, 0.99)).isEqualTo(5);
        assertThat(Figures.percentile(values, 0.2)).isEqualTo(1);
    }

    @Test
    void sections_of_one_run_are_merged_in_order_of_their_titles() throws IOException {
        // given
        new ReportFiles(directory, "run 0", MACHINE)
                .section("Old")
                .row(Row.of("a", 1, ""))
                .plot(new Plot("old", "Old", "s", "MB/s").perSecond("ours", List.of(1.0)));

        // when
        files.section("Small jobs").row(Row.of("Jobs", 120, "/s").aim(Aim.atLeast(150)));
        new ReportFiles(directory, "run 1", MACHINE)
                .section("Makespan")
                .about("40 images.")
                .row(Row.of("Time", 40, "s").beside("ideal", 40).aim(Aim.ratioAtMost(1.05)))
                .row(Row.missing("curl", "curl is not installed"))
                .plot(new Plot("makespan", "Throughput", "s", "MB/s").perSecond("ours", List.of(1.0, 2.0)));

        // then
        assertThat(Files.readString(directory.resolve("report.md"))).isEqualTo("""
                # Measurements

                Run: run 1. Machine: 2 cores (Example CPU), 24.5 GB of memory, Java 25.0.1, Linux 6.12.

                Aims: 1 kept, 1 missed. Not measured: 1.

                ## Makespan

                40 images.

                | Measure | Imageferry | Beside it | Ratio | Aim | Kept |
                |---|---|---|---|---|---|
                | Time | 40 s | ideal: 40 s | 1 | ≤ 1.05 × | kept |
                | curl | not measured: curl is not installed |  |  |  |  |

                ![](makespan.svg)

                ## Small jobs

                | Measure | Imageferry | Beside it | Ratio | Aim | Kept |
                |---|---|---|---|---|---|
                | Jobs | 120 /s |  |  | ≥ 150 /s | **aim missed by 30 /s** (120 /s instead of ≥ 150 /s) |
                """);
        JsonNode report =
                new ObjectMapper().readTree(directory.resolve("report.json").toFile());
        assertThat(report.at("/machine/cores").asInt()).isEqualTo(2);
        assertThat(report.at("/sections/0/title").asText()).isEqualTo("Makespan");
        assertThat(report.at("/sections/0/rows/0/ratio").asDouble()).isEqualTo(1);
        assertThat(report.at("/sections/0/rows/0/kept").asBoolean()).isTrue();
        assertThat(report.at("/sections/0/rows/1").has("figure")).isFalse();
        assertThat(report.at("/sections/1/rows/0/kept").asBoolean(true)).isFalse();
        assertThat(report.at("/sections/1/rows/0/missedBy").asDouble()).isEqualTo(30);
        assertThat(report.at("/sections")).hasSize(2);
        assertThat(directory.resolve("makespan.svg")).exists();
        assertThat(directory.resolve("old.svg")).doesNotExist();
    }

    @Test
    void a_section_replaces_that_of_the_same_title() throws IOException {
        files.section("Makespan").row(Row.of("first", 1, ""));
        files.section("Makespan").row(Row.of("second", 2, ""));

        assertThat(Files.readString(directory.resolve("report.md")))
                .contains("second")
                .doesNotContain("first");
    }

    @Test
    void the_report_says_what_could_not_be_measured_and_the_test_ends_as_it_would() {
        assertThatExceptionOfType(TestAbortedException.class)
                .isThrownBy(() -> BenchReport.measure(files.section("Small jobs"), section -> {
                    section.row(Row.of("Jobs", 150, "/s"));
                    throw new TestAbortedException("pgbench is not installed: apt-get install postgresql");
                }));
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> BenchReport.measure(files.section("Restart"), section -> {
                    throw new AssertionError("timed out; log:\nmany lines");
                }));

        assertThat(directory.resolve("report.md"))
                .content()
                .contains("| Jobs | 150 /s |")
                .contains("not measured: pgbench is not installed: apt-get install postgresql")
                .contains("not measured: the measurement failed: timed out; log:")
                .doesNotContain("many lines");
    }

    @Test
    void names_the_machine() {
        Machine here = Machine.here();

        assertThat(here.cores()).isPositive();
        assertThat(here.memoryGigabytes()).isPositive();
        assertThat(here.text()).contains("Java " + Runtime.version(), "Linux " + System.getProperty("os.version"));
    }
}
