package dev.zerohop.okhttp;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.WebSocket;
import okhttp3.WebSocketListener;
import okio.BufferedSink;
import org.jspecify.annotations.Nullable;

/** The ways in which a call ends. Each of them may also fail in any other way, since endpoints come and go meanwhile. */
enum Ending {
    SUCCESS((fleet, random) -> fleet.text("/ok")),
    POST((fleet, random) -> finish(fleet.client, fleet.request("/ok").post(RequestBody.create("x", null)))),
    ERROR((fleet, random) -> fleet.text("/error")),
    OVERLOADED((fleet, random) -> close(fleet.client, fleet.request("/busy"))),
    NO_ANSWER((fleet, random) -> fleet.text("/drop")),
    NO_ANSWER_TO_A_POST(
            (fleet, random) -> finish(fleet.client, fleet.request("/drop").post(RequestBody.create("x", null)))),
    ANSWER_CUT((fleet, random) -> fleet.text("/cut")),
    BODY_UNREAD((fleet, random) -> close(fleet.client, fleet.request("/long"))),
    BODY_HALF_READ((fleet, random) -> {
        try (Response response =
                fleet.client.newCall(fleet.request("/long").build()).execute()) {
            response.body().source().skip(random.nextInt(100_000));
        }
    }),
    BODY_FORGOTTEN((fleet, random) -> {
        if (random.nextInt(3) == 0) {
            fleet.client
                    .newCall(fleet.request("/long").build())
                    .execute()
                    .body()
                    .source()
                    .skip(10);
            fleet.forgotten.incrementAndGet();
        }
    }),
    TRAILERS_ONLY((fleet, random) ->
            fleet.client.newCall(fleet.request("/trailers").build()).execute().trailers()),
    FROM_THE_CACHE((fleet, random) -> finish(fleet.caching, fleet.request("/cached"))),
    REQUEST_BODY_BROKEN(
            (fleet, random) -> finish(fleet.client, fleet.request("/ok").post(new BrokenBody()))),

    CANCELLED_BEFORE((fleet, random) -> {
        Call call = fleet.client.newCall(fleet.request("/ok").build());
        call.cancel();
        call.execute().close();
    }),
    CANCELLED_AT_ONCE((fleet, random) -> {
        Call call = fleet.client.newCall(fleet.request("/stall").build());
        CompletableFuture<@Nullable Response> ended = enqueue(call);
        call.cancel();
        await(ended);
    }),
    CANCELLED_WAITING((fleet, random) -> {
        Request.Builder request = fleet.request("/stall");
        CompletableFuture<Void> arrived = fleet.stall(request);
        Call call = fleet.client.newCall(request.build());
        CompletableFuture<@Nullable Response> ended = enqueue(call);
        await(CompletableFuture.anyOf(arrived, ended));
        call.cancel();
        await(ended);
    }),
    CANCELLED_READING((fleet, random) -> {
        Call call = fleet.client.newCall(fleet.request("/long").build());
        // Never closed: the cancel is the end.
        call.execute().body().source().skip(10);
        call.cancel();
    }),
    EVENTS_CANCELLED((fleet, random) -> {
        Call call = fleet.client.newCall(fleet.request("/events").build());
        try (Response response = call.execute()) {
            response.body().source().readUtf8Line();
            CompletableFuture.runAsync(call::cancel);
            while (response.body().source().readUtf8Line() != null) {
                // Until the cancel.
            }
        }
    }),
    CALL_TIMEOUT((fleet, random) -> {
        Call call = fleet.client.newCall(fleet.request("/stall").build());
        call.timeout().timeout(1 + random.nextInt(30), TimeUnit.MILLISECONDS);
        call.execute().close();
    }),
    DEADLINE((fleet, random) -> {
        Call call = fleet.client.newCall(fleet.request("/stall").build());
        call.timeout().deadline(1 + random.nextInt(30), TimeUnit.MILLISECONDS);
        call.execute().close();
    }),
    READ_TIMEOUT((fleet, random) -> {
        OkHttpClient impatient =
                fleet.client.newBuilder().readTimeout(20, TimeUnit.MILLISECONDS).build();
        finish(impatient, fleet.request("/stall"));
    }),
    INTERRUPTED((fleet, random) -> {
        Thread.currentThread().interrupt();
        fleet.text("/ok");
    }),
    INTERRUPTED_WAITING((fleet, random) -> {
        Request.Builder request = fleet.request("/stall");
        Thread caller = Thread.currentThread();
        CompletableFuture<Void> arrived = fleet.stall(request).thenRun(caller::interrupt);
        Call call = fleet.client.newCall(request.build());
        // A read that has begun does not notice an interrupt.
        call.timeout().timeout(200, TimeUnit.MILLISECONDS);
        try {
            call.execute().close();
        } finally {
            arrived.cancel(false);
        }
    }),

    OWNER_AWAITED_AND_CANCELLED((fleet, random) -> {
        Call call = fleet.client.newCall(unowned(random));
        CompletableFuture<@Nullable Response> ended = enqueue(call);
        if (random.nextBoolean()) {
            fleet.text("/ok");
        }
        call.cancel();
        await(ended);
    }),
    OWNER_AWAITED_TO_THE_DEADLINE((fleet, random) -> {
        Call call = fleet.client.newCall(unowned(random));
        call.timeout().timeout(20, TimeUnit.MILLISECONDS);
        call.execute().close();
    }),
    OWNER_AWAITED_AND_INTERRUPTED((fleet, random) -> {
        Thread.currentThread().interrupt();
        fleet.client.newCall(unowned(random)).execute().close();
    }),

    INTERCEPTOR_THROWS((fleet, random) -> {
        OkHttpClient broken = fleet.client
                .newBuilder()
                .addInterceptor(chain -> {
                    if (random.nextBoolean()) {
                        chain.proceed(chain.request()).close();
                    }
                    throw new IllegalStateException("the interceptor is broken");
                })
                .build();
        close(broken, fleet.request("/long"));
    }),
    /** OkHttp closes nothing then, and says so in a log only. */
    CALLBACK_THROWS((fleet, random) -> {
        CompletableFuture<Void> called = new CompletableFuture<>();
        fleet.client.newCall(fleet.request("/long").build()).enqueue(new Callback() {
            @Override
            public void onFailure(Call call, IOException failure) {
                called.complete(null);
            }

            @Override
            public void onResponse(Call call, Response response) throws IOException {
                fleet.forgotten.incrementAndGet();
                called.complete(null);
                throw new IOException("the callback is broken");
            }
        });
        await(called);
    }),
    REDIRECTED_TO_ANOTHER_SERVICE((fleet, random) -> fleet.text("/away")),
    REDIRECTED_THERE_AND_BACK(
            (fleet, random) -> finish(fleet.client, fleet.request("/round").post(RequestBody.create("x", null)))),
    ROUTING_CLOSED((fleet, random) -> {
        ZerohopOkHttp own = fleet.ownRouting();
        OkHttpClient client = fleet.install(own).build();
        try {
            Request.Builder stalling = new Request.Builder().url("http://own/stall");
            CompletableFuture<Void> arrived = fleet.stall(stalling);
            Call waiting = client.newCall(stalling.build());
            CompletableFuture<@Nullable Response> ended = enqueue(waiting);
            Response reading = client.newCall(
                            new Request.Builder().url("http://own/long").build())
                    .execute();
            await(CompletableFuture.anyOf(arrived, ended));
            own.close();
            waiting.cancel();
            await(ended);
            reading.close();
        } finally {
            own.close();
            client.dispatcher().executorService().shutdown();
        }
    }),

    SOCKET_CLOSED((fleet, random) -> socket(fleet, "/echo", socket -> socket.close(1000, "done"))),
    SOCKET_CANCELLED((fleet, random) -> socket(fleet, "/echo", WebSocket::cancel)),
    SOCKET_FAILED((fleet, random) -> socket(fleet, "/cut-socket", socket -> {})),
    SOCKET_REFUSED((fleet, random) -> socket(fleet, "/no-socket", socket -> {}));

    private final Way way;

    Ending(Way way) {
        this.way = way;
    }

    private interface Way {
        void run(SoakFleet fleet, Random random) throws Exception;
    }

    private interface OnEcho {
        void run(WebSocket socket);
    }

    /** Those that can be had with this protocol. */
    static List<Ending> of(Protocol protocol) {
        return Arrays.stream(values())
                .filter(way -> protocol == Protocol.HTTP_1_1 || !way.name().startsWith("SOCKET"))
                .toList();
    }

    void run(SoakFleet fleet, Random random) throws Exception {
        way.run(fleet, random);
    }

    private static void finish(OkHttpClient client, Request.Builder request) throws IOException {
        try (Response response = client.newCall(request.build()).execute()) {
            response.body().bytes();
        }
    }

    private static void close(OkHttpClient client, Request.Builder request) throws IOException {
        client.newCall(request.build()).execute().close();
    }

    /** For an endpoint that is never there, or one that comes and goes. */
    private static Request unowned(Random random) {
        return new Request.Builder()
                .url("http://shards/ok?user=" + (1 + random.nextInt(2)))
                .build();
    }

    private static CompletableFuture<@Nullable Response> enqueue(Call call) {
        CompletableFuture<@Nullable Response> ended = new CompletableFuture<>();
        call.enqueue(new Callback() {
            @Override
            public void onFailure(Call ignored, IOException failure) {
                ended.complete(null);
            }

            @Override
            public void onResponse(Call ignored, Response response) {
                response.close();
                ended.complete(response);
            }
        });
        return ended;
    }

    private static void await(CompletableFuture<?> future) throws Exception {
        future.get(120, TimeUnit.SECONDS);
    }

    /** Sends a word over a WebSocket, does something when it comes back, and waits for the end. */
    private static void socket(SoakFleet fleet, String path, OnEcho onEcho) throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        WebSocket socket = fleet.client.newWebSocket(fleet.request(path).build(), new WebSocketListener() {
            @Override
            public void onMessage(WebSocket socket, String text) {
                onEcho.run(socket);
            }

            @Override
            public void onClosed(WebSocket socket, int code, String reason) {
                ended.countDown();
            }

            @Override
            public void onFailure(WebSocket socket, Throwable failure, @Nullable Response response) {
                ended.countDown();
            }
        });
        socket.send("hi");
        if (!ended.await(120, TimeUnit.SECONDS)) {
            throw new AssertionError("the WebSocket " + path + " did not end");
        }
    }

    private static final class BrokenBody extends RequestBody {
        @Override
        public @Nullable MediaType contentType() {
            return null;
        }

        @Override
        public void writeTo(BufferedSink sink) throws IOException {
            sink.writeUtf8("half");
            throw new IOException("the body is broken");
        }
    }
}
