package dev.imageferry.web;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.imageferry.daemon.QueueView;
import dev.imageferry.job.Digests;
import dev.imageferry.job.JobView;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.EntityTag;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.HexFormat;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** REST resource of the families. Answers have an entity tag, so that clients that poll get 304 until something changes. */
@Path(FamilyResource.PATH)
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "families", description = "Images of the same family")
final class FamilyResource {
    static final String PATH = "/api/v1/families";

    private final QueueView queue;
    private final ObjectMapper json;

    FamilyResource(QueueView queue, ObjectMapper json) {
        this.queue = queue;
        this.json = json;
    }

    /** Lists the families. */
    @GET
    @Operation(operationId = "listFamilies", summary = "Lists the families that have an image, by name")
    @APIResponse(
            responseCode = "200",
            description = "The families",
            content = @Content(schema = @Schema(type = SchemaType.ARRAY, implementation = QueueView.Family.class)))
    public Response list(@Context @Parameter(hidden = true) Request request) {
        return answer(queue.families(), request);
    }

    /** Lists the images of a family. */
    @GET
    @Path("/{name}")
    @Operation(
            operationId = "getFamily",
            summary = "Lists the jobs of a family that became AVAILABLE, the one that was created last first",
            description = "Includes jobs whose image was deleted, which have `image.retired`.")
    @Parameter(
            name = "limit",
            in = ParameterIn.QUERY,
            description = "Jobs per page",
            schema = @Schema(implementation = Integer.class, minimum = "1", maximum = "500", defaultValue = "50"))
    @Parameter(
            name = "after",
            in = ParameterIn.QUERY,
            description = "The value of `next` of the previous page",
            schema = @Schema(implementation = String.class))
    @APIResponse(
            responseCode = "200",
            description = "The page of jobs",
            content = @Content(schema = @Schema(implementation = JobPage.class)))
    public Response family(
            @PathParam("name") String name,
            @Context @Parameter(hidden = true) UriInfo uri,
            @Context @Parameter(hidden = true) Request request) {
        JobPage page = JobPage.of(queue.list(JobQuery.parseFamily(known(name), uri.getQueryParameters())));
        if (page.items().isEmpty() && !uri.getQueryParameters().containsKey("after")) {
            throw noSuchFamily(name);
        }
        return answer(page, request);
    }

    /** Shows the newest job of a family. */
    @GET
    @Path("/{name}/latest")
    @Operation(
            operationId = "getLatestOfFamily",
            summary = "Shows the job with the newest image of a family that can be deployed",
            description = "The newest is the one whose job was created last.")
    @APIResponse(
            responseCode = "200",
            description = "The job",
            content = @Content(schema = @Schema(implementation = JobView.class)))
    public Response latest(@PathParam("name") String name, @Context @Parameter(hidden = true) Request request) {
        return answer(queue.latest(known(name)).orElseThrow(() -> noSuchFamily(name)), request);
    }

    /** PostgreSQL does not accept NUL in text. */
    private static String known(String name) {
        if (name.indexOf('\0') >= 0) {
            throw noSuchFamily(name);
        }
        return name;
    }

    private Response answer(Object entity, Request request) {
        byte[] body;
        try {
            body = json.writeValueAsBytes(entity);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the answer cannot be written as JSON", e);
        }
        EntityTag tag = new EntityTag(digest(body));
        Response.ResponseBuilder unchanged = request.evaluatePreconditions(tag);
        Response.ResponseBuilder answer = unchanged == null ? Response.ok(body) : unchanged;
        return answer.tag(tag).build();
    }

    private static String digest(byte[] body) {
        return HexFormat.of().formatHex(Digests.of("SHA-256").digest(body), 0, 16);
    }

    private static ProblemException noSuchFamily(String name) {
        return new ProblemException(path -> ApiProblem.noSuchFamily(name, path));
    }
}
