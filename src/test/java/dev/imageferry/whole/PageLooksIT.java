package dev.imageferry.whole;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.deque.html.axecore.results.Rule;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import dev.imageferry.queue.Backlog;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Checks accessibility and layout of the page with many kinds of jobs and files, in light and dark mode.
 * {@code -Dpage.pictures=docs} takes the screenshots of the documentation.
 */
@Tag("exhaustive")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PageLooksIT {
    private static final double LIMIT_MS = 60_000;
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final List<String> SENT =
            List.of("debian-12-golden", "alpine-3.21-minimal", "team/web/front-2026.11");

    private static final int WIDTH = 1440;
    private static final int HEIGHT = 900;
    private static final @Nullable String PICTURES = System.getProperty("page.pictures");

    @TempDir
    static Path directory;

    private SimulatedLinode linode;
    private DaemonProcess daemon;
    private Chromium chromium;

    @BeforeAll
    void stage() throws IOException {
        PlaywrightAssertions.setDefaultAssertionTimeout(LIMIT_MS);
        chromium = Chromium.start();
        linode = SimulatedLinode.start(SimulatorOptions.forTests());
        daemon = DaemonProcess.in(Files.createDirectory(directory.resolve("home")), linode)
                .set("imageferry.instance", "ferry-1")
                .set("imageferry.upload.concurrency", "2")
                .set("imageferry.upload.bandwidth", "200K") // a slow simulator would make the throughput uneven
                .start();
        for (ColorScheme colors : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            Page empty = open(colors, WIDTH, HEIGHT, "/");
            assertThat(empty.locator("#begin"))
                    .containsText(daemon.dropFolder().toRealPath().toString());
            assertThat(violations(empty)).isEmpty();
            takeScreenshot(empty, "page-empty" + (colors == ColorScheme.DARK ? "-dark" : ""));
        }
        Path drop = daemon.dropFolder();
        Files.createDirectories(drop.resolve("team/web"));
        for (String name : SENT) {
            drop(name, 60_000);
        }
        linode.script(Fault.processingFails("Could not decompress the image").forLabel("windows-import"));
        drop("windows-import", 50_000);
        Files.writeString(drop.resolve("notes.img.gz"), "no gzip");
        Files.writeString(drop.resolve("typo.img.gz.yaml"), "regoin: us-ord\n");
        drop("typo", 30_000);
        daemon.awaitArchived(6, LIMIT);

        byte[] whole = Files.readAllBytes(DiskImages.ext4(directory.resolve("whole"), 60_000, 1));
        Files.write(drop.resolve("cut-off.img.gz"), Arrays.copyOf(whole, whole.length / 2));
        Files.writeString(drop.resolve("ubuntu-24.04-server.img.gz.yaml"), "priority: 10\ntags: [golden]\n");
        drop("ubuntu-24.04-server", 22_000_000);
        drop("fedora-42-build-4711", 21_000_000);
        Files.writeString(drop.resolve("cluster.qcow2"), "QFI");
        Files.writeString(drop.resolve("scratch.img"), "raw");
        Files.writeString(drop.resolve("later.img.gz.yaml"), "label: later\n");
        daemon.await("two uploads", LIMIT, () -> linode.putsInProgress() == 2);
        drop("nixos-25.11", 90_000);
        daemon.await(
                "a job waiting for a slot",
                LIMIT,
                () -> daemon.json("/api/v1/jobs?state=READY").get("items").size() == 1);
        daemon.await(
                "an unfinished copy",
                LIMIT,
                () -> !daemon.json("/api/v1/jobs?file=cut-off.img.gz")
                        .at("/items/0/error/code")
                        .isMissingNode());
    }

    private void drop(String name, int payloadBytes) throws IOException {
        Path made = DiskImages.ext4(directory.resolve("made"), payloadBytes, name.hashCode());
        Files.move(made, daemon.dropFolder().resolve(name + ".img.gz"));
    }

    @AfterEach
    void closePages() {
        chromium.closePages();
        new EmbeddedServer(directory.resolve("home"))
                .execute("DELETE FROM job WHERE folder_id = '" + Backlog.FOLDER + "'");
    }

    @AfterAll
    void close() {
        linode.clearFaults();
        if (daemon != null) {
            daemon.process().destroyForcibly();
            daemon.close();
        }
        linode.close();
        chromium.close();
    }

    @ParameterizedTest
    @EnumSource(
            value = ColorScheme.class,
            names = {"LIGHT", "DARK"})
    void has_no_accessibility_violations(ColorScheme colors) {
        Page page = open(colors, WIDTH, HEIGHT, "/");
        assertThat(page.locator("tr.job")).hasCount(10);
        assertThat(violations(page)).isEmpty();

        page.locator("#open-jobs [data-pick]").first().check();
        assertThat(page.locator("#bulk")).isVisible();
        assertThat(violations(page)).isEmpty();

        page.locator("#file").fill("no such name");
        assertThat(page.locator(".empty")).isVisible();
        assertThat(violations(page)).isEmpty();

        page.navigate("/?state=UPLOADING");
        page.locator("tr.job .actions-cell button").first().click();
        assertThat(page.getByRole(AriaRole.DIALOG)).isVisible();
        assertThat(violations(page)).isEmpty();

        for (String state : List.of("UPLOADING", "AVAILABLE", "FAILED", "REJECTED", "CHECKING")) {
            page.navigate("/?state=" + state);
            page.locator("tr.job .file-cell a").first().click();
            assertThat(page.locator(".timeline li").first()).isVisible();
            assertThat(violations(page)).isEmpty();
        }

        page.navigate("/jobs/none");
        assertThat(page.locator("#problem")).isVisible();
        assertThat(violations(page)).isEmpty();

        page.navigate("/");
        page.context().setOffline(true);
        assertThat(page.locator("#offline")).isVisible();
        assertThat(violations(page)).isEmpty();
    }

    private static List<String> violations(Page page) {
        return new AxeBuilder(page)
                .analyze().getViolations().stream().flatMap(PageLooksIT::words).toList();
    }

    private static Stream<String> words(Rule rule) {
        return rule.getNodes().stream().map(node -> rule.getId() + ": " + rule.getHelp() + ": " + node.getHtml());
    }

    @ParameterizedTest
    @EnumSource(
            value = ColorScheme.class,
            names = {"LIGHT", "DARK"})
    void fits_the_width_of_a_phone(ColorScheme colors) {
        Page page = open(colors, 360, 740, "/");

        assertThat(page.locator("tr.job")).hasCount(10);
        PageIT.assertFitsItsWidth(page);
        assertThat(top(page.locator("tr.job").first())).isLessThan(400);
        page.locator(".file-cell a").first().click();
        assertThat(page.locator("#timeline-title")).isVisible();
        PageIT.assertFitsItsWidth(page);
    }

    /** Adds jobs of a folder that no daemon serves. */
    @ParameterizedTest
    @CsvSource({"10, 1100", "63, 2200", "5000, 2200"})
    void the_first_screen_answers_the_three_questions(int jobs, int mostPixels) {
        // given
        EmbeddedServer server = new EmbeddedServer(directory.resolve("home"));
        int added = jobs - 10;
        server.execute(Backlog.sql(added * 9 / 10, added - added * 9 / 10));
        server.execute(
                "UPDATE job SET state = 'READY' WHERE outcome_at IS NULL AND folder_id = '" + Backlog.FOLDER + "'");
        server.execute(
                "UPDATE job SET outcome_at = now() - interval '1 hour' WHERE outcome_at IS NOT NULL AND folder_id = '"
                        + Backlog.FOLDER + "'");

        // when
        Page page = open(ColorScheme.LIGHT, WIDTH, HEIGHT, "/");

        // then
        int height = ((Number) page.evaluate("document.documentElement.scrollHeight")).intValue();
        System.out.printf("%,d jobs: %,d px%n", jobs, height);
        takeScreenshot(page, "page-" + jobs + "-jobs");
        assertThat(height).isLessThan(mostPixels);
        List<Double> tops = Stream.of("#attention tr.job", "#in-progress tr.job", "#done tr.job")
                .map(rows -> top(page.locator(rows).first()))
                .toList();
        assertThat(tops).isSorted().allSatisfy(top -> assertThat(top).isLessThan(HEIGHT - 40));
        assertThat(page.locator("[data-phase=uploading]").all())
                .hasSize(2)
                .allSatisfy(row -> assertThat(top(row)).isLessThan(HEIGHT));
        assertThat(page.locator("#done tr.job").first().boundingBox().height).isEqualTo(40);
    }

    private static double top(Locator element) {
        return element.boundingBox().y;
    }

    @Test
    void throughput_and_chart_are_right_without_a_script() {
        Browser.NewContextOptions options = new Browser.NewContextOptions().setJavaScriptEnabled(false);
        Page page = chromium.open(daemon.address(), options);

        page.navigate("/");

        assertThat(page.locator("#rate")).hasText(Pattern.compile("[1-9].* KB/s"));
        assertThat(page.locator("#chart-title")).containsText(Pattern.compile("maximum [1-9].* KB/s"));
        assertThat(page.locator("#chart .line")).hasAttribute("d", Pattern.compile("L120 (?!39\\.0)[0-9.]+$"));
    }

    @Test
    @EnabledIfSystemProperty(
            named = "page.pictures",
            matches = ".+",
            disabledReason = "takes the screenshots of the documentation")
    void takes_screenshots() {
        takeScreenshot(open(ColorScheme.DARK, WIDTH, HEIGHT, "/"), "page-dark");
        takeScreenshot(open(ColorScheme.LIGHT, 390, 844, "/"), "page-phone");
        takeScreenshot(open(ColorScheme.DARK, 390, 844, "/"), "page-phone-dark");
        Page light = open(ColorScheme.LIGHT, WIDTH, HEIGHT, "/");
        takeScreenshot(light, "page-light");
        screenshot(light.locator("#attention"), "page-attention");
        light.context().setOffline(true);
        assertThat(light.locator("#offline")).isVisible();
        takeScreenshot(light, "page-offline");
        for (String state : List.of("UPLOADING", "AVAILABLE", "REJECTED", "CHECKING")) {
            Page job = open(ColorScheme.LIGHT, WIDTH, HEIGHT, "/?state=" + state);
            takeScreenshot(job, "page-results-" + state.toLowerCase(Locale.ROOT));
            job.locator("tr.job .file-cell a").first().click();
            assertThat(job.locator("#timeline-title")).isVisible();
            takeScreenshot(job, state.equals("AVAILABLE") ? "page-job" : "page-job-" + state.toLowerCase(Locale.ROOT));
        }
    }

    private Page open(ColorScheme colors, int width, int height, String path) {
        // axe-core needs an inline script
        Page page = chromium.open(
                daemon.address(),
                new Browser.NewContextOptions()
                        .setBypassCSP(true)
                        .setViewportSize(width, height)
                        .setColorScheme(colors)
                        .setReducedMotion(ReducedMotion.REDUCE));
        page.navigate(path);
        assertThat(page.locator("#connection")).hasText("Live");
        return page;
    }

    private static void takeScreenshot(Page page, String name) {
        if (PICTURES != null) {
            page.screenshot(new Page.ScreenshotOptions().setPath(Path.of(PICTURES, name + ".png")));
        }
    }

    private static void screenshot(Locator part, String name) {
        part.screenshot(new Locator.ScreenshotOptions().setPath(Path.of(String.valueOf(PICTURES), name + ".png")));
    }
}
