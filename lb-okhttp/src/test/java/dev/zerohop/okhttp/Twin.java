package dev.zerohop.okhttp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import mockwebserver3.RecordedRequest;
import okhttp3.Connection;
import okhttp3.Headers;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.jspecify.annotations.Nullable;

/**
 * Three hosts on real servers, and a use of a client that is run with plain OkHttp and through zerohop. Through zerohop "orders" and "users" are services
 * of one endpoint each and "elsewhere" is not routed. URLs carry the servers' real ports, so that they are the same for both.
 */
final class Twin implements AutoCloseable {
    private static final HeldCertificate CERTIFICATE = new HeldCertificate.Builder()
            .addSubjectAlternativeName("orders")
            .addSubjectAlternativeName("users")
            .addSubjectAlternativeName("elsewhere")
            .build();
    private static final HandshakeCertificates SERVER_TLS =
            new HandshakeCertificates.Builder().heldCertificate(CERTIFICATE).build();
    private static final HandshakeCertificates CLIENT_TLS = new HandshakeCertificates.Builder()
            .addTrustedCertificate(CERTIFICATE.certificate())
            .build();

    /** What a server sees of a client that is not of interest here. */
    private static final Set<String> USUAL =
            Set.of("user-agent", "accept-encoding", "connection", "sec-websocket-key", "sec-websocket-accept");

    final TestServer orders;
    final TestServer users;
    final TestServer elsewhere;
    private final Set<String> tls;

    /** What can be seen of a call, and from where. */
    enum View {
        /** By the caller: status, headers, body, the chain of prior responses, or the exception. */
        RESULT,
        /** By the servers. */
        SERVERS,
        /** By an interceptor that was added before zerohop. */
        OUTER,
        /** By an interceptor that was added after zerohop. */
        INNER,
        /** By a network interceptor. */
        NETWORK,
        /** By an event listener. */
        EVENTS
    }

    /** What one client did. */
    static final class Seen {
        private final Map<View, List<String>> lines = new EnumMap<>(View.class);
        private final List<Arrival> arrivals = Collections.synchronizedList(new ArrayList<>());

        Seen() {
            for (View view : View.values()) {
                lines.put(view, Collections.synchronizedList(new ArrayList<>()));
            }
        }

        void add(View view, String line) {
            of(view).add(line);
        }

        List<String> of(View view) {
            return lines.get(view);
        }

        /** What came to the servers, in the order of time. */
        List<Arrival> arrivals() {
            return arrivals;
        }
    }

    /** A request as a server got it. */
    record Arrival(String host, RecordedRequest request) {}

    /** A client under test, and the notes that are taken of it. */
    record Session(OkHttpClient client, Seen seen, boolean routed) {
        void send(Request request) {
            try (Response response = client.newCall(request).execute()) {
                note(describe(response) + " <" + response.body().string() + ">");
            } catch (IOException failure) {
                note(failure.getClass().getName());
            }
        }

        void get(String url) {
            send(new Request.Builder().url(url).build());
        }

        void note(String line) {
            seen.add(View.RESULT, line);
        }
    }

    /** What is done with the client. */
    interface Use {
        void with(Session session) throws Exception;
    }

    /** No TLS anywhere. */
    static Twin clear() throws IOException {
        return new Twin(Set.of());
    }

    /** TLS on these hosts. */
    static Twin tls(String... hosts) throws IOException {
        return new Twin(Set.of(hosts));
    }

    private Twin(Set<String> tls) throws IOException {
        this.tls = tls;
        this.orders = server("orders");
        this.users = server("users");
        this.elsewhere = server("elsewhere");
    }

    private TestServer server(String host) throws IOException {
        return new TestServer(host, tls.contains(host) ? SERVER_TLS.sslSocketFactory() : null, List.of());
    }

    private List<TestServer> servers() {
        return List.of(orders, users, elsewhere);
    }

    String url(TestServer server, String path) {
        return (tls.contains(server.id) ? "https://" : "http://") + server.id + ":" + server.port() + path;
    }

    /** Runs the use with plain OkHttp. */
    Seen plain(Consumer<OkHttpClient.Builder> before, Consumer<OkHttpClient.Builder> after, Use use) throws Exception {
        Seen seen = new Seen();
        run(client(before, after, null, seen), seen, false, use);
        return seen;
    }

    /** Runs the use through zerohop, which is installed between the two parts of the client's configuration. */
    Seen zerohop(Consumer<OkHttpClient.Builder> before, Consumer<OkHttpClient.Builder> after, Use use)
            throws Exception {
        Seen seen = new Seen();
        try (ZerohopOkHttp routing = ZerohopOkHttp.builder()
                .route("orders", "static:///127.0.0.1:" + orders.port())
                .route("users", "static:///127.0.0.1:" + users.port())
                .build()) {
            run(client(before, after, routing, seen), seen, true, use);
        }
        return seen;
    }

    private void run(OkHttpClient client, Seen seen, boolean routed, Use use) throws Exception {
        for (TestServer server : servers()) {
            server.observer = request -> {
                seen.arrivals().add(new Arrival(server.id, request));
                seen.add(View.SERVERS, server.id + " " + describe(request));
            };
        }
        try {
            use.with(new Session(client, seen, routed));
        } finally {
            client.dispatcher().executorService().shutdown();
            client.connectionPool().evictAll();
        }
    }

    private OkHttpClient client(
            Consumer<OkHttpClient.Builder> before,
            Consumer<OkHttpClient.Builder> after,
            @Nullable ZerohopOkHttp routing,
            Seen seen) {
        OkHttpClient.Builder builder = new OkHttpClient.Builder()
                .dns(Twin::lookup)
                .sslSocketFactory(CLIENT_TLS.sslSocketFactory(), CLIENT_TLS.trustManager())
                .eventListenerFactory(call -> new EventNames(seen.of(View.EVENTS)))
                .addInterceptor(noting(seen, View.OUTER));
        before.accept(builder);
        if (routing != null) {
            routing.install(builder);
        }
        builder.addInterceptor(noting(seen, View.INNER)).addNetworkInterceptor(noting(seen, View.NETWORK));
        after.accept(builder);
        return builder.build();
    }

    private static List<InetAddress> lookup(String host) throws UnknownHostException {
        if (Set.of("orders", "users", "elsewhere").contains(host)) {
            return List.of(InetAddress.getByAddress(host, new byte[] {127, 0, 0, 1}));
        }
        throw new UnknownHostException(host);
    }

    private static Interceptor noting(Seen seen, View view) {
        return chain -> {
            Request request = chain.request();
            Connection connection = chain.connection();
            String where = connection == null
                    ? ""
                    : " over " + connection.route().socketAddress() + " " + connection.protocol();
            seen.add(view, "-> " + describe(request) + where);
            try {
                Response response = chain.proceed(request);
                seen.add(view, "<- " + describe(response));
                return response;
            } catch (IOException failure) {
                seen.add(view, "<- " + failure.getClass().getName());
                throw failure;
            }
        };
    }

    static String describe(Request request) {
        return request.method() + " " + request.url() + describe(request.headers());
    }

    static String describe(Response response) {
        StringBuilder text = new StringBuilder();
        text.append(response.code()).append(describe(response.headers()));
        if (response.cacheResponse() != null) {
            text.append(" cached");
        }
        if (response.networkResponse() != null) {
            text.append(" network");
        }
        text.append(" of ").append(describe(response.request()));
        Response prior = response.priorResponse();
        return prior == null ? text.toString() : text + " after (" + describe(prior) + ")";
    }

    private static String describe(RecordedRequest request) {
        String body = request.getBody() == null ? "" : request.getBody().utf8();
        return request.getMethod() + " " + request.getTarget() + describe(request.getHeaders())
                + (body.isEmpty() ? "" : " <" + body + ">");
    }

    private static String describe(Headers headers) {
        Map<String, String> kept = new LinkedHashMap<>();
        for (String name : new TreeSet<>(headers.names())) {
            if (!USUAL.contains(name.toLowerCase(Locale.ROOT)) && !name.equalsIgnoreCase("Date")) {
                kept.put(name, String.join("|", headers.values(name)));
            }
        }
        return kept.isEmpty() ? "" : " " + kept;
    }

    @Override
    public void close() {
        servers().forEach(TestServer::close);
    }
}
