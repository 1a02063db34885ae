package dev.imageferry.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.imageferry.SettableClock;
import dev.imageferry.drop.MetadataReader;
import dev.imageferry.job.ErrorCode;
import dev.imageferry.job.ImageMetadata;
import dev.imageferry.job.Problem;
import dev.imageferry.linode.HttpLinodeImages;
import dev.imageferry.linode.LinodeSettings;
import dev.imageferry.linode.NewImage;
import dev.imageferry.linode.TokenSource;
import dev.imageferry.simulator.Answer;
import dev.imageferry.simulator.Effect;
import dev.imageferry.simulator.Fault;
import dev.imageferry.simulator.Operation;
import dev.imageferry.simulator.SimulatedLinode;
import dev.imageferry.simulator.SimulatorOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The regions of images by the listing of the simulated Linode. */
class KnownRegionsTest {
    private final SimulatedLinode linode = SimulatedLinode.start(SimulatorOptions.forTests());
    private final SettableClock clock = new SettableClock();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final HttpLinodeImages images = new HttpLinodeImages(
            linode.uri(),
            new TokenSource(new Settings(Optional.of(linode.token()), Optional.empty(), linode.uri())),
            "1.2.3",
            InstantSource.system(),
            clock,
            registry);
    private final KnownRegions regions = new KnownRegions(images);

    record Settings(Optional<String> token, Optional<Path> tokenFile, URI url) implements LinodeSettings {}

    @AfterEach
    void stop() {
        linode.close();
    }

    private Optional<Problem> problem(String region, String... replicateTo) throws InterruptedException {
        return regions.problem(new MetadataReader.Result.Read(
                new ImageMetadata("debian-12", "", region, List.of(), false, List.of(replicateTo), 0),
                null,
                "x.img.gz.yaml line 2 key region",
                ".imageferry.yaml line 5 key replicateTo"));
    }

    private int listings() {
        return linode.requests(Operation.REGIONS).size();
    }

    private static Answer listing(JsonObject... regions) {
        return Answer.json(
                200,
                new JsonObject()
                        .put("data", new JsonArray(List.of(regions)))
                        .put("page", 1)
                        .put("pages", 1)
                        .put("results", regions.length));
    }

    private static JsonObject core(String id) {
        return new JsonObject()
                .put("id", id)
                .put("site_type", "core")
                .put("capabilities", new JsonArray().add("Linodes").add("Object Storage"));
    }

    @Test
    void a_region_that_takes_uploads_is_accepted() throws InterruptedException {
        assertThat(problem("us-ord", "us-iad", "nl-ams")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "us-orrd, which is not a region of Linode, us-ord",
        "us_ord, which is not a region of Linode, us-ord",
        "us-den-edge-1, 'a distributed region of Linode, which takes no images', us-iad-2",
        "us-west, 'a region of Linode without Object Storage, which takes no images', us-east"
    })
    void a_region_without_images_is_refused_with_similar_names(String region, String why, String similar)
            throws InterruptedException {
        Problem problem = problem(region).orElseThrow();

        assertThat(problem.code()).isEqualTo(ErrorCode.BAD_METADATA);
        assertThat(problem.message())
                .startsWith("x.img.gz.yaml line 2 key region is \"" + region + "\", " + why + ": ")
                .contains(similar);
        assertThat(problem.message().replaceFirst(".*Similar names: ", "").split(", "))
                .hasSize(3)
                .allSatisfy(id -> assertThat(problem(id)).isEmpty());
    }

    @Test
    void the_most_similar_name_is_first() throws InterruptedException {
        assertThat(problem("us-se").orElseThrow().message()).endsWith("Similar names: us-sea, us-east, us-iad");
    }

    @Test
    void a_bad_region_of_a_copy_is_refused() throws InterruptedException {
        assertThat(problem("us-ord", "us-iad", "us-central").orElseThrow().message())
                .startsWith(".imageferry.yaml line 5 key replicateTo has the entry \"us-central\", a region of Linode"
                        + " without Object Storage");
    }

    @Test
    void a_region_that_only_the_create_call_refuses_is_accepted() throws InterruptedException {
        assertThat(problem("gb-lon")).isEmpty();
    }

    @Test
    void the_listing_is_kept_for_a_day() throws InterruptedException {
        problem("us-ord");
        clock.advance(Duration.ofHours(24).minusNanos(1));
        problem("us-ord");
        assertThat(listings()).isOne();

        clock.advance(Duration.ofNanos(1));
        problem("us-ord");

        assertThat(listings()).isEqualTo(2);
        assertThat(registry.get("imageferry_linode_request")
                        .tag("operation", "regions")
                        .tag("status", "200")
                        .timer()
                        .count())
                .isEqualTo(2);
    }

    @Test
    void many_jobs_share_one_listing() throws Exception {
        linode.script(Fault.on(Operation.REGIONS, new Effect.DelayAnswer(Duration.ofMillis(200))));
        try (ExecutorService jobs = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Optional<Problem>>> results = new ArrayList<>();
            for (int job = 0; job < 50; job++) {
                String region = job % 2 == 0 ? "us-ord" : "us-orrd";
                results.add(jobs.submit(() -> problem(region)));
            }
            for (int job = 0; job < 50; job++) {
                assertThat(results.get(job).get().isPresent()).isEqualTo(job % 2 == 1);
            }
        }
        assertThat(listings()).isOne();
    }

    @Test
    void a_region_that_linode_added_during_the_day_is_accepted() throws InterruptedException {
        linode.script(Fault.answer(Operation.REGIONS, listing(core("us-iad"))));
        assertThat(problem("us-iad")).isEmpty();
        clock.advance(Duration.ofMinutes(1));

        assertThat(problem("us-ord")).isEmpty();
        assertThat(listings()).isEqualTo(2);
    }

    @Test
    void wrong_names_cause_one_listing_a_minute() throws InterruptedException {
        for (int job = 0; job < 10; job++) {
            assertThat(problem("us-orrd")).isPresent();
            clock.advance(Duration.ofSeconds(10));
        }
        assertThat(listings()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"region", "regions", ""})
    void the_listing_is_repeated_after_linode_refused_a_region(String field) throws InterruptedException {
        problem("us-ord");
        Answer refusal = field.isEmpty()
                ? Answer.error(400, "This Region takes no images")
                : Answer.fieldError(400, field, "Not valid");
        linode.script(Fault.answer(Operation.CREATE, refusal));
        images.create(new NewImage("debian-12", "us-ord", "", false, List.of()));

        problem("us-ord");
        assertThat(listings()).as("too soon").isOne();
        clock.advance(Duration.ofMinutes(1));
        linode.script(Fault.answer(Operation.REGIONS, listing(core("us-iad"))));

        assertThat(problem("us-ord")).isPresent();
        assertThat(listings()).isEqualTo(2);
    }

    @Test
    void the_listing_is_not_repeated_after_another_refusal() throws InterruptedException {
        problem("us-ord");
        linode.script(Fault.answer(Operation.CREATE, Answer.fieldError(400, "label", "Too long")));
        linode.script(Fault.answer(Operation.CREATE, Answer.nginx(400, "Bad Region")));
        images.create(new NewImage("debian-12", "us-ord", "", false, List.of()));
        images.create(new NewImage("debian-12", "us-ord", "", false, List.of()));
        clock.advance(Duration.ofMinutes(1));

        problem("us-ord");

        assertThat(listings()).isOne();
    }

    static Stream<Arguments> noListings() {
        return Stream.of(
                Arguments.of("proxy page", Fault.answer(Operation.REGIONS, Answer.garbage())),
                Arguments.of("bad gateway", Fault.answer(Operation.REGIONS, Answer.badGateway())),
                Arguments.of("firewall", Fault.answer(Operation.REGIONS, Answer.nginx(403, "Forbidden"))),
                Arguments.of("refused", Fault.answer(Operation.REGIONS, Answer.error(403, "Unauthorized"))),
                Arguments.of("not found", Fault.answer(Operation.REGIONS, Answer.notFound())),
                Arguments.of("maintenance", Fault.answer(Operation.REGIONS, Answer.maintenance())),
                Arguments.of(
                        "rate limit", Fault.answer(Operation.REGIONS, Answer.tooManyRequests(Duration.ofSeconds(1)))),
                Arguments.of("no answer", Fault.on(Operation.REGIONS, new Effect.CutBeforeHandling())),
                Arguments.of("half an answer", Fault.on(Operation.REGIONS, new Effect.TruncateAnswer(2000))),
                Arguments.of(
                        "no length",
                        Fault.answer(
                                Operation.REGIONS,
                                Answer.json(200, new JsonObject().put("data", new JsonArray().add(core("us-iad")))))),
                Arguments.of(
                        "a part of the list",
                        Fault.answer(
                                Operation.REGIONS,
                                Answer.json(
                                        200,
                                        new JsonObject()
                                                .put("data", new JsonArray().add(core("us-iad")))
                                                .put("pages", 1)
                                                .put("results", 2)))),
                Arguments.of("an empty list", Fault.answer(Operation.REGIONS, listing())),
                Arguments.of("no ids", Fault.on(Operation.REGIONS, new Effect.WithoutField("id"))),
                Arguments.of(
                        "other capabilities",
                        Fault.on(
                                Operation.REGIONS,
                                new Effect.WithField("capabilities", new JsonArray().add("Block Storage")))),
                Arguments.of(
                        "other site types", Fault.on(Operation.REGIONS, new Effect.WithField("site_type", "metro"))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("noListings")
    void without_a_listing_every_region_is_accepted(String name, Fault fault) throws InterruptedException {
        linode.script(fault);

        assertThat(problem("us-orrd")).isEmpty();
        assertThat(problem("us-west")).isEmpty();
        assertThat(listings()).as("not asked again at once").isOne();
    }

    @Test
    void a_failed_listing_is_repeated_after_a_minute() throws InterruptedException {
        linode.script(Fault.answer(Operation.REGIONS, Answer.badGateway()));
        assertThat(problem("us-orrd")).isEmpty();
        clock.advance(Duration.ofMinutes(1));

        assertThat(problem("us-orrd")).isPresent();
    }

    @Test
    void a_known_listing_refuses_nothing_while_linode_is_away() throws InterruptedException {
        problem("us-ord");
        clock.advance(Duration.ofMinutes(1));
        linode.script(Fault.answer(Operation.REGIONS, Answer.badGateway()).always());

        assertThat(problem("us-orrd")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"site_type", "capabilities"})
    void an_unknown_property_is_no_reason_to_refuse_a_region(String field) throws InterruptedException {
        linode.script(Fault.on(Operation.REGIONS, new Effect.WithoutField(field)));

        assertThat(problem("us-orrd")).isPresent();
        assertThat(problem("us-den-edge-1")).as("by the other property").isPresent();
        assertThat(problem("us-west").isPresent()).isEqualTo(field.equals("site_type"));
    }
}
