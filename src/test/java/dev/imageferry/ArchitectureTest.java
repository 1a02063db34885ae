package dev.imageferry;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArchitectureTest {
    private static final String ROOT = "dev.imageferry";

    /** The allowed dependencies of each package. The empty name is the root package. */
    private static final Map<String, Set<String>> DEPENDENCIES = Map.ofEntries(
            Map.entry("", Set.of("settings", "database", "daemon", "cli")),
            Map.entry("settings", Set.of("job")),
            Map.entry("database", Set.of("job", "file")),
            Map.entry("log", Set.of()),
            Map.entry("file", Set.of()),
            Map.entry("job", Set.of()),
            Map.entry("image", Set.of("job")),
            Map.entry("convert", Set.of("job", "image", "file")),
            Map.entry("drop", Set.of("job", "file")),
            // outage classification and session settings
            Map.entry("queue", Set.of("job", "database")),
            Map.entry("linode", Set.of("job")),
            // a probe checks whether Linode is available
            Map.entry("worker", Set.of("job", "queue", "linode")),
            Map.entry("step", Set.of("job", "image", "convert", "drop", "queue", "linode", "worker")),
            // reads Retry-After as the API's client does, and waits for the database as the runs do
            Map.entry("notify", Set.of("job", "queue", "linode", "worker")),
            Map.entry("family", Set.of("job", "queue", "linode", "worker")),
            // migrates the schema at the start
            Map.entry(
                    "daemon",
                    Set.of(
                            "job",
                            "image",
                            "convert",
                            "drop",
                            "queue",
                            "linode",
                            "worker",
                            "step",
                            "notify",
                            "family",
                            "database")),
            // uses the advice for file names of the drop folder, and copies the database
            Map.entry("cli", Set.of("job", "image", "drop", "settings", "database")),
            Map.entry("web", Set.of("job", "drop", "queue", "worker", "daemon")));

    /** The classes that can use the system clock, sleep or create random numbers, each with its reason. All others get them injected. */
    private static final Map<String, String> EDGES = Map.of(
            "cli.Commands", "waits between two calls to a daemon",
            "database.EmbeddedDatabase", "creates the clock and the database password before the container starts",
            "database.PostgresServer", "waits for another process",
            "database.SchemaMigration", "waits for an unavailable database",
            "queue.InstanceName", "creates a unique instance name",
            "daemon.Daemon", "waits for an unmounted folder",
            "daemon.Composition", "provides the clock that is injected everywhere",
            "worker.LeaseKeeper", "sends heartbeats");

    private static final JavaClasses MAIN = new ClassFileImporter()
            // any folder of test classes, also the one of quick builds
            .withImportOption(location -> !location.contains("/test-classes/"))
            .importPackages(ROOT);

    @Test
    void packages_have_exactly_the_declared_dependencies() {
        Map<String, Set<String>> used = new TreeMap<>();
        for (JavaClass each : MAIN) {
            Set<String> targets = used.computeIfAbsent(packageOf(each), name -> new TreeSet<>());
            each.getDirectDependenciesFromSelf().stream()
                    .map(dependency -> dependency.getTargetClass().getBaseComponentType())
                    .filter(ArchitectureTest::isOurs)
                    .map(ArchitectureTest::packageOf)
                    .filter(name -> !name.equals(packageOf(each)))
                    .forEach(targets::add);
        }

        assertThat(used).containsExactlyInAnyOrderEntriesOf(DEPENDENCIES);
    }

    @Test
    void packages_have_no_cycles() {
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(MAIN);
    }

    @Test
    void core_uses_no_framework() {
        classes()
                .that()
                .resideInAPackage(ROOT + ".job..")
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(ROOT + ".job..", "java..", "org.jspecify.annotations.."))
                .check(MAIN);
    }

    @Test
    void main_code_does_not_use_the_simulator() {
        noClasses()
                .should()
                .dependOnClassesThat(resideInAPackage(ROOT + ".simulator.."))
                .check(MAIN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jakarta.inject.Inject",
                "org.eclipse.microprofile.config.inject.ConfigProperty",
                "jakarta.persistence.PersistenceContext"
            })
    void dependencies_are_injected_by_constructor(String annotation) {
        noFields().should().beAnnotatedWith(annotation).check(MAIN);
    }

    @Test
    void classes_log_only_with_jboss_logging() {
        noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + ".log..") // formats the records of all handlers
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage("java.util.logging..", "org.slf4j..", "org.apache.commons.logging.."))
                .check(MAIN);
    }

    @Test
    void only_edge_classes_use_the_clock_or_random_numbers() {
        Set<String> users = MAIN.stream()
                .filter(each -> each.getAccessesFromSelf().stream()
                        .anyMatch(access -> access instanceof JavaCodeUnitAccess<?> call && TIME_OR_CHANCE.test(call)))
                .map(each -> each.getName().replaceFirst("[$].*", "").substring(ROOT.length() + 1))
                .collect(Collectors.toSet());

        assertThat(users).containsExactlyInAnyOrderElementsOf(EDGES.keySet());
    }

    /** Excludes {@code System.nanoTime()}, which only measures durations that no test has to control. */
    private static final DescribedPredicate<JavaCodeUnitAccess<?>> TIME_OR_CHANCE =
            DescribedPredicate.describe("use the clock or random numbers", call -> {
                String owner = call.getTargetOwner().getName();
                String name = call.getTarget().getName();
                return switch (name) {
                    case "now" -> owner.startsWith("java.time.");
                    case "system", "systemUTC", "systemDefaultZone", "tick" ->
                        Set.of("java.time.InstantSource", "java.time.Clock").contains(owner);
                    case "currentTimeMillis" -> owner.equals("java.lang.System");
                    case "sleep" ->
                        Set.of("java.lang.Thread", "java.util.concurrent.TimeUnit")
                                .contains(owner);
                    case "random" -> owner.equals("java.lang.Math") || owner.equals("java.lang.StrictMath");
                    case "current" -> owner.equals("java.util.concurrent.ThreadLocalRandom");
                    case "<init>" ->
                        Set.of(
                                        "java.util.Date",
                                        "java.util.Random",
                                        "java.util.SplittableRandom",
                                        "java.security.SecureRandom")
                                .contains(owner);
                    default -> false;
                };
            });

    /** {@code job.Reason} describes failures for users. Class names belong only in stack traces. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "job",
                "image",
                "convert",
                "drop",
                "cli",
                "settings",
                "linode",
                "queue",
                "worker",
                "step",
                "notify",
                "family",
                "daemon",
                "database"
            })
    void messages_contain_no_class_names(String packageName) {
        noClasses()
                .that()
                .resideInAPackage(ROOT + "." + packageName + "..")
                .and()
                .doNotHaveFullyQualifiedName(ROOT + ".job.Reason")
                .should()
                .callCodeUnitWhere(DescribedPredicate.describe("return the name of a class", call -> {
                    String owner = call.getTargetOwner().getName();
                    String name = call.getTarget().getName();
                    return switch (name) {
                        case "getSimpleName", "getName", "getTypeName", "getCanonicalName" ->
                            owner.equals("java.lang.Class");
                        default -> false;
                    };
                }))
                .check(MAIN);
    }

    private static boolean isOurs(JavaClass each) {
        return each.getPackageName().equals(ROOT) || each.getPackageName().startsWith(ROOT + ".");
    }

    /** Returns the feature package: the first segment after the root. */
    private static String packageOf(JavaClass each) {
        String name = each.getPackageName();
        return name.equals(ROOT) ? "" : name.substring(ROOT.length() + 1).split("[.]", -1)[0];
    }
}
