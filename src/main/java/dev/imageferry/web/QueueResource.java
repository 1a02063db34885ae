package dev.imageferry.web;

import dev.imageferry.upload.QueueControl;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;

/** Steers the whole queue, all instances at once. */
@Path("/api/v1/queue")
public class QueueResource {
    private final QueueControl control;

    QueueResource(QueueControl control) {
        this.control = control;
    }

    @POST
    @Path("/pause")
    @Operation(summary = "Lets no new upload begin, on any instance, over restarts; those under way finish")
    @APIResponse(responseCode = "204", description = "paused")
    public void pause() {
        control.pause();
    }

    @POST
    @Path("/resume")
    @Operation(summary = "Lets uploads begin again")
    @APIResponse(responseCode = "204", description = "resumed")
    public void resume() {
        control.resume();
    }
}
