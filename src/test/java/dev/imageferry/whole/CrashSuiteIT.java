package dev.imageferry.whole;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** One file, one image, whatever dies: a SIGKILL at every request boundary and at points inside the PUT, once each. */
class CrashSuiteIT {
    @TempDir
    Path directory;

    @TestFactory
    Stream<DynamicTest> one_image_whatever_dies() {
        List<TrialRun.Result> results = new TrialRun(directory).play(Trials.all());
        return results.stream()
                .map(result -> DynamicTest.dynamicTest(result.trial().name(), result::require));
    }
}
