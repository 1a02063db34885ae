package dev.imageferry.web;

import dev.imageferry.daemon.QueueView;
import dev.imageferry.job.JobView;
import io.quarkus.qute.TemplateInstance;
import io.vertx.core.http.HttpServerRequest;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/**
 * The page, written here to the last word; the scripts in {@code page/} fetch it anew when something has happened and put what
 * is different in place.
 */
@Path("/")
@Produces(LogInResource.HTML)
final class PageResource {
    private final QueueView queue;
    private final Credentials credentials;
    private final ProblemMapper problems;

    PageResource(QueueView queue, Credentials credentials, ProblemMapper problems) {
        this.queue = queue;
        this.credentials = credentials;
        this.problems = problems;
    }

    /** The whole queue. */
    @GET
    @Operation(hidden = true)
    public Response overview(@Context UriInfo uri) {
        JobSearch search = JobSearch.of(uri.getQueryParameters());
        QueueView.Summary summary = queue.summary();
        JobPage jobs = JobPage.of(queue.list(search.filter()));
        return html(200, Templates.overview(frame(summary), Overview.of(search, summary, jobs, queue.dropFiles())));
    }

    /** One job. */
    @GET
    @Path("jobs/{id}")
    @Operation(hidden = true)
    public Response job(@PathParam("id") String id) {
        UUID known = JobId.parse(id).orElseThrow(() -> noSuchJob(id));
        JobView job = queue.find(known).orElseThrow(() -> noSuchJob(id));
        QueueView.Summary summary = queue.summary();
        JobDetail detail = JobDetail.of(job, queue.history(known).orElseThrow(() -> noSuchJob(id)), summary);
        return html(200, Templates.job(frame(summary), detail));
    }

    /** A page that cannot be shown; it asks again by itself. */
    @ServerExceptionMapper
    public Response inTrouble(Exception exception, HttpServerRequest request) {
        ApiProblem problem = problems.problem(exception, request);
        return html(problem.status(), Templates.trouble(problem));
    }

    private Frame frame(QueueView.Summary summary) {
        return Frame.of(summary, queue.bandwidth().orElse(""), credentials.areAsked());
    }

    private static Response html(int status, TemplateInstance template) {
        return Response.status(status)
                .type(LogInResource.HTML)
                .entity(template.render())
                .build();
    }

    private static ProblemException noSuchJob(String id) {
        return new ProblemException(path -> ApiProblem.noSuchJob(id, path));
    }
}
