package dev.imageferry.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.PathItem;
import org.eclipse.microprofile.openapi.models.media.MediaType;
import org.eclipse.microprofile.openapi.models.media.Schema;
import org.eclipse.microprofile.openapi.models.parameters.Parameter;
import org.eclipse.microprofile.openapi.models.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Adds the answers that all operations have in common, and examples, to the OpenAPI document. */
@OpenApiFilter(stages = OpenApiFilter.RunStage.BUILD)
public final class CommonAnswers implements OASFilter {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** File in {@code openapi/} by schema name. */
    private static final Map<String, String> EXAMPLES = Map.of(
            "JobView", "job",
            "HistoryEntry", "history-entry",
            "Summary", "summary",
            "DropFile", "drop-file",
            "ManyChanged", "many-changed",
            "Problem", "problem");

    @Override
    public void filterOpenAPI(OpenAPI document) {
        addSelection(document);
        document.getPaths()
                .getPathItems()
                .forEach((path, item) -> item.getOperations().forEach((method, operation) -> {
                    addCommon(path, method, operation);
                    operation.getResponses().getAPIResponses().forEach(CommonAnswers::complete);
                }));
    }

    /** A change of many jobs selects them as the list does. */
    private static void addSelection(OpenAPI document) {
        List<Parameter> selection = document.getPaths().getPathItem("/api/v1/jobs").getGET().getParameters().stream()
                .filter(parameter -> JobQuery.FILTERS.contains(parameter.getName()))
                .toList();
        for (String path : List.of("/api/v1/jobs/cancel", "/api/v1/jobs/retry")) {
            document.getPaths().getPathItem(path).getPOST().setParameters(selection);
        }
    }

    private static void addCommon(String path, PathItem.HttpMethod method, Operation operation) {
        add(operation, "400", "A parameter, the body or the Host header is invalid");
        add(operation, "401", "The token (imageferry.api.token) is missing or wrong");
        add(operation, "406", "The Accept header excludes JSON");
        add(operation, "429", "Too many wrong tokens from this address. Try again after Retry-After");
        add(operation, "421", "The Host header is not in imageferry.api.hosts");
        add(operation, "503", "The database is unavailable, or the daemon is starting. Try again after Retry-After");
        if (path.startsWith("/api/v1/jobs/{id}")) {
            add(operation, "404", "No job has this id");
        }
        if (path.startsWith("/api/v1/families/")) {
            add(operation, "404", "No image of the family is available");
        }
        if (path.startsWith("/api/v1/families")) {
            add(operation, "304", "Nothing has changed since the answer with the ETag of If-None-Match");
        }
        if (method != PathItem.HttpMethod.GET) {
            add(operation, "403", "The request comes from another site");
        }
        if (operation.getRequestBody() != null) {
            add(operation, "408", "The body did not arrive within 10 seconds");
            add(operation, "413", "The body is too large");
            add(operation, "415", "The Content-Type of the body is not supported");
        }
    }

    private static void add(Operation operation, String status, String description) {
        if (operation.getResponses().getAPIResponse(status) == null) {
            operation
                    .getResponses()
                    .addAPIResponse(status, OASFactory.createAPIResponse().description(description));
        }
    }

    /** Adds the schema of errors, and an example. */
    private static void complete(String status, APIResponse answer) {
        if (status.startsWith("4") || status.startsWith("5")) {
            answer.setContent(OASFactory.createContent()
                    .addMediaType(
                            ApiProblem.MEDIA_TYPE,
                            OASFactory.createMediaType()
                                    .schema(OASFactory.createSchema().ref("Problem"))));
        }
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
        if (schema.getOneOf() != null) {
            return example(schema.getOneOf().getFirst());
        }
        String name = schema.getRef() == null
                ? ""
                : schema.getRef().substring(schema.getRef().lastIndexOf('/') + 1);
        if (name.equals("JobPage")) {
            ObjectNode page = JSON.createObjectNode();
            page.putArray("items").add(read("job"));
            return page.putNull("next");
        }
        if (name.equals("Family")) {
            ObjectNode family = JSON.createObjectNode();
            family.put("name", "debian-12").put("keep", 3).put("kept", 3).put("retired", 12);
            return family.set("newest", read("job"));
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
