package dev.imageferry.whole;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.ConsoleMessage;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import dev.imageferry.RealTools;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Debian's Chromium without a screen; nothing is downloaded. Watches that its pages behave. */
final class Chromium implements AutoCloseable {
    private static final double LIMIT_MS = 60_000;

    private final Playwright playwright;
    private final Browser browser;
    private final List<String> complaints = new CopyOnWriteArrayList<>();

    private Chromium(Playwright playwright, Browser browser) {
        this.playwright = playwright;
        this.browser = browser;
    }

    /** Starts one; where Chromium is missing the test is skipped, or fails in CI. */
    static Chromium start() {
        Path executable = RealTools.find("chromium");
        Playwright playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        Browser browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(executable)
                        .setArgs(List.of(
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-quic",
                                "--no-first-run",
                                "--disable-background-networking",
                                "--disable-component-update",
                                "--disable-sync")));
        return new Chromium(playwright, browser);
    }

    /** A reader of their own, with cookies of their own. */
    Page reader(URI address, Browser.NewContextOptions options) {
        BrowserContext context = browser.newContext(
                options.setBaseURL(address.toString()).setLocale("en-GB").setTimezoneId("Europe/Lisbon"));
        context.setDefaultTimeout(LIMIT_MS);
        context.onRequest(request -> {
            URI asked = URI.create(request.url().replaceFirst("[?].*", ""));
            if (!address.getAuthority().equals(asked.getAuthority())) {
                complaints.add("asked " + request.url());
            }
        });
        Page page = context.newPage();
        page.onPageError(error -> complaints.add("script failed: " + error));
        page.onConsoleMessage(this::hear);
        page.onDialog(dialog -> {
            complaints.add(dialog.type() + " dialog: " + dialog.message());
            dialog.dismiss();
        });
        return page;
    }

    private void hear(ConsoleMessage message) {
        if (message.text().contains("Content Security Policy")) {
            complaints.add(message.text());
        }
    }

    /** Nobody else was asked, no script failed or asked anything, and the policy had nothing to forbid. */
    void assertBehaved() {
        assertThat(complaints).isEmpty();
    }

    /** Closes all readers. */
    void leave() {
        List.copyOf(browser.contexts()).forEach(BrowserContext::close);
    }

    @Override
    public void close() {
        browser.close();
        playwright.close();
    }
}
