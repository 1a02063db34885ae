package dev.imageferry.web;

import dev.imageferry.daemon.DropUpload;
import dev.imageferry.daemon.QueueView;
import dev.imageferry.drop.Incoming.Receipt;
import io.smallrye.common.annotation.NonBlocking;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
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
    private final Receivers receivers;

    DropResource(QueueView queue, DropUpload upload, Receivers receivers) {
        this.queue = queue;
        this.upload = upload;
        this.receivers = receivers;
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
    @NonBlocking
    @Operation(
            operationId = "putIntoDropFolder",
            summary = "Puts an image or a sidecar into the drop folder",
            description = "It gets its name when it is complete: as long as Content-Length says, and of the digest in"
                    + " Repr-Digest (sha-256, sha-512) where one is sent. Nothing is overwritten. The name is the"
                    + " percent-decoded path, which has to be UTF-8; it is never altered.")
    @Parameter(
            name = "path",
            in = ParameterIn.PATH,
            required = true,
            description = "path relative to the drop folder",
            schema = @Schema(implementation = String.class))
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
            responseCode = "408",
            description = "it arrives at less than 4096 bytes a second",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    @APIResponse(
            responseCode = "503",
            description =
                    "the folder is not there, or 16 files are being received already; Retry-After says when to send"
                            + " it again",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    @APIResponse(
            responseCode = "507",
            description = "the disk has no room for it beside the files that are being received",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    public Uni<Response> put(
            @HeaderParam("Content-Length") @Parameter(hidden = true) @Nullable String length,
            @HeaderParam("Repr-Digest") @Nullable String digest,
            @Context @Parameter(hidden = true) RoutingContext context) {
        IncomingBody body = receivers.open(context);
        String path;
        try {
            path = DropPath.of(context.request());
        } catch (IllegalArgumentException e) {
            throw new ProblemException(at -> ApiProblem.badName(String.valueOf(e.getMessage()), at));
        }
        if (length == null) {
            throw new ProblemException(at -> ApiProblem.lengthRequired(at));
        }
        Map<String, byte[]> digests;
        try {
            digests = digest == null ? Map.of() : ReprDigest.parse(digest);
        } catch (IllegalArgumentException e) {
            throw new ProblemException(at -> ApiProblem.badParameter(String.valueOf(e.getMessage()), at));
        }
        return receivers.receive(body, content -> answer(upload.take(path, content, Long.parseLong(length), digests)));
    }

    private static Response answer(Receipt receipt) {
        return switch (receipt) {
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
