package dev.imageferry.web;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.imageferry.daemon.QueueControl;
import dev.imageferry.daemon.QueueView;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** The queue as a whole. */
@Path("/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "queue", description = "The queue as a whole.")
final class QueueResource {
    private final QueueView queue;
    private final QueueControl control;

    QueueResource(QueueView queue, QueueControl control) {
        this.queue = queue;
        this.control = control;
    }

    /** The whole queue in figures. */
    @GET
    @Path("/summary")
    @Operation(
            operationId = "getSummary",
            summary = "Shows the whole queue in figures, and what keeps it from going on",
            description = "Every state is in `jobs`; `totals` are exact over restarts; `blocked` is empty when all"
                    + " work can be done; `simulated` is true when what is called Linode is a simulator.")
    @APIResponse(responseCode = "200", description = "the figures")
    public QueueView.Summary summary() {
        return queue.summary();
    }

    /**
     * How many bytes a second may be sent over the whole queue.
     *
     * @param limit {@code 10M}, {@code off}; null for what the setting says
     */
    @Schema(name = "BandwidthLimit", additionalProperties = Schema.False.class)
    record BandwidthLimit(
            @JsonProperty(required = true)
            @Schema(
                    required = true,
                    nullable = true,
                    examples = "10M",
                    description = "bytes a second, `off`, or null: what the setting says")
            @Nullable
            String limit) {}

    /** What was set for the bandwidth. */
    @GET
    @Path("/bandwidth")
    @Operation(
            operationId = "getBandwidth",
            summary = "Shows what was set for the bandwidth of the whole queue",
            description = "null: the setting imageferry.upload.bandwidth counts.")
    @APIResponse(responseCode = "200", description = "what was set")
    public BandwidthLimit bandwidth() {
        return new BandwidthLimit(control.bandwidth().orElse(null));
    }

    /** Sets the bandwidth for running uploads too, on all instances, over restarts. */
    @PUT
    @Path("/bandwidth")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "setBandwidth",
            summary = "Sets the bandwidth of the whole queue, live, on all instances, over restarts")
    @APIResponse(responseCode = "200", description = "what is set now")
    @APIResponse(
            responseCode = "400",
            description = "the body cannot be used",
            content = @Content(mediaType = ApiProblem.MEDIA_TYPE, schema = @Schema(implementation = ApiProblem.class)))
    public BandwidthLimit setBandwidth(@Nullable BandwidthLimit wanted) {
        if (wanted == null) {
            throw new ProblemException(path ->
                    ApiProblem.badBody("send {\"limit\":\"10M\"}, {\"limit\":\"off\"} or {\"limit\":null}", path));
        }
        try {
            control.setBandwidth(wanted.limit());
        } catch (IllegalArgumentException e) {
            throw new ProblemException(path -> ApiProblem.badBody(String.valueOf(e.getMessage()), path));
        }
        return wanted;
    }

    /** Lets no new upload begin, on any instance, over restarts; those under way finish. */
    @POST
    @Path("/queue/pause")
    @Operation(operationId = "pauseQueue", summary = "Lets no new upload begin, on any instance, over restarts")
    @APIResponse(responseCode = "204", description = "paused; uploads under way finish")
    public void pause() {
        control.pause();
    }

    /** Lets uploads begin again. */
    @POST
    @Path("/queue/resume")
    @Operation(operationId = "resumeQueue", summary = "Lets uploads begin again")
    @APIResponse(responseCode = "204", description = "resumed")
    public void resume() {
        control.resume();
    }
}
