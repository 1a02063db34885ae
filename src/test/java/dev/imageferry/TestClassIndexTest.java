package dev.imageferry;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.PathTestHelper;
import io.quarkus.test.common.TestClassIndexer;
import java.nio.file.Path;
import org.jboss.jandex.Index;
import org.junit.jupiter.api.Test;

/** The JVMs of the tests share their classes. */
class TestClassIndexTest {
    @Test
    void no_jvm_reads_an_index_that_another_is_writing() throws Exception {
        Path file = PathTestHelper.getTestClassesLocation(getClass()).resolve(TestClassIndexer.TEST_CLASSES_IDX);

        TestClassIndexer.writeIndex(Index.of(TestClassIndexTest.class), getClass());

        assertThat(file).isDirectory();
        assertThat(TestClassIndexer.readIndex(getClass()).getClassByName(ArchitectureTest.class))
                .isNotNull();
    }
}
