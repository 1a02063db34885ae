package dev.imageferry.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.MediaType;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Tells in the OpenAPI document what any operation may be answered with, and shows an example of each answer. */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public final class CommonAnswers implements OASFilter {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The file in openapi/ by the name of a schema. */
    private static final Map<String, String> EXAMPLES = Map.of(
            "JobView", "job",
            "HistoryEntry", "history-entry",
            "Summary", "summary",
            "DropFile", "drop-file",
            "Problem", "problem");

    @Override
    public void filterOpenAPI(OpenAPI document) {
        for (PathItem path : document.getPaths().getPathItems().values()) {
            path.getOperations().forEach((method, operation) -> {
                describe(method, operation);
                operation.getResponses().getAPIResponses().values().forEach(CommonAnswers::addExample);
            });
        }
    }

    private static void describe(PathItem.HttpMethod method, Operation operation) {
        add(operation, "400", "the request is malformed, or its host cannot be told");
        add(operation, "401", "imageferry.api.token is set and not shown");
        add(operation, "406", "the header Accept allows no JSON");
        add(operation, "429", "too many wrong tokens came from its address; Retry-After says when to try again");
        add(operation, "421", "its host is not in imageferry.api.hosts");
        add(operation, "503", "the database is away or the daemon still starts; Retry-After tells when to ask again");
        if (method != PathItem.HttpMethod.GET) {
            add(operation, "403", "it comes from another site");
        }
        if (operation.getRequestBody() != null) {
            add(operation, "408", "the body does not arrive within 10 seconds");
            add(operation, "413", "the body is too large");
            add(operation, "415", "the body's Content-Type is not one that is read here");
        }
    }

    private static void add(Operation operation, String status, String description) {
        if (operation.getResponses().getAPIResponse(status) == null) {
            operation
                    .getResponses()
                    .addAPIResponse(
                            status,
                            OASFactory.createAPIResponse()
                                    .description(description)
                                    .content(OASFactory.createContent()
                                            .addMediaType(
                                                    ApiProblem.MEDIA_TYPE,
                                                    OASFactory.createMediaType()
                                                            .schema(OASFactory.createSchema()
                                                                    .ref("Problem")))));
        }
    }

    private static void addExample(APIResponse answer) {
        if (answer.getContent() == null) {
            return;
        }
        for (MediaType type : answer.getContent().getMediaTypes().values()) {
            JsonNode example = example(type.getSchema());
            if (example != null) {
                type.setExample(example);
            }
        }
    }

    private static @Nullable JsonNode example(@Nullable Schema schema) {
        if (schema == null) {
            return null;
        }
        if (schema.getItems() != null) {
            JsonNode item = example(schema.getItems());
            return item == null ? null : JSON.createArrayNode().add(item);
        }
        String name = schema.getRef() == null
                ? ""
                : schema.getRef().substring(schema.getRef().lastIndexOf('/') + 1);
        if (name.equals("JobPage")) {
            ObjectNode page = JSON.createObjectNode();
            page.putArray("items").add(read("job"));
            return page.putNull("next");
        }
        String file = EXAMPLES.get(name);
        return file == null ? null : read(file);
    }

    private static JsonNode read(String name) {
        String file = "/openapi/" + name + ".json";
        try (InputStream stream = Objects.requireNonNull(CommonAnswers.class.getResourceAsStream(file), file)) {
            return JSON.readTree(stream);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
