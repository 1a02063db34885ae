package dev.imageferry.whole;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The options that {@code bin/imageferry run} gives to Java. */
public final class Launcher {
    private static final Pattern RUN = Pattern.compile("exec \"\\$JAVA_HOME/bin/java\" (-XX.*) -jar ");
    private static final String FOLDER_OF_JAR = "$(dirname \"$jar\")";
    private static final Path JAR =
            Path.of(Objects.requireNonNull(System.getProperty("imageferry.jar"), "imageferry.jar"));

    private Launcher() {}

    /** All options, with the AOT cache beside the jar. */
    public static List<String> options() throws IOException {
        Matcher line = RUN.matcher(Files.readString(Path.of("bin/imageferry")));
        if (!line.find()) {
            throw new AssertionError("bin/imageferry has no line like " + RUN);
        }
        List<String> options = new ArrayList<>();
        for (String option : line.group(1)
                .replace(FOLDER_OF_JAR, JAR.toAbsolutePath().resolveSibling("").toString())
                .split(" ", -1)) {
            options.add(option.replace("\"", ""));
        }
        return options;
    }

    /** All options but for the AOT cache. */
    public static List<String> optionsWithoutCache() throws IOException {
        return options().stream()
                .filter(option -> !option.startsWith("-XX:AOTCache="))
                .toList();
    }
}
