package dev.imageferry.whole;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Kills the daemon or PostgreSQL at every request boundary and at points inside the PUT. Each file becomes exactly one image. */
@Tag("exhaustive")
class CrashSuiteIT {
    @TempDir
    Path directory;

    @TestFactory
    Stream<DynamicTest> one_image_whatever_dies() {
        List<Trial> trials = Trials.all().stream()
                .filter(trial -> trial.name().matches(System.getProperty("crash.only", ".*")))
                .toList();
        List<TrialRun.Result> results = new TrialRun(directory).run(trials);
        return results.stream()
                .map(result -> DynamicTest.dynamicTest(result.trial().name(), result::require));
    }
}
