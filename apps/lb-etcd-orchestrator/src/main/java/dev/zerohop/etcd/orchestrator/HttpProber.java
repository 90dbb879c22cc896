package dev.zerohop.etcd.orchestrator;

import dev.zerohop.Endpoint;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** A GET whose status must be in a range. Redirects are not followed; connections are reused between probes. */
final class HttpProber implements Prober {
    private final HttpClient client;
    private final HttpGet get;

    HttpProber(HttpGet get, Executor executor) {
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                // No system proxy: it would be probed instead of the endpoint.
                .proxy(HttpClient.Builder.NO_PROXY)
                .executor(executor)
                .build();
        this.get = get;
    }

    @Override
    public Target connect(Endpoint endpoint) {
        return answer -> {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + endpoint.address() + get.path()))
                    .header("User-Agent", "zerohop-health")
                    .build();
            CompletableFuture<HttpResponse<Void>> call =
                    client.sendAsync(request, HttpResponse.BodyHandlers.discarding());
            call.whenComplete((response, thrown) ->
                    answer.accept(thrown == null ? get.wrong(response.statusCode()) : Prober.reason(thrown)));
            return () -> call.cancel(true);
        };
    }
}
