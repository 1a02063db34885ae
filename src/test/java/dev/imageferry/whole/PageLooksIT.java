package dev.imageferry.whole;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.deque.html.axecore.results.Rule;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
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
                .set("imageferry.upload.bandwidth", "400K") // a slow simulator would make the throughput uneven
                .start();
        Path drop = daemon.dropFolder();
        Files.createDirectories(drop.resolve("team/web"));
        for (String name : SENT) {
            drop(name, 60_000);
        }
        linode.script(Fault.processingFails("Could not decompress the image").forLabel("windows-import"));
        drop("windows-import", 50_000);
        Files.writeString(drop.resolve("notes.img.gz"), "no gzip");
        daemon.awaitArchived(5, LIMIT);

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
    }

    private void drop(String name, int payloadBytes) throws IOException {
        Path made = DiskImages.ext4(directory.resolve("made"), payloadBytes, name.hashCode());
        Files.move(made, daemon.dropFolder().resolve(name + ".img.gz"));
    }

    @AfterEach
    void closePages() {
        chromium.closePages();
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
        // axe-core needs an inline script
        Page page = chromium.open(
                daemon.address(),
                new Browser.NewContextOptions()
                        .setBypassCSP(true)
                        .setColorScheme(colors)
                        .setReducedMotion(ReducedMotion.REDUCE));

        page.navigate("/");
        assertThat(page.locator("#connection")).hasText("Live");
        assertThat(page.locator("#jobs > li")).hasCount(8);
        assertThat(violations(page)).isEmpty();

        page.locator("#file").fill("no such name");
        assertThat(page.locator(".empty")).isVisible();
        assertThat(violations(page)).isEmpty();

        page.navigate("/?state=UPLOADING");
        page.locator("#jobs > li").first().getByRole(AriaRole.BUTTON).click();
        assertThat(page.getByRole(AriaRole.DIALOG)).isVisible();
        assertThat(violations(page)).isEmpty();

        for (String state : List.of("UPLOADING", "AVAILABLE", "FAILED")) {
            page.navigate("/?state=" + state);
            page.locator("#jobs h3 a").first().click();
            assertThat(page.locator(".timeline li").first()).isVisible();
            assertThat(violations(page)).isEmpty();
        }

        page.navigate("/jobs/none");
        assertThat(page.locator("#problem")).isVisible();
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
        Page page = chromium.open(
                daemon.address(),
                new Browser.NewContextOptions().setViewportSize(360, 740).setColorScheme(colors));

        page.navigate("/");
        assertThat(page.locator("#jobs > li")).hasCount(8);
        PageIT.assertFitsItsWidth(page);
        page.locator("#jobs h3 a").first().click();
        assertThat(page.locator("#timeline-title")).isVisible();
        PageIT.assertFitsItsWidth(page);
    }

    @Test
    @EnabledIfSystemProperty(
            named = "page.pictures",
            matches = ".+",
            disabledReason = "takes the screenshots of the documentation")
    void takes_screenshots() {
        Path folder = Path.of(System.getProperty("page.pictures"));
        Page light = open(ColorScheme.LIGHT, 1280, 900);
        Page dark = open(ColorScheme.DARK, 1280, 900);
        Page phone = open(ColorScheme.LIGHT, 390, 844);

        takeScreenshot(light, folder.resolve("page-light.png"));
        takeScreenshot(dark, folder.resolve("page-dark.png"));
        takeScreenshot(phone, folder.resolve("page-phone.png"));

        assertThat(folder).isDirectoryContaining("glob:**page-phone.png");
    }

    private Page open(ColorScheme colors, int width, int height) {
        Page page = chromium.open(
                daemon.address(),
                new Browser.NewContextOptions().setViewportSize(width, height).setColorScheme(colors));
        page.navigate("/");
        return page;
    }

    /** Waits for progress first, so that the chart is not empty. */
    private static void takeScreenshot(Page page, Path file) {
        assertThat(page.locator("#connection")).hasText("Live");
        assertThat(page.locator("#jobs > li")).hasCount(8);
        double before = PageIT.value(page.locator("#jobs progress").first());
        page.waitForCondition(() -> PageIT.value(page.locator("#jobs progress").first()) > before + 5);
        page.screenshot(new Page.ScreenshotOptions().setPath(file));
    }
}
