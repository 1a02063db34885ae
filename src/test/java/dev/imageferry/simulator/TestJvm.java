package dev.imageferry.simulator;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A JVM of its own with the class path of the tests; what it prints comes out of one pipe. */
final class TestJvm {
    private TestJvm() {}

    static Process start(List<String> options, String mainClass, List<String> arguments) throws IOException {
        return builder(options, mainClass, arguments).start();
    }

    static ProcessBuilder builder(List<String> options, String mainClass, List<String> arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.add("-cp");
        // Surefire may put a jar that only names the true class path into java.class.path
        command.add(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        command.add(mainClass);
        command.addAll(arguments);
        return new ProcessBuilder(command).redirectErrorStream(true);
    }
}
