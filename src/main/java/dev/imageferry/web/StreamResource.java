package dev.imageferry.web;

import dev.imageferry.daemon.LiveJobs;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.smallrye.mutiny.Multi;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.time.Duration;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;

/** Live updates of the jobs. */
@Path("/api/v1/stream")
@Tag(name = "jobs", description = "One job per dropped file")
final class StreamResource {
    /** Many proxies close a connection after a minute without data. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(15);

    private final LiveJobs live;

    StreamResource(LiveJobs live) {
        this.live = live;
    }

    /** Streams server-sent events until the client disconnects. */
    @GET
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @Operation(
            operationId = "streamJobs",
            summary = "Streams the changes of all jobs as server-sent events",
            description =
                    "`job` is a Job that is new or has changed. `progress` is `{\"id\",\"bytesSent\",\"bytesPerSecond\"}`. The"
                            + " stream starts with all jobs that are not archived or were archived within the last minute, so that"
                            + " nothing is lost across a reconnect. A client that does not read is disconnected.")
    @APIResponse(
            responseCode = "200",
            description = "The events",
            content =
                    @Content(mediaType = MediaType.SERVER_SENT_EVENTS, schema = @Schema(implementation = String.class)))
    public Multi<OutboundSseEvent> stream(
            @Context @Parameter(hidden = true) Sse sse, @Context @Parameter(hidden = true) HttpServerRequest request) {
        Multi<OutboundSseEvent> events = live.watch(() -> cut(request)).map(event -> switch (event) {
            case LiveJobs.Event.Changed changed -> event(sse, "job", changed.job());
            case LiveJobs.Event.Progressed progressed -> event(sse, "progress", progressed);
        });
        Multi<OutboundSseEvent> heartbeats = Multi.createFrom()
                .ticks()
                .every(HEARTBEAT)
                .onOverflow()
                .drop()
                .map(tick -> sse.newEventBuilder().comment("alive").build());
        return Multi.createBy().merging().streams(events, heartbeats);
    }

    /**
     * Closes the connection at once, and drops what is pending in our buffers and the kernel's. Resetting the response or closing
     * the connection would write that first, which never ends if the client does not read.
     */
    @SuppressWarnings("FutureReturnValueIgnored")
    private static void cut(HttpServerRequest request) {
        Channel channel = ((ConnectionBase) request.connection()).channel();
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        channel.close();
    }

    private static OutboundSseEvent event(Sse sse, String name, Object data) {
        return sse.newEventBuilder()
                .name(name)
                .mediaType(MediaType.APPLICATION_JSON_TYPE)
                .data(data)
                .build();
    }
}
