package dev.zerohop.gateway;

import dev.zerohop.fuzz.AnsweringSockets;
import dev.zerohop.fuzz.Input;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Response;
import org.eclipse.jetty.http.BadMessageException;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.ConnectionMetaData;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/** The heads that a gateway passes on, of requests and of answers: what comes out of it is one head, whatever came in. */
public final class HeadsFuzz {
    private static final List<String> KINDS = List.of("answer", "request");
    private static final int MAX_HEAD = 8 << 10;

    private HeadsFuzz() {}

    /** A kind on the first line, and behind it the bytes of a connection. */
    public static void fuzzerTestOneInput(byte[] data) {
        Input input = Input.of(data);
        byte[] bytes = input.rest().bytes();
        if (input.word(KINDS).equals("answer")) {
            answer(bytes);
        } else {
            request(bytes);
        }
    }

    // ---- answers ----

    private static void answer(byte[] bytes) {
        OkHttpClient client = new OkHttpClient.Builder()
                .socketFactory(new AnsweringSockets(() -> bytes))
                .protocols(List.of(Protocol.HTTP_1_1))
                .dns(host -> List.of(InetAddress.getLoopbackAddress()))
                .connectionPool(new ConnectionPool(0, 1, TimeUnit.MINUTES))
                .retryOnConnectionFailure(false)
                .followRedirects(false)
                .build();
        okhttp3.Request request = new okhttp3.Request.Builder()
                .url("http://function/")
                .header("Accept-Encoding", "identity")
                .build();
        try (Response response = client.newCall(request).execute()) {
            if (AnswerHead.fault(response) != null) {
                return;
            }
            HttpFields.Mutable out = HttpFields.build();
            ForwardingHeaders.toClient(response.headers(), out, "n1", "10.0.0.1:80", false);
            for (HttpField field : out) {
                wellFormed(field.getName(), field.getValue());
            }
            one(out, "X-Final-Host");
            if (!"10.0.0.1:80".equals(out.get("X-Final-Host"))) {
                throw new AssertionError("an endpoint that is no gateway said where it went: " + out);
            }
            one(out, "X-Forwarded-Host-n1");
        } catch (IOException | RuntimeException unreadable) {
            // As the gateway takes it: the answer cannot be read.
            if (unreadable.getStackTrace().length > 0
                    && unreadable.getStackTrace()[0].getClassName().startsWith("dev.zerohop.gateway.")) {
                throw new AssertionError(unreadable);
            }
        }
    }

    private static void one(HttpFields fields, String name) {
        if (fields.getValuesList(name).size() != 1) {
            throw new AssertionError("more or less than one " + name + " in " + fields);
        }
    }

    private static void wellFormed(String name, @Nullable String value) {
        boolean token = !name.isEmpty() && name.chars().allMatch(c -> c > ' ' && c < 0x7f && c != ':');
        boolean line = value == null || value.chars().allMatch(c -> c == '\t' || (c >= ' ' && c != 0x7f));
        if (!token || !line) {
            throw new AssertionError("passed on is '" + name + "': '" + value + "'");
        }
    }

    // ---- requests ----

    private static final class Head implements HttpParser.RequestHandler {
        private final HttpFields.Mutable fields = HttpFields.build();
        private String method = "";
        private String uri = "";
        private @Nullable HttpVersion version;
        private boolean complete;
        private boolean bad;

        @Override
        public void startRequest(String found, String target, HttpVersion spoken) {
            method = found;
            uri = target;
            version = spoken;
        }

        @Override
        public void parsedHeader(HttpField field) {
            fields.add(field);
        }

        @Override
        public boolean headerComplete() {
            complete = true;
            return true;
        }

        @Override
        public boolean content(ByteBuffer item) {
            return true;
        }

        @Override
        public boolean contentComplete() {
            return true;
        }

        @Override
        public boolean messageComplete() {
            return true;
        }

        @Override
        public void earlyEOF() {
            bad = true;
        }

        @Override
        public void badMessage(HttpException failure) {
            bad = true;
        }
    }

    private static void request(byte[] bytes) {
        Head head = new Head();
        new HttpParser(head, MAX_HEAD).parseNext(ByteBuffer.wrap(bytes));
        HttpVersion version = head.version;
        if (!head.complete || head.bad || version == null) {
            return;
        }
        HttpURI uri;
        try {
            uri = HttpURI.from(head.method, head.uri);
        } catch (BadMessageException | IllegalArgumentException unreadable) {
            // The server library answers 400.
            return;
        }
        if (UriCompliance.checkUriCompliance(Gateway.PATHS, uri, null) != null) {
            return;
        }
        Request request = request(head, version, uri);
        if (!ForwardingHeaders.cameThrough(request, "n1")) {
            passedOn(request);
        }
        path(uri);
    }

    private static void passedOn(Request request) {
        Headers out = ForwardingHeaders.toEndpoint(request, "n1");
        for (int i = 0; i < out.size(); i++) {
            wellFormed(out.name(i), out.value(i));
            String name = out.name(i).toLowerCase(Locale.ROOT);
            if (name.equals("connection") || name.equals("transfer-encoding") || name.equals("content-length")) {
                throw new AssertionError("passed on is " + name);
            }
        }
        for (String name : List.of("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via", "X-Forwarded-Host-n1")) {
            if (out.values(name).size() != 1) {
                throw new AssertionError("more or less than one " + name + " in " + out);
            }
        }
        if (!out.values("X-Forwarded-For").get(0).endsWith("10.9.9.9")) {
            throw new AssertionError("the client's address is not the last one: " + out);
        }
    }

    /** What goes to the endpoint is the path as it came, behind the function's name; nothing in it leads up. */
    private static void path(HttpURI uri) {
        String path = uri.getPath();
        if (path == null || !path.startsWith("/") || ForwardingHandler.dotted(path)) {
            return;
        }
        HttpUrl url = ForwardingHandler.url(path, uri.getQuery());
        if (!url.host().equals(Functions.HOST) || url.port() != 80) {
            throw new AssertionError(path + " leads to " + url);
        }
        long came = path.chars().filter(c -> c == '/').count();
        long goes = url.encodedPath().chars().filter(c -> c == '/').count();
        if (came != goes) {
            throw new AssertionError(path + " is passed on as " + url.encodedPath());
        }
    }

    private static Request request(Head head, HttpVersion version, HttpURI uri) {
        ConnectionMetaData connection = (ConnectionMetaData) Proxy.newProxyInstance(
                HeadsFuzz.class.getClassLoader(),
                new Class<?>[] {ConnectionMetaData.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getHttpVersion" -> version;
                    case "getRemoteSocketAddress" -> new InetSocketAddress("10.9.9.9", 4711);
                    default -> null;
                });
        return (Request) Proxy.newProxyInstance(
                HeadsFuzz.class.getClassLoader(),
                new Class<?>[] {Request.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "getHeaders" -> head.fields;
                    case "getMethod" -> head.method;
                    case "getHttpURI" -> uri;
                    case "getConnectionMetaData" -> connection;
                    default -> null;
                });
    }
}
