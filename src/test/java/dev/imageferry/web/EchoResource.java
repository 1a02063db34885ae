package dev.imageferry.web;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** Takes a body, as later calls do: what is wrong with bodies is answered for all of them in one place. */
@Path("/api/v1/echo")
final class EchoResource {
    /**
     * A body.
     *
     * @param priority a number
     */
    record Body(int priority) {}

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(hidden = true)
    public Body echo(Body body) {
        return body;
    }
}
