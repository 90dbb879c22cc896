package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.EndpointSelector;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import mockwebserver3.RecordedRequest;
import okhttp3.ResponseBody;
import org.junit.jupiter.api.Test;
import retrofit2.Call;
import retrofit2.Retrofit;
import retrofit2.http.GET;
import retrofit2.http.Path;
import retrofit2.http.Tag;

class RetrofitTest {

    interface Orders {
        @GET("v1/{id}")
        Call<ResponseBody> order(@Path("id") String id);

        @GET("v1/keyed")
        Call<ResponseBody> keyed(@Tag EndpointSelector key);
    }

    private static Orders orders(Rig rig) {
        return new Retrofit.Builder()
                .baseUrl("http://orders/")
                .client(rig.client)
                .build()
                .create(Orders.class);
    }

    @Test
    void aRetrofitServiceIsBalancedWithoutAnyChange() throws Exception {
        try (Rig rig = Rig.roundRobin()) {
            List<TestServer> servers = rig.servers(3);
            Orders orders = orders(rig);
            Set<String> seen = new HashSet<>();
            for (int i = 0; i < 9; i++) {
                seen.add(body(orders.order("42")));
            }
            assertThat(seen).containsExactlyInAnyOrder("s0", "s1", "s2");
            assertThat(servers.get(0).log)
                    .hasSize(3)
                    .extracting(RecordedRequest::getTarget)
                    .containsOnly("/v1/42");
            assertThat(rig.inFlight()).isZero();
        }
    }

    @Test
    void aTagParameterIsTheKey() throws Exception {
        try (Rig rig = new Rig(TestPolicies.byOrdinal(null))) {
            rig.servers(3);
            Orders orders = orders(rig);
            // Retrofit tags by the parameter's declared type.
            assertThat(body(orders.keyed(EndpointSelector.of(2)))).isEqualTo("s2");
            assertThat(body(orders.keyed(() -> 1))).isEqualTo("s1");
        }
    }

    private static String body(Call<ResponseBody> call) throws IOException {
        try (ResponseBody body = call.execute().body()) {
            return body.string();
        }
    }
}
