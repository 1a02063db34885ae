package dev.imageferry.whole;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.deque.html.axecore.results.Rule;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.ElementHandle;
import com.microsoft.playwright.JSHandle;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.Cookie;
import com.microsoft.playwright.options.SameSiteAttribute;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The status page of the packaged jar in Chromium. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PageIT {
    private static final double LIMIT_MS = 60_000;
    private static final int SLOWLY = 700_000;
    /** More than the socket buffers hold. */
    private static final int LARGE_BYTES = 9 << 20;

    private static final String TOKEN = "t0ken-of-the-page";

    @TempDir
    static Path directory;

    private SimulatedLinode linode;
    private DaemonProcess daemon;
    private Chromium chromium;
    private long seed;

    @BeforeAll
    void start() throws IOException {
        PlaywrightAssertions.setDefaultAssertionTimeout(LIMIT_MS);
        chromium = Chromium.start();
        linode = SimulatedLinode.start(SimulatorOptions.forTests());
        daemon = DaemonProcess.in(Files.createDirectory(directory.resolve("shared")), linode)
                .set("imageferry.instance", "ferry-one")
                .start();
    }

    @AfterEach
    void closePages() {
        chromium.closePages();
        linode.clearFaults();
        linode.acceptToken(linode.token());
        chromium.assertNoProblems();
    }

    @AfterAll
    void close() {
        if (daemon != null) {
            daemon.close();
            linode.close();
        }
        if (chromium != null) {
            chromium.close();
        }
    }

    @Test
    void shows_a_job_live_from_drop_to_image() throws IOException {
        // given
        Page page = open("/");
        page.evaluate("window.notReloaded = true");
        linode.script(slowPut("moves"));

        // when
        drop("moves", LARGE_BYTES);

        // then
        Locator row = row(page, "moves.img.gz");
        Locator bar = row.locator("progress[value]");
        assertThat(row.locator(".state")).hasText("Uploading");
        double before = value(bar);
        page.waitForCondition(() -> value(bar) > before);
        assertThat(row.locator("[data-moves]")).hasText(Pattern.compile("[0-9.]+ % · .+/s · .+ left"));
        assertThat(page.locator("#chart-title")).containsText(Pattern.compile("now [1-9].* maximum [1-9]"));
        assertThat(row.locator(".state")).hasText("Available");
        assertThat(row).containsText("private/");
        assertThat(row.locator("progress")).hasCount(0);
        assertThat(page.evaluate("window.notReloaded")).isEqualTo(true);
    }

    @Test
    void cancel_asks_for_confirmation_and_another_browser_retries() throws IOException {
        // given
        Page one = open("/");
        Page other = open("/");
        linode.script(slowPut("steered").always());
        drop("steered", LARGE_BYTES);
        Locator row = row(one, "steered.img.gz");
        assertThat(row.locator(".state")).hasText("Uploading");

        // when, then: not confirmed
        row.getByRole(AriaRole.BUTTON, named("Cancel")).click();
        Locator dialog = one.getByRole(AriaRole.DIALOG);
        assertThat(dialog).containsText("steered.img.gz");
        dialog.getByRole(AriaRole.BUTTON, named("Keep the job")).click();
        assertThat(dialog).isHidden();
        one.keyboard().press("Escape");
        assertThat(row.locator(".state")).hasText("Uploading");

        // when, then: confirmed
        row.getByRole(AriaRole.BUTTON, named("Cancel")).click();
        dialog.getByRole(AriaRole.BUTTON, named("Cancel the job")).click();
        assertThat(one.locator("#notice")).hasText("The job is being cancelled.");
        Locator same = row(other, "steered.img.gz");
        assertThat(same.locator(".state")).hasText("Cancelled");
        assertThat(same.locator(".reason")).containsText("cancelled");

        // when, then: the other browser retries the job
        linode.clearFaults();
        same.getByRole(AriaRole.BUTTON, named("Retry")).click();
        assertThat(row.locator(".state")).hasText("Available");
        assertThat(same.locator(".state")).hasText("Available");
    }

    @Tag("exhaustive")
    @Test
    void another_browser_sees_pause_priority_and_resume() throws IOException {
        // given
        Page one = open("/");
        Page other = open("/");

        // when, then: paused
        button(one, "Pause uploads").click();
        assertThat(other.locator("#note-paused")).containsText("No new uploads start");
        drop("waits", 30_000);
        Locator row = row(one, "waits.img.gz");
        assertThat(row.locator(".state")).hasText("Ready");
        assertThat(row).containsText("uploads are paused");

        // when, then: higher priority
        row(other, "waits.img.gz").getByRole(AriaRole.LINK).click();
        assertThat(other).hasURL(Pattern.compile("/jobs/[0-9a-f-]{36}$"));
        other.getByLabel("Priority").fill("7");
        other.locator("#priority button").click();
        assertThat(row).containsText("priority 7");

        // when, then: resumed
        button(other, "Resume uploads").click();
        assertThat(one.locator("#note-paused")).hasCount(0);
        assertThat(row.locator(".state")).hasText("Available");
        assertThat(other.locator(".job .state")).hasText("Available");
        assertThat(other.locator(".timeline li").last()).containsText("is available");
        assertThat(other.getByRole(AriaRole.REGION, new Page.GetByRoleOptions().setName("File")))
                .containsText("ext4");
        other.context().grantPermissions(List.of("clipboard-read", "clipboard-write"));
        String id = other.locator("#image-id").textContent();
        other.locator("[data-copy=image-id]").click();
        assertThat(other.locator("#notice")).hasText("Copied: " + id);
        assertThat(other.evaluate("navigator.clipboard.readText()")).isEqualTo(id);
        assertThat(linode.images())
                .anyMatch(image -> image.id().equals(id) && image.label().equals("waits"));
    }

    @Tag("exhaustive")
    @Test
    void sets_the_bandwidth_in_all_browsers_and_explains_an_invalid_value() {
        Page one = open("/");
        Page other = open("/");

        setBandwidth(one, "25M");
        assertThat(other.getByLabel("Bandwidth")).hasValue("25M");
        assertThat(daemon.json("/api/v1/bandwidth").get("limit").asText()).isEqualTo("25M");

        setBandwidth(other, "fast");
        assertThat(other.locator("#alert")).containsText("fast");
        assertThat(daemon.json("/api/v1/bandwidth").get("limit").asText()).isEqualTo("25M");

        setBandwidth(other, "");
        assertThat(one.getByLabel("Bandwidth")).hasValue("");
        assertThat(daemon.json("/api/v1/bandwidth").get("limit").isNull()).isTrue();
    }

    @Tag("exhaustive")
    @Test
    void the_url_contains_the_search_and_paging_reaches_the_end() throws IOException {
        // given
        for (int i = 0; i < 53; i++) {
            Files.writeString(daemon.dropFolder().resolve("heap-%02d.img.gz".formatted(i)), "no gzip " + i);
        }
        Page page = open("/?order=oldest");

        // when, then: typed
        fileSearch(page).fill("heap-");
        assertThat(page).hasURL(Pattern.compile("[?]file=heap-&order=oldest$"));
        assertThat(page.locator("#results tr.job")).hasCount(50);
        assertThat(page.locator("#results-title")).containsText("53 jobs");
        link(page, "Rejected").click();
        assertThat(page).hasURL(Pattern.compile("state=REJECTED"));
        assertThat(page.locator(".states a[data-state=REJECTED]")).hasAttribute("aria-current", "true");

        // when, then: kept after a reload and after going back
        page.reload();
        assertThat(fileSearch(page)).hasValue("heap-");
        assertThat(page.locator("#results tr.job[data-state=REJECTED]")).hasCount(50);
        link(page, "More jobs").click();
        assertThat(page.locator("#results tr.job")).hasCount(3);
        page.goBack();
        assertThat(page.locator("#results tr.job")).hasCount(50);
        fileSearch(page).fill("there is no such name");
        assertThat(page.locator(".empty")).containsText("No matching jobs");
        link(page, "Show all jobs").click();
        assertThat(fileSearch(page)).hasValue("");
    }

    static List<String> hostileNames() {
        return List.of(
                "\"><img src=x onerror=alert(1)>.img.gz",
                "ü".repeat(124) + ".img.gz",
                "شحن قرص \u202Egz.gmi.elif.img.gz",
                "<script>alert(2)<⁄script> & 'quotes' {overview}.img.gz");
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @MethodSource("hostileNames")
    void shows_a_hostile_name_as_text_on_a_phone(String name) throws IOException {
        Page page = open("/", new Browser.NewContextOptions().setViewportSize(360, 740));

        Files.writeString(daemon.dropFolder().resolve(name), "no gzip");

        Locator link = row(page, name).getByRole(AriaRole.LINK);
        assertThat(link.locator("bdi")).hasText(name);
        assertThat(link.locator("xpath=ancestor::tr").locator(".state")).hasText("Rejected");
        assertFitsItsWidth(page);
        link.click();
        assertThat(page.locator("h1 bdi")).hasText(name);
        assertThat(page.locator("main img, main script")).hasCount(0);
        assertFitsItsWidth(page);
    }

    @Test
    void dropped_and_chosen_files_become_jobs_and_refusals_are_explained() throws IOException {
        // given
        Page page = open("/");
        Path image = DiskImages.ext4(directory.resolve("made.img.gz"), 60_000, ++seed);

        // when
        JSHandle files = page.evaluateHandle("""
                (base64) => {
                  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
                  const files = new DataTransfer();
                  files.items.add(new File([bytes], 'by hand.img.gz'));
                  files.items.add(new File(['priority: 3'], 'by hand.img.gz.yaml'));
                  files.items.add(new File(['hello'], 'notes.txt'));
                  files.items.add(new File([new Uint8Array(64 << 20)], 'large.qcow2'));
                  return files;
                }
                """, Base64.getEncoder().encodeToString(Files.readAllBytes(image)));
        page.locator("body").dispatchEvent("dragenter", Map.of("dataTransfer", files));
        page.evaluate("document.getElementById('rate').textContent = 'old'");
        assertThat(page.locator("#rate")).not().hasText("old"); // after a refresh
        assertThat(page.locator("html")).hasClass("dragging");
        page.locator("body").dispatchEvent("drop", Map.of("dataTransfer", files));

        // then
        assertThat(page.locator("html")).not().hasClass(Pattern.compile("dragging"));
        assertThat(page.locator("#drops li").filter(containing("notes.txt")))
                .containsText("not an image: its name does not end in .img.gz, .raw.gz or .bin.gz");
        assertThat(page.locator("#drops li").filter(containing("large.qcow2")))
                .containsText("qcow2: convert it with qemu-img convert -O raw, then gzip");
        assertThat(page.locator("#drops li[data-state=refused]")).hasCount(2);
        Locator row = row(page, "by hand.img.gz");
        assertThat(row.locator(".state")).hasText("Available");
        assertThat(daemon.json("/api/v1/jobs?file=by%20hand.img.gz")
                        .at("/items/0/priority")
                        .asInt())
                .isEqualTo(3);

        // when, then: cleared
        button(page, "Clear the list").click();
        assertThat(page.locator("#drops li")).hasCount(0);

        // when, then: chosen
        page.getByLabel(Pattern.compile("choose them"))
                .setInputFiles(Files.copy(image, directory.resolve("chosen.img.gz")));
        assertThat(row(page, "chosen.img.gz").locator(".state")).hasText("Available");

        // when, then: the name is taken
        Files.createDirectory(daemon.dropFolder().resolve("taken.img.gz"));
        page.getByLabel(Pattern.compile("choose them"))
                .setInputFiles(Files.copy(image, directory.resolve("taken.img.gz")));
        assertThat(page.locator("#alert"))
                .containsText(Pattern.compile("name already in use", Pattern.CASE_INSENSITIVE));
        Files.delete(daemon.dropFolder().resolve("taken.img.gz"));
    }

    @Test
    void a_file_is_sent_again_after_a_lost_connection() throws IOException {
        // given
        Page page = open("/");
        AtomicInteger attempts = new AtomicInteger();
        page.route("**/api/v1/drop/**", route -> {
            if (attempts.incrementAndGet() == 1) {
                route.abort("connectionreset");
            } else {
                route.resume();
            }
        });

        // when
        page.getByLabel(Pattern.compile("choose them"))
                .setInputFiles(DiskImages.ext4(directory.resolve("again.img.gz"), 60_000, ++seed));

        // then
        assertThat(page.locator("#drops li[data-state=lost]")).containsText("The connection was lost");
        assertThat(row(page, "again.img.gz").locator(".state")).hasText("Available");
        assertThat(page.locator("#drops li")).hasAttribute("data-state", "stored");
    }

    @Test
    void an_unfinished_copy_is_shown_once_with_its_deadline() throws IOException {
        // given
        Page page = open("/");
        byte[] whole = Files.readAllBytes(DiskImages.ext4(directory.resolve("whole"), 60_000, ++seed));

        // when
        Path cut = daemon.dropFolder().resolve("cut-off.img.gz");
        Files.write(cut, Arrays.copyOf(whole, whole.length / 2));

        // then
        Locator row = row(page, "cut-off.img.gz");
        assertThat(row)
                .containsText(Pattern.compile(
                        "waiting for the copy to finish; rejected at [0-9]{2}:[0-9]{2} if it does not grow"));
        assertThat(row.locator("progress")).hasCount(0);
        assertThat(page.getByText("cut-off.img.gz")).hasCount(1);
        Files.write(cut, Arrays.copyOfRange(whole, whole.length / 2, whole.length), StandardOpenOption.APPEND);
        assertThat(row.locator(".state")).hasText("Available");
    }

    @Test
    void the_first_paint_on_a_phone_is_accessible_and_shows_the_throughput() throws IOException {
        // given
        Page live = open("/");
        linode.script(slowPut("painted"));
        drop("painted", LARGE_BYTES);
        assertThat(row(live, "painted.img.gz").locator(".state")).hasText("Uploading");
        assertThat(live.locator("#rate")).hasText(Pattern.compile("^[1-9].* [KM]B/s"));
        Page phone = chromium.open(
                daemon.address(),
                new Browser.NewContextOptions().setViewportSize(360, 740).setBypassCSP(true));

        // when
        phone.route("**/page/*.js", Route::abort);
        phone.navigate("/");

        // then
        assertThat(phone.locator("#rate")).hasText(Pattern.compile("^[1-9].* [KM]B/s"));
        assertThat(phone.locator("#chart .line")).hasAttribute("d", Pattern.compile("L120 (?!39[.]0)[0-9.]+$"));
        assertThat(phone.locator("tr.job").first().boundingBox().y).isLessThan(400);
        assertFitsItsWidth(phone);
        assertThat(new AxeBuilder(phone).analyze().getViolations())
                .extracting(Rule::getId)
                .isEmpty();
    }

    @Test
    void selected_jobs_are_cancelled_and_retried_together() throws IOException {
        // given
        Page page = open("/");
        button(page, "Pause uploads").click();
        assertThat(page.locator("#note-paused")).isVisible();
        drop("both-1", 30_000);
        drop("both-2", 30_000);
        for (String name : List.of("both-1", "both-2")) {
            Locator row = row(page, name + ".img.gz");
            assertThat(row.locator(".state")).hasText("Ready");
            row.getByRole(AriaRole.CHECKBOX).check();
        }

        // when, then: cancelled
        Locator bulk = page.locator("#bulk");
        assertThat(bulk).containsText("2 jobs selected");
        bulk.getByRole(AriaRole.BUTTON, named("Cancel")).click();
        page.getByRole(AriaRole.DIALOG)
                .getByRole(AriaRole.BUTTON, named("Cancel the jobs"))
                .click();
        assertThat(page.locator("#notice")).hasText("2 jobs being cancelled.");
        assertThat(row(page, "both-1.img.gz").locator(".state")).hasText("Cancelled");
        assertThat(row(page, "both-2.img.gz").locator(".state")).hasText("Cancelled");
        assertThat(bulk).isHidden();

        // when, then: retried, found by a search
        button(page, "Resume uploads").click();
        fileSearch(page).fill("both-");
        assertThat(page.locator("#results-title")).containsText("2 jobs");
        assertThat(row(page, "both-2.img.gz").getByRole(AriaRole.BUTTON, named("Retry")))
                .isVisible();
        button(page, "Retry all").click();
        assertThat(row(page, "both-1.img.gz").locator(".state")).hasText("Available");
        assertThat(row(page, "both-2.img.gz").locator(".state")).hasText("Available");
    }

    @Tag("exhaustive")
    @Test
    void shows_closed_gates_and_files_that_are_not_jobs() throws IOException {
        // given
        Page page = open("/");
        assertThat(page.locator("#note-simulated")).containsText("no image leaves this machine");
        assertThat(page.getByRole(AriaRole.CONTENTINFO)).containsText("ferry-one");

        // when, then: another file
        Files.writeString(daemon.dropFolder().resolve("<b>raw</b>.img".replace('/', '-')), "raw");
        assertThat(page.locator(".other")).containsText("raw image: compress it with gzip");

        // when, then: a gate
        linode.revokeToken(linode.token());
        drop("held up", 20_000);
        assertThat(page.locator("#attention .closed-gate")).containsText("Linode refuses the token");
        assertThat(page).hasTitle(Pattern.compile("Blocked"));
        assertThat(row(page, "held up.img.gz")).containsText("does not accept the token");
        linode.acceptToken(linode.token());
        assertThat(page.locator("#attention .closed-gate")).hasCount(0);
        assertThat(row(page, "held up.img.gz").locator(".state")).hasText("Available");
    }

    @Tag("exhaustive")
    @Test
    void keeps_the_focus_while_rows_change() throws IOException {
        // given
        Page page = open("/");
        page.keyboard().press("Tab");
        assertThat(page.locator(":focus")).hasText("Skip to content");
        linode.script(slowPut("focused"));
        drop("focused", LARGE_BYTES);
        Locator row = row(page, "focused.img.gz");
        assertThat(row.locator(".state")).hasText("Uploading");
        Locator button = row.getByRole(AriaRole.BUTTON, named("Cancel"));
        button.focus();
        ElementHandle held = button.elementHandle();

        // when
        double before = value(row.locator("progress"));
        Files.writeString(daemon.dropFolder().resolve("newer.img.gz"), "no gzip");
        assertThat(row(page, "newer.img.gz").locator(".state")).hasText("Rejected");
        page.waitForCondition(() -> value(row.locator("progress")) > before);

        // then
        assertThat(held.evaluate("button => button === document.activeElement")).isEqualTo(true);
        page.keyboard().press("Enter");
        assertThat(page.getByRole(AriaRole.DIALOG)).isVisible();
        page.keyboard().press("Escape");
        assertThat(held.evaluate("button => button === document.activeElement")).isEqualTo(true);
        page.keyboard().press("Enter");
        page.keyboard().press("Tab");
        page.keyboard().press("Enter");
        assertThat(row.locator(".state")).hasText("Cancelled");
    }

    @Test
    void the_session_survives_a_restart_and_the_page_reconnects() throws IOException {
        Path home = Files.createDirectory(directory.resolve("guarded"));
        try (DaemonProcess guarded = DaemonProcess.in(home, linode)
                .environment("IMAGEFERRY_API_TOKEN", TOKEN)
                .set("quarkus.http.port", Integer.toString(freePort()))
                .start()) {
            // given
            Page page = chromium.open(guarded.address(), new Browser.NewContextOptions());
            page.navigate("/?order=oldest");

            // when, then: refused
            page.getByLabel(Pattern.compile("Token")).fill("t0ken");
            button(page, "Log in").click();
            assertThat(page.getByRole(AriaRole.ALERT))
                    .hasText(Pattern.compile("^Wrong token[.] .*imageferry.api.token"));
            assertThat(page.context().cookies()).isEmpty();

            // when, then: logged in and redirected to the requested page
            page.getByLabel(Pattern.compile("Token")).fill(TOKEN);
            page.keyboard().press("Enter");
            assertThat(page).hasURL(Pattern.compile("/[?]order=oldest$"));
            assertThat(page.locator("#connection")).hasText("Live");
            Cookie cookie = page.context().cookies().getFirst();
            assertThat(cookie.httpOnly).isTrue();
            assertThat(cookie.sameSite).isEqualTo(SameSiteAttribute.STRICT);
            assertThat(cookie.value).doesNotContain(TOKEN);

            // when, then: restarted
            page.evaluate("window.notReloaded = true");
            guarded.terminate();
            assertThat(page.locator("#offline")).containsText(Pattern.compile("^Disconnected since [0-9:]+[.] "));
            assertThat(button(page, "Pause uploads")).isDisabled();
            guarded.start();
            assertThat(page.locator("#connection")).hasText("Live");
            assertThat(page.locator("#offline")).isHidden();
            assertThat(button(page, "Pause uploads")).isEnabled();
            Files.writeString(guarded.dropFolder().resolve("after.img.gz"), "no gzip");
            assertThat(row(page, "after.img.gz").locator(".state")).hasText("Rejected");
            assertThat(page.evaluate("window.notReloaded")).isEqualTo(true);

            // when, then: logged out
            button(page, "Log out").click();
            assertThat(page.getByRole(AriaRole.HEADING)).hasText("Log in");
            assertThat(page.context().cookies()).isEmpty();
            chromium.closePages();
        }
    }

    private Page open(String path) {
        return open(path, new Browser.NewContextOptions());
    }

    /** Opens a page in a separate browser context and waits for its stream. */
    private Page open(String path, Browser.NewContextOptions options) {
        Page page = chromium.open(daemon.address(), options);
        page.navigate(path);
        assertThat(page.locator("#connection")).hasText("Live");
        return page;
    }

    private static Locator row(Page page, String file) {
        return page.locator("tr.job")
                .filter(new Locator.FilterOptions()
                        .setHas(page.getByText(file, new Page.GetByTextOptions().setExact(true))));
    }

    private static Locator fileSearch(Page page) {
        return page.getByRole(AriaRole.SEARCHBOX, new Page.GetByRoleOptions().setName("File"));
    }

    static void assertFitsItsWidth(Page page) {
        assertThat(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
                .isEqualTo(false);
    }

    private static Locator button(Page page, String name) {
        return page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name));
    }

    private static Locator link(Page page, String name) {
        return page.getByRole(AriaRole.LINK, new Page.GetByRoleOptions().setName(name));
    }

    private static void setBandwidth(Page page, String limit) {
        page.getByLabel("Bandwidth").fill(limit);
        page.locator("#bandwidth button").click();
    }

    static double value(Locator bar) {
        return ((Number) bar.evaluate("bar => bar.value")).doubleValue();
    }

    private static Locator.GetByRoleOptions named(String name) {
        return new Locator.GetByRoleOptions().setName(name);
    }

    private static Locator.FilterOptions containing(String text) {
        return new Locator.FilterOptions().setHasText(text);
    }

    private static Fault slowPut(String label) {
        return Fault.onPut(new Effect.ReadSlowly(SLOWLY)).forLabel(label);
    }

    private void drop(String name, int payloadBytes) throws IOException {
        Path made = DiskImages.ext4(directory.resolve(name + ".made"), payloadBytes, ++seed);
        Files.move(made, daemon.dropFolder().resolve(name + ".img.gz"));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
