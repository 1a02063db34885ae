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

/** Log-in and log-out of the status page, used if {@code imageferry.api.token} is set. */
@Path("/")
final class LogInResource {
    static final String HTML = "text/html;charset=UTF-8";

    private final Credentials credentials;

    LogInResource(Credentials credentials) {
        this.credentials = credentials;
    }

    /** Redirects to the overview. {@link RequestGuard} shows the form to users who are not logged in. */
    @GET
    @Path("login")
    @Operation(hidden = true)
    public Response loggedIn() {
        return seeOther("/").build();
    }

    /** Checks the token and starts a session. */
    @POST
    @Path("login")
    @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
    @Operation(hidden = true)
    public Response logIn(
            @FormParam("token") @DefaultValue("") String token,
            @FormParam("to") @DefaultValue("/") String to,
            @Context HttpServerRequest request) {
        String page = LogInForm.first(to).to();
        if (!credentials.areRequired()) {
            return seeOther(page).build();
        }
        return switch (credentials.logIn(token.strip(), request, isHttps(request))) {
            case Credentials.LogIn.Started started ->
                seeOther(page).header(HttpHeaders.SET_COOKIE, started.cookie()).build();
            case Credentials.LogIn.WrongToken wrong ->
                showAgain(
                                Response.Status.UNAUTHORIZED,
                                new LogInForm(
                                        page,
                                        "Wrong token. Enter the value of the setting imageferry.api.token of this daemon."))
                        .build();
            case Credentials.LogIn.Throttled throttled ->
                showAgain(
                                Response.Status.TOO_MANY_REQUESTS,
                                new LogInForm(
                                        page,
                                        "Too many wrong tokens from your address. Try again in "
                                                + throttled.delay().toSeconds() + " seconds."))
                        .header(HttpHeaders.RETRY_AFTER, throttled.delay().toSeconds())
                        .build();
        };
    }

    private static Response.ResponseBuilder showAgain(Response.Status status, LogInForm form) {
        return Response.status(status).type(HTML).entity(Templates.logIn(form).render());
    }

    /** Deletes the session cookie of the browser. */
    @POST
    @Path("logout")
    @Operation(hidden = true)
    public Response logOut() {
        return seeOther("/")
                .header(HttpHeaders.SET_COOKIE, Credentials.logOut())
                .build();
    }

    /** Behind a proxy that terminates TLS, only the {@code Origin} header contains the scheme of the page. */
    private static boolean isHttps(HttpServerRequest request) {
        String origin = request.getHeader(io.vertx.core.http.HttpHeaders.ORIGIN);
        return request.isSSL()
                || (origin != null && origin.toLowerCase(Locale.ROOT).startsWith("https://"));
    }

    /** The location is relative, because a proxy may change scheme and host. */
    private static Response.ResponseBuilder seeOther(String to) {
        return Response.status(Response.Status.SEE_OTHER).header(HttpHeaders.LOCATION, to);
    }
}
