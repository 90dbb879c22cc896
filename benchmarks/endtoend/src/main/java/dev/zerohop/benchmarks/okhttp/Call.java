package dev.zerohop.benchmarks.okhttp;

import dev.zerohop.config.Configurations;
import dev.zerohop.okhttp.ZerohopOkHttp;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * One GET over one connection on loopback, without TLS: by plain OkHttp, routed, where OkHttp is given no byte past the end of an answer, and routed under
 * {@code strictReuse}, where an answer without a body ends its connection. The server is in the same process, so read the CPU time of the caller's thread.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class Call {
    @Param({"plain", "routed", "strict"})
    String client;

    /** How the answer says where it ends, and how many bytes of body it has. */
    @Param({"none 0", "fixed 100", "fixed 100000", "chunked 100", "chunked 100000"})
    String answer;

    private AnswerServer server;
    private @Nullable ZerohopOkHttp routing;
    private OkHttpClient calls;
    private Request request;

    @Setup
    public void open() throws IOException {
        server = new AnswerServer(AnswerServer.answer(answer));
        String address = "127.0.0.1:" + server.port();
        if (client.equals("plain")) {
            calls = new OkHttpClient();
            request = new Request.Builder().url("http://" + address + "/").build();
            return;
        }
        ZerohopOkHttp.Builder builder =
                ZerohopOkHttp.builder().settings(Configurations.defaults()).route("orders", "static:///" + address);
        routing = (client.equals("strict") ? builder.strictReuse() : builder).build();
        calls = routing.install(new OkHttpClient.Builder()).build();
        request = new Request.Builder().url("http://orders/").build();
    }

    @TearDown
    public void close() throws IOException {
        calls.connectionPool().evictAll();
        if (routing != null) {
            routing.close();
        }
        server.close();
    }

    @Benchmark
    public int call() throws IOException {
        try (Response response = calls.newCall(request).execute()) {
            return response.body().bytes().length;
        }
    }
}
