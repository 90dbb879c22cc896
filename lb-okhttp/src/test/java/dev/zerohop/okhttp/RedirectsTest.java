package dev.zerohop.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import okhttp3.HttpUrl;
import okhttp3.Request;
import org.junit.jupiter.api.Test;

class RedirectsTest {
    @Test
    void whatWasSaidOfTheAttemptBeforeIsNotSaidToTheNextService() {
        Request told = new Request.Builder()
                .url("http://orders/1")
                .header(RoutingInterceptor.NOT_OWNER, "true")
                .header(RoutingInterceptor.SHARD_EPOCH, "7")
                .header("X-Trace", "t")
                .build();
        Request next = Redirects.followUp(told, 302, HttpUrl.get("http://users/1"));
        assertThat(next).isNotNull();
        assertThat(next.headers().names()).containsExactly("X-Trace");
        assertThat(next.url().host()).isEqualTo("users");
    }

    @Test
    void oneServiceIsOneSchemeHostAndPort() {
        HttpUrl orders = HttpUrl.get("http://orders:8443/1");
        assertThat(Redirects.sameOrigin(orders, HttpUrl.get("http://orders:8443/2?q=1")))
                .isTrue();
        for (String other : new String[] {"https://orders:8443/1", "http://orders:8444/1", "http://users:8443/1"}) {
            assertThat(Redirects.sameOrigin(orders, HttpUrl.get(other)))
                    .as(other)
                    .isFalse();
        }
    }
}
