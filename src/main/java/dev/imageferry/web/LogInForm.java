package dev.imageferry.web;

import java.util.regex.Pattern;

/**
 * The form to log in.
 *
 * @param to the page that was asked for, and is shown afterwards
 * @param refusal why the log-in failed; empty for the first try
 */
record LogInForm(String to, String refusal) {
    private static final String OVERVIEW = "/";
    /** Pages of ours, so that nobody is led elsewhere by a link that somebody else made. */
    private static final Pattern PAGE = Pattern.compile("/(?:jobs/[0-9A-Fa-f-]{36})?(?:\\?[!-~]{0,4000})?");

    LogInForm {
        to = PAGE.matcher(to).matches() ? to : OVERVIEW;
    }

    static LogInForm first(String to) {
        return new LogInForm(to, "");
    }
}
