package dev.imageferry.whole;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** One file, one image, whatever dies: a SIGKILL at every request boundary and at points inside the PUT, once each. */
@Tag("exhaustive")
class CrashSuiteIT {
    @TempDir
    Path directory;

    @TestFactory
    Stream<DynamicTest> one_image_whatever_dies() {
        List<Trial> trials = Trials.all().stream()
                .filter(trial -> trial.name().matches(System.getProperty("crash.only", ".*")))
                .toList();
        List<TrialRun.Result> results = new TrialRun(directory).play(trials);
        return results.stream()
                .map(result -> DynamicTest.dynamicTest(result.trial().name(), result::require));
    }
}
