package dev.imageferry.web;

import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.FormParam;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** The page's log-in, where {@code imageferry.api.token} is set. */
@Path("/")
final class LogInResource {
    static final String HTML = "text/html;charset=UTF-8";

    private final Credentials credentials;

    LogInResource(Credentials credentials) {
        this.credentials = credentials;
    }

    /** Whoever gets here is logged in, or need not be. */
    @GET
    @Path("login")
    @Operation(hidden = true)
    public Response loggedIn() {
        return seeOther("/").build();
    }

    /** Begins a session. */
    @POST
    @Path("login")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(hidden = true)
    public Response logIn(
            @FormParam("token") @DefaultValue("") String token,
            @FormParam("to") @DefaultValue("/") String to,
            @Context HttpServerRequest request) {
        String page = LogInForm.first(to).to();
        if (!credentials.areAsked()) {
            return seeOther(page).build();
        }
        return switch (credentials.logIn(token.strip(), request, isHttps(request))) {
            case Credentials.LogIn.Begun begun ->
                seeOther(page).header(HttpHeaders.SET_COOKIE, begun.cookie()).build();
            case Credentials.LogIn.Wrong wrong ->
                again(Response.Status.UNAUTHORIZED, new LogInForm(page, "This is not the token."))
                        .build();
            case Credentials.LogIn.HeldUp heldUp ->
                again(
                                Response.Status.TOO_MANY_REQUESTS,
                                new LogInForm(
                                        page,
                                        "Too many wrong tokens have come from this address: try again in "
                                                + heldUp.delay().toSeconds() + " seconds."))
                        .header(HttpHeaders.RETRY_AFTER, heldUp.delay().toSeconds())
                        .build();
        };
    }

    private static Response.ResponseBuilder again(Response.Status status, LogInForm form) {
        return Response.status(status).type(HTML).entity(Templates.logIn(form).render());
    }

    /** Ends the browser's session. */
    @POST
    @Path("logout")
    @Operation(hidden = true)
    public Response logOut() {
        return seeOther("/")
                .header(HttpHeaders.SET_COOKIE, Credentials.logOut())
                .build();
    }

    /** TLS may end in front of us: then the page that sends the form tells. */
    private static boolean isHttps(HttpServerRequest request) {
        String origin = request.getHeader(io.vertx.core.http.HttpHeaders.ORIGIN);
        return request.isSSL()
                || (origin != null && origin.toLowerCase(Locale.ROOT).startsWith("https://"));
    }

    /** Relative, as the browser knows better how it came here. */
    private static Response.ResponseBuilder seeOther(String to) {
        return Response.status(Response.Status.SEE_OTHER).header(HttpHeaders.LOCATION, to);
    }
}
