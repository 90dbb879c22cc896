package dev.zerohop.okhttp;

import dev.zerohop.Balancer;
import dev.zerohop.Endpoint;
import dev.zerohop.config.Configurations;
import dev.zerohop.fuzz.AnsweringSockets;
import dev.zerohop.fuzz.Input;
import dev.zerohop.resolver.Resolvers;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;

/**
 * What endpoints answer over HTTP/1: a call that is routed sees what OkHttp by itself would see, to the byte. That is the promise of {@link AnswerBounds}, which follows OkHttp's reading
 * to give it nothing that stands behind an answer.
 */
public final class AnswersFuzz {
    private static final List<String> METHODS = List.of("GET", "HEAD");
    private static final int LONGEST = 1 << 20;
    private static final int ATTEMPTS = 5;

    private static volatile byte[] answer = {};

    private static final OkHttpClient PLAIN = new OkHttpClient.Builder()
            .socketFactory(new AnsweringSockets(() -> answer))
            .protocols(List.of(Protocol.HTTP_1_1))
            .dns(host -> List.of(InetAddress.getLoopbackAddress()))
            .connectionPool(new ConnectionPool(0, 1, TimeUnit.MINUTES))
            .retryOnConnectionFailure(false)
            .followRedirects(false)
            .build();

    private static final OkHttpClient ROUTED = routed();

    private AnswersFuzz() {}

    private static OkHttpClient routed() {
        Balancer balancer = Balancer.builder("orders")
                .resolver(Resolvers.of(List.of(Endpoint.of("127.0.0.1", 80))))
                .settings(Configurations.defaults())
                .build();
        balancer.start();
        return ZerohopOkHttp.builder()
                .route("orders", balancer)
                .build()
                .install(PLAIN.newBuilder())
                .build();
    }

    /** The method on the first line, and behind it all that the endpoint sends. */
    public static void fuzzerTestOneInput(byte[] data) {
        Input input = Input.of(data);
        answer = input.rest().bytes();
        HttpUrl url = HttpUrl.get("http://orders/");
        Request request =
                new Request.Builder().url(url).method(input.word(METHODS), null).build();
        String plain = seen(PLAIN, request);
        String routed = seen(ROUTED, request);
        // A time-out of OkHttp's on a machine that stands still is no difference.
        for (int again = 0; again < ATTEMPTS && !plain.equals(routed); again++) {
            plain = seen(PLAIN, request);
            routed = seen(ROUTED, request);
        }
        if (!plain.equals(routed)) {
            throw new AssertionError("without routing: " + plain + "\nwith routing: " + routed);
        }
    }

    private static String seen(OkHttpClient client, Request request) {
        StringBuilder seen = new StringBuilder();
        try (Response response = client.newCall(request).execute()) {
            seen.append(response.code())
                    .append(' ')
                    .append(response.message())
                    .append('\n')
                    .append(response.headers());
            okio.BufferedSource body = response.body().source();
            while (!body.exhausted() && seen.length() < LONGEST) {
                seen.append((char) body.readByte());
            }
            seen.append(" ends ").append(response.trailers());
        } catch (IOException | RuntimeException failed) {
            // Whichever of the two fails, what was seen before it counts.
            seen.append(" fails");
        }
        return seen.toString();
    }
}
