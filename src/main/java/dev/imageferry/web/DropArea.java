package dev.imageferry.web;

import java.util.regex.Pattern;

/**
 * How to get a file into the drop folder.
 *
 * @param directory the path of the folder
 * @param copy a command for the daemon's machine
 * @param scp a command for other machines
 */
record DropArea(String directory, String copy, String scp) {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9/._@%+=:,-]+");
    private static final String EXAMPLE = "image.img.gz";

    /** @param host the name of the daemon's machine */
    static DropArea of(String directory, String host) {
        String folder = quoted(directory + "/");
        return new DropArea(directory, "cp " + EXAMPLE + " " + folder, "scp " + EXAMPLE + " " + host + ":" + folder);
    }

    private static String quoted(String path) {
        return PLAIN.matcher(path).matches() ? path : "'" + path.replace("'", "'\\''") + "'";
    }
}
