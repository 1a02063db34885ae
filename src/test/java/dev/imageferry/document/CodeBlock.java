package dev.imageferry.document;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A block of code in README.md, docs/ or another document for users. The comment in the line above says whether a test runs it:
 * {@code <!-- run -->}, {@code <!-- run with FILE, FILE -->}, {@code <!-- run as root with debootstrap -->} or
 * {@code <!-- not run: REASON -->}.
 *
 * @param language of the fence; empty for output
 * @param noteOrNull the text of the comment; null if there is none
 */
record CodeBlock(
        Path document, int line, String language, @Nullable String noteOrNull, String code) {
    private static final Pattern FENCE = Pattern.compile("( *)```(\\S*)");
    private static final Pattern NOTE = Pattern.compile(" *<!-- (.*) -->");
    private static final Pattern RUN = Pattern.compile("run( as root)?( with (?<needs>[^,]+(, [^,]+)*))?");
    private static final String NOT_RUN = "not run: ";

    /** All blocks of the documents for users. */
    static List<CodeBlock> all() throws IOException {
        List<Path> documents =
                new ArrayList<>(List.of(Path.of("README.md"), Path.of("SECURITY.md"), Path.of("CONTRIBUTING.md")));
        for (String folder : List.of("docs", "deploy")) {
            try (Stream<Path> files = Files.walk(Path.of(folder))) {
                files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(documents::add);
            }
        }
        List<CodeBlock> blocks = new ArrayList<>();
        for (Path document : documents) {
            blocks.addAll(in(document, Files.readAllLines(document)));
        }
        return blocks;
    }

    static List<CodeBlock> in(Path document, List<String> lines) {
        List<CodeBlock> blocks = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            Matcher fence = FENCE.matcher(lines.get(i));
            if (!fence.matches()) {
                continue;
            }
            Matcher note = NOTE.matcher(i == 0 ? "" : lines.get(i - 1));
            String indent = fence.group(1);
            StringBuilder code = new StringBuilder();
            int first = i + 1;
            while (!lines.get(++i).equals(indent + "```")) {
                code.append(lines.get(i).startsWith(indent) ? lines.get(i).substring(indent.length()) : lines.get(i))
                        .append('\n');
            }
            blocks.add(new CodeBlock(
                    document, first, fence.group(2), note.matches() ? note.group(1) : null, code.toString()));
        }
        return blocks;
    }

    /** Whether this is a command that a reader would copy. */
    boolean isCommand() {
        return language.equals("sh") || language.equals("bash");
    }

    boolean isRun() {
        return noteOrNull != null && RUN.matcher(noteOrNull).matches();
    }

    boolean isLeftOutWithReason() {
        return noteOrNull != null && noteOrNull.startsWith(NOT_RUN) && noteOrNull.length() > NOT_RUN.length() + 10;
    }

    boolean needsRoot() {
        return noteOrNull != null && noteOrNull.startsWith("run as root");
    }

    /** The files and programs that the block needs. */
    List<String> needs() {
        Matcher run = RUN.matcher(noteOrNull == null ? "" : noteOrNull);
        return run.matches() && run.group("needs") != null
                ? List.of(run.group("needs").split(", "))
                : List.of();
    }

    @Override
    public String toString() {
        return document + ":" + line;
    }
}
