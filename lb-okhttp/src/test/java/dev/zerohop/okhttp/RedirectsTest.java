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
}
