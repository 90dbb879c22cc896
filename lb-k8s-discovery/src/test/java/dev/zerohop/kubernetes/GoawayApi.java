package dev.zerohop.kubernetes;

import io.fabric8.kubernetes.api.model.ListMetaBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceListBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.net.SelfSignedCertificate;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * An API server over TLS that offers HTTP/2 and HTTP/1.1, as real ones do: it sends GOAWAY with each answer to a client that it does not know, and on request
 * with every answer ({@code --goaway-chance}).
 */
final class GoawayApi implements AutoCloseable {
    private final Vertx vertx = Vertx.vertx();
    private final SelfSignedCertificate certificate = SelfSignedCertificate.create("localhost");
    private final HttpServer server;

    /** The protocol of each request. */
    final List<HttpVersion> versions = new CopyOnWriteArrayList<>();

    /** Codes of the answers to lists and watches. */
    final List<Integer> answers = new CopyOnWriteArrayList<>();

    final List<ServerWebSocket> watches = new CopyOnWriteArrayList<>();

    /** The one token that it accepts; null for any. */
    volatile String token;

    volatile boolean goawayAlways;

    volatile EndpointSlice slice = ScriptedApi.versioned(Slices.slice("a"), "5");

    GoawayApi() throws Exception {
        server = vertx.createHttpServer(new HttpServerOptions()
                        .setHost("localhost")
                        .setPort(0)
                        .setSsl(true)
                        .setUseAlpn(true)
                        .setKeyCertOptions(certificate.keyCertOptions()))
                .requestHandler(this::answer)
                .webSocketHandler(this::watch)
                .listen()
                .toCompletionStage()
                .toCompletableFuture()
                .get(60, TimeUnit.SECONDS);
    }

    URI uri() {
        return URI.create("https://localhost:" + server.actualPort());
    }

    Path ca() {
        return Path.of(certificate.certificatePath());
    }

    private boolean knows(String authorization) {
        String accepted = token;
        return accepted == null || ("Bearer " + accepted).equals(authorization);
    }

    private void answer(HttpServerRequest request) {
        versions.add(request.version());
        boolean known = knows(request.getHeader("Authorization"));
        if (request.version() == HttpVersion.HTTP_2 && (goawayAlways || !known)) {
            // Go's server says so before the answer, and that all streams there are will still be answered.
            request.connection().goAway(0, Integer.MAX_VALUE);
        }
        answers.add(known ? 200 : 401);
        String body = known
                ? Serialization.asJson(new EndpointSliceListBuilder()
                        .withMetadata(new ListMetaBuilder()
                                .withResourceVersion(slice.getMetadata().getResourceVersion())
                                .build())
                        .withItems(slice)
                        .build())
                : ScriptedApi.statusJson(401, "Unauthorized");
        request.response()
                .setStatusCode(known ? 200 : 401)
                .putHeader("Content-Type", "application/json")
                .end(body);
    }

    private void watch(ServerWebSocket socket) {
        boolean known = knows(socket.headers().get("Authorization"));
        answers.add(known ? 101 : 401);
        if (known) {
            socket.accept();
            watches.add(socket);
        } else {
            socket.reject(401);
        }
    }

    @Override
    public void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
        certificate.delete();
    }
}
