package dev.imageferry.web;

import java.util.regex.Pattern;

/**
 * The form to log in.
 *
 * @param to the page that was asked for, and is shown afterwards
 * @param refused whether a wrong token was shown
 */
record LogInForm(String to, boolean refused) {
    private static final String OVERVIEW = "/";
    /** Pages of ours, so that nobody is led elsewhere by a link that somebody else made. */
    private static final Pattern PAGE = Pattern.compile("/(?:jobs/[0-9A-Fa-f-]{36})?(?:\\?[!-~]{0,4000})?");

    LogInForm {
        to = PAGE.matcher(to).matches() ? to : OVERVIEW;
    }

    static LogInForm first(String to) {
        return new LogInForm(to, false);
    }
}
