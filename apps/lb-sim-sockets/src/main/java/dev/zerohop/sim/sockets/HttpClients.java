package dev.zerohop.sim.sockets;

import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import dev.zerohop.okhttp.Idempotent;
import dev.zerohop.okhttp.NoEndpointIOException;
import dev.zerohop.okhttp.ZerohopOkHttp;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import okhttp3.Call;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** Clients of OkHttp, one for each client of the scenario; a thread for each call under way. Thread-safe. */
final class HttpClients implements Clients {
    private static final String SERVICE = "simulated";
    private static final int TOO_MANY_REQUESTS = 429;

    /** The call that this thread runs; OkHttp makes all its attempts on it. */
    private static final ThreadLocal<RunningCall> RUNNING = new ThreadLocal<>();

    private final List<Client> clients = new ArrayList<>();
    private final Map<Integer, Integer> placeByPort;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "zerohop-sim-http");
        thread.setDaemon(true);
        return thread;
    });

    private record Client(ZerohopOkHttp routing, OkHttpClient http) {}

    private HttpClients(Map<Integer, Integer> placeByPort) {
        this.placeByPort = placeByPort;
    }

    /** Starts all of them, each with the settings of its number; connections are made by the first calls. */
    static HttpClients of(ServerProcesses servers, IntFunction<BalancerSettings> settings, int count)
            throws IOException, InterruptedException {
        HttpClients clients = new HttpClients(servers.placeByPort(Transport.HTTP));
        String target = servers.target(Transport.HTTP);
        boolean started = false;
        try {
            List<Ready> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Ready ready = clients.new Picks();
                all.add(ready);
                clients.add(target, settings.apply(i), ready);
            }
            for (Ready ready : all) {
                ready.await();
            }
            started = true;
            return clients;
        } finally {
            if (!started) {
                clients.close();
            }
        }
    }

    private void add(String target, BalancerSettings settings, Ready listener) {
        // The routing makes the balancer: so load probes go over its transport.
        ZerohopOkHttp routing = ZerohopOkHttp.builder()
                .route(SERVICE, target)
                .settings(settings)
                .listener(listener)
                .build();
        OkHttpClient http = routing.install(new OkHttpClient.Builder()
                        // The time of each call is its own.
                        .readTimeout(Duration.ZERO)
                        .writeTimeout(Duration.ZERO))
                .build();
        clients.add(new Client(routing, http));
    }

    @Override
    public void call(RunningCall running) {
        threads.execute(() -> {
            RUNNING.set(running);
            try {
                running.ended(outcome(running));
            } finally {
                RUNNING.remove();
            }
        });
    }

    /** A call ends, whatever is thrown. */
    private @Nullable Outcome outcome(RunningCall running) {
        try {
            return execute(running);
        } catch (RuntimeException broken) {
            return Outcome.TRANSPORT_FAILURE;
        }
    }

    private @Nullable Outcome execute(RunningCall running) {
        Request request = new Request.Builder()
                .url("http://" + SERVICE + "/")
                .header(HttpFront.WORK, Long.toString(running.planned().workNanos()))
                .tag(Idempotent.class, Idempotent.NO)
                .build();
        Call call = clients.get(running.planned().client()).http().newCall(request);
        long left = running.leftNanos();
        if (left <= 0) {
            return Outcome.TIMEOUT;
        }
        call.timeout().timeout(left, TimeUnit.NANOSECONDS);
        try (Response response = call.execute()) {
            response.body().bytes();
            return switch (response.code()) {
                case HttpURLConnection.HTTP_OK -> Outcome.SUCCESS;
                case TOO_MANY_REQUESTS -> Outcome.OVERLOADED;
                default -> Outcome.ERROR_RESPONSE;
            };
        } catch (NoEndpointIOException none) {
            return null;
        } catch (InterruptedIOException late) {
            return Outcome.TIMEOUT;
        } catch (IOException broken) {
            return Outcome.TRANSPORT_FAILURE;
        }
    }

    @Override
    public void close() {
        threads.shutdown();
        for (Client client : clients) {
            client.routing().close();
            client.http().connectionPool().evictAll();
        }
    }

    /** Sees where the attempts of the thread's call go. */
    private final class Picks extends Ready {
        Picks() {
            super(false);
        }

        @Override
        public void onPick(String service, Endpoint endpoint) {
            RunningCall running = RUNNING.get();
            Integer place = placeByPort.get(endpoint.port());
            if (running != null && place != null) {
                running.attempted(place);
            }
        }
    }
}
