package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Env;
import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;

/** Many services in one process need no more threads than one. */
class ManyServicesTest {

    @Test
    void servicesLookForEndpointsThatLeftOneAfterAnother() throws Exception {
        FakeTime time = new FakeTime();
        List<Runnable> blocking = new CopyOnWriteArrayList<>();
        Env env = new Env(time, Env.system().dice(), blocking::add);
        try (TestServer server = new TestServer("a")) {
            String target = "static:///127.0.0.1:" + server.port();
            try (ZerohopOkHttp zerohop = ZerohopOkHttp.builder()
                    .env(env)
                    .route("orders", target)
                    .route("carts", target)
                    .route("users", target)
                    .build()) {
                OkHttpClient client =
                        zerohop.install(new OkHttpClient.Builder()).build();
                for (String name : List.of("orders", "carts", "users")) {
                    Request request =
                            new Request.Builder().url("http://" + name + "/").build();
                    try (Response response = client.newCall(request).execute()) {
                        assertThat(response.code()).isEqualTo(200);
                    }
                }
                time.advance(Duration.ofSeconds(1));
                assertThat(blocking).as("tasks that each want a thread").hasSize(1);
            }
        }
    }
}
