package dev.imageferry.web;

import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** Reads a JSON body, to test the errors of invalid bodies. */
@Path("/api/v1/echo")
final class EchoResource {
    /** The body. */
    record Body(int priority) {}

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(hidden = true)
    public Body echo(Body body) {
        return body;
    }
}
