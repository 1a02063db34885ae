package dev.imageferry.web;

import java.util.regex.Pattern;

/**
 * The log-in form.
 *
 * @param to path of the page to show after the log-in
 * @param refusal why the last attempt failed; empty for the first one
 */
record LogInForm(String to, String refusal) {
    private static final String OVERVIEW = "/";
    /** Only own pages, which prevents open redirects. */
    private static final Pattern PAGE = Pattern.compile("/(?:jobs/[0-9A-Fa-f-]{36})?(?:\\?[!-~]{0,4000})?");

    LogInForm {
        to = PAGE.matcher(to).matches() ? to : OVERVIEW;
    }

    static LogInForm first(String to) {
        return new LogInForm(to, "");
    }
}
