package dev.zerohop.etcd.orchestrator;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A GET whose status must be in a range. Redirects are answers, not followed; connections are kept from probe to probe. */
final class HttpProber implements Prober {
    private final HttpClient client;
    private final String path;
    private final int from;
    private final int to;

    HttpProber(String path, int from, int to, Executor executor) {
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                // A proxy of the system's would be what is judged.
                .proxy(HttpClient.Builder.NO_PROXY)
                .executor(executor)
                .build();
        this.path = path;
        this.from = from;
        this.to = to;
    }

    @Override
    public Target connect(Endpoint endpoint) {
        return new Target() {
            @Override
            public Cancellable probe(Consumer<@Nullable String> answer) {
                HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + endpoint.address() + path))
                        .header("User-Agent", "zerohop-health")
                        .build();
                CompletableFuture<HttpResponse<Void>> call =
                        client.sendAsync(request, HttpResponse.BodyHandlers.discarding());
                call.whenComplete((response, thrown) ->
                        answer.accept(thrown == null ? wrong(response.statusCode()) : Prober.reason(thrown)));
                return () -> call.cancel(true);
            }

            @Override
            public void close() {}
        };
    }

    private @Nullable String wrong(int status) {
        return status >= from && status <= to
                ? null
                : "GET " + path + " answered " + status + ", expected " + from + " to " + to;
    }
}
