package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.OkHttpClient;
import okhttp3.Route;
import org.junit.jupiter.api.Test;

/** OkHttp keeps the routes whose first request failed for as long as the client lives; endpoints come and go. */
class ForgottenRoutesTest {

    @Test
    void endpointsThatFailedAndLeftAreNotKeptByTheClient() throws Exception {
        try (Rig rig = Rig.roundRobin();
                TestServer server = new TestServer("a")) {
            server.answers(new MockResponse.Builder().onResponseStart(new SocketEffect.CloseSocket()));
            List<WeakReference<EndpointRoute>> routes = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                rig.resolver.push(Endpoint.builder("127.0.0.1", server.port())
                        .id("pod-" + i)
                        .build());
                int number = i;
                Rig.await()
                        .until(() -> rig.balancer
                                .current()
                                .snapshot()
                                .members()
                                .get(0)
                                .endpoint()
                                .id()
                                .equals("pod-" + number));
                routes.add(fail(rig));
                int left = i;
                Rig.await().until(() -> rig.zerohop.routes() <= 1 || left == 0);
            }
            rig.resolver.push(
                    Endpoint.builder("127.0.0.1", server.port()).id("last").build());
            Rig.await().until(() -> rig.zerohop.routes() == 0);
            assertThat(failedRoutes(rig.client))
                    .as("one per address that is known to have failed, not one per endpoint that ever had it")
                    .hasSizeLessThanOrEqualTo(2);
            // Not all: a thread of OkHttp's that waits for work may hold the last call that it worked for.
            Rig.await().until(() -> {
                System.gc();
                return routes.stream().filter(route -> route.get() != null).count() <= 2;
            });
        }
    }

    private static WeakReference<EndpointRoute> fail(Rig rig) {
        okhttp3.Call call = rig.call(Rig.post("/", "x"));
        assertThatThrownBy(call::execute).isInstanceOf(IOException.class);
        return new WeakReference<>(call.tag(CallState.class).route());
    }

    /** OkHttp shows them nowhere else. */
    @SuppressWarnings("unchecked")
    private static Iterable<Route> failedRoutes(OkHttpClient client) throws ReflectiveOperationException {
        Object database = client.getClass().getMethod("getRouteDatabase$okhttp").invoke(client);
        return (Iterable<Route>)
                database.getClass().getMethod("getFailedRoutes").invoke(database);
    }
}
