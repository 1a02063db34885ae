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

/** Headless Chromium as installed on the system. Records script errors and requests to other hosts. */
final class Chromium implements AutoCloseable {
    private static final double LIMIT_MS = 60_000;

    private final Playwright playwright;
    private final Browser browser;
    private final List<String> problems = new CopyOnWriteArrayList<>();

    private Chromium(Playwright playwright, Browser browser) {
        this.playwright = playwright;
        this.browser = browser;
    }

    /** Starts Chromium. If it is not installed, the test is skipped, or fails in CI. */
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

    /** Opens a page in a new browser context. */
    Page open(URI address, Browser.NewContextOptions options) {
        BrowserContext context = browser.newContext(
                options.setBaseURL(address.toString()).setLocale("en-GB").setTimezoneId("Europe/Lisbon"));
        context.setDefaultTimeout(LIMIT_MS);
        context.onRequest(request -> {
            URI target = URI.create(request.url().replaceFirst("[?].*", ""));
            if (!address.getAuthority().equals(target.getAuthority())) {
                problems.add("request to another host: " + request.url());
            }
        });
        Page page = context.newPage();
        page.onPageError(error -> problems.add("script failed: " + error));
        page.onConsoleMessage(this::recordPolicyViolation);
        page.onDialog(dialog -> {
            problems.add(dialog.type() + " dialog: " + dialog.message());
            dialog.dismiss();
        });
        return page;
    }

    private void recordPolicyViolation(ConsoleMessage message) {
        if (message.text().contains("Content Security Policy")) {
            problems.add(message.text());
        }
    }

    /** Asserts that there were no requests to other hosts, script errors, dialogs or policy violations. */
    void assertNoProblems() {
        assertThat(problems).isEmpty();
    }

    /** Closes all pages. */
    void closePages() {
        List.copyOf(browser.contexts()).forEach(BrowserContext::close);
    }

    @Override
    public void close() {
        browser.close();
        playwright.close();
    }
}
