package dev.imageferry.web;

import dev.imageferry.drop.Incoming.Receipt;
import dev.imageferry.upload.DropUpload;
import dev.imageferry.upload.QueueView;
import io.smallrye.common.annotation.Blocking;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The drop folder. */
@Path("/api/v1/drop")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "drop", description = "The drop folder.")
final class DropResource {
    private final QueueView queue;
    private final DropUpload upload;

    DropResource(QueueView queue, DropUpload upload) {
        this.queue = queue;
        this.upload = upload;
    }

    /** What lies in the folder and is no job. */
    @GET
    @Operation(
            operationId = "listDropFolder",
            summary = "Lists what lies in the drop folder and is no job, with the reason",
            description = "`status` is `settling` for what may yet become a job, `ignored` for what will not.")
    @APIResponse(responseCode = "200", description = "the files")
    public List<QueueView.DropFile> drop() {
        return queue.dropFiles();
    }

    /** Puts a file into the folder. */
    @PUT
    @Path("/{path: .+}")
    @Consumes(MediaType.WILDCARD)
    @Blocking
    @Operation(
            operationId = "putIntoDropFolder",
            summary = "Puts an image or a sidecar into the drop folder",
            description = "It gets its name when it is complete: as long as Content-Length says, and of the digest in"
                    + " Repr-Digest (sha-256, sha-512) where one is sent. Nothing is overwritten.")
    @RequestBody(
            content =
                    @Content(
                            mediaType = MediaType.APPLICATION_OCTET_STREAM,
                            schema = @Schema(type = SchemaType.STRING, format = "binary")))
    @APIResponse(
            responseCode = "201",
            description = "it is there, and settles",
            content = @Content(schema = @Schema(implementation = QueueView.DropFile.class)))
    @APIResponse(
            responseCode = "400",
            description = "the name or the content is not as it has to be",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    @APIResponse(
            responseCode = "409",
            description = "the name is taken",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    @APIResponse(
            responseCode = "411",
            description = "there is no Content-Length",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    @APIResponse(
            responseCode = "413",
            description = "it is larger than imageferry.limits.compressed",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    @APIResponse(
            responseCode = "503",
            description = "the folder is not there",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    @APIResponse(
            responseCode = "507",
            description = "the disk has no room for it",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    public Response put(
            @PathParam("path") String path,
            @HeaderParam("Content-Length") @Parameter(hidden = true) @Nullable String length,
            @HeaderParam("Repr-Digest") @Nullable String digest,
            @Parameter(hidden = true) InputStream content,
            @Context @Parameter(hidden = true) HttpServerRequest request)
            throws IOException {
        if (length == null) {
            throw new ProblemException(at -> ApiProblem.lengthRequired(at));
        }
        Map<String, byte[]> digests;
        try {
            digests = digest == null ? Map.of() : ReprDigest.parse(digest);
        } catch (IllegalArgumentException e) {
            throw new ProblemException(at -> ApiProblem.badParameter(String.valueOf(e.getMessage()), at));
        }
        return switch (upload.take(path, content, Long.parseLong(length), digests)) {
            case Receipt.Stored stored ->
                Response.status(Response.Status.CREATED)
                        .entity(new QueueView.DropFile(
                                stored.path(), stored.bytes(), "settling", "just arrived (imageferry.drop.settle)"))
                        .build();
            case Receipt.BadName bad -> throw new ProblemException(at -> ApiProblem.badName(bad.reason(), at));
            case Receipt.Damaged damaged -> throw new ProblemException(at -> ApiProblem.damaged(damaged.reason(), at));
            case Receipt.Taken taken -> throw new ProblemException(at -> ApiProblem.nameTaken(taken.reason(), at));
            case Receipt.TooLarge large -> throw new ProblemException(at -> ApiProblem.tooLarge(large.reason(), at));
            case Receipt.NoRoom full -> throw new ProblemException(at -> ApiProblem.noRoom(full.reason(), at));
            case Receipt.Unavailable away ->
                throw new ProblemException(at -> ApiProblem.folderUnavailable(away.reason(), at));
        };
    }
}
