package dev.zerohop.gateway;

import dev.zerohop.Endpoint;
import dev.zerohop.Log;
import dev.zerohop.gateway.ToEndpoint.Inbound;
import dev.zerohop.okhttp.NoEndpointIOException;
import dev.zerohop.okhttp.ZerohopOkHttp;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.RequestBody;
import okio.BufferedSink;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** One request to an endpoint and its answer. Runs on one thread; {@link #look} is called by another. */
final class Exchange {
    private static final Log LOG = Log.of(Exchange.class);
    private static final int BUFFER = 16 << 10;

    /** The lowest rate at which a client must send a body after the grace time: 1 KiB a second. */
    private static final long NANOS_PER_BYTE = TimeUnit.SECONDS.toNanos(1) >> 10;

    /** OkHttp requires a body for these methods, even if it is empty. */
    private static final Set<String> WITH_BODY = Set.of("POST", "PUT", "PATCH", "PROPPATCH", "REPORT", "QUERY");

    private final Request request;
    private final Response response;
    private final Callback callback;
    private final GatewaySettings settings;
    private final Duration slow;

    // Guarded by this.
    private @Nullable Call call;
    private boolean requestRead;
    private boolean finished;
    private boolean nextRequestSeen;

    private volatile boolean clientGone;

    /** {@code slow} is how far a client may fall behind a rate of 1 KiB a second with its body. */
    Exchange(Request request, Response response, Callback callback, GatewaySettings settings, Duration slow) {
        this.request = request;
        this.response = response;
        this.callback = callback;
        this.settings = settings;
        this.slow = slow;
    }

    /** Forwards the request and completes it. Returns the endpoint that received it, or null. */
    @Nullable
    String run(OkHttpClient client, HttpUrl url, Inbound inbound, boolean hasBody) {
        Call made = client.newCall(new okhttp3.Request.Builder()
                .url(url)
                .headers(ForwardingHeaders.toEndpoint(request, settings.node()))
                .method(
                        request.getMethod(),
                        hasBody ? new Body() : WITH_BODY.contains(request.getMethod()) ? RequestBody.EMPTY : null)
                .tag(Inbound.class, inbound)
                .build());
        synchronized (this) {
            call = made;
            requestRead = !hasBody;
        }
        request.addFailureListener(failure -> clientGone());
        // The forwarding client limits how long an endpoint may take. The server's own limit, which is a second
        // while it stops, must not apply.
        request.addIdleTimeoutListener(timeout -> false);
        try (okhttp3.Response answer = sent(made)) {
            pass(answer, made);
            finish(callback::succeeded);
        } catch (IOException failed) {
            fail(failed);
        } catch (RuntimeException broken) {
            LOG.error("{} {} could not be forwarded", request.getMethod(), request.getHttpURI(), broken);
            finish(() -> callback.failed(broken));
        }
        Endpoint endpoint = ZerohopOkHttp.endpoint(made);
        return endpoint == null ? null : endpoint.address();
    }

    private static okhttp3.Response sent(Call made) throws IOException {
        try {
            return made.execute();
        } catch (RuntimeException unreadable) {
            // OkHttp does not check every number in a head before it uses it: it accepts -20 as a status.
            throw new IOException("the answer cannot be read: " + unreadable.getMessage(), unreadable);
        }
    }

    // ---- there ----

    /** The client's body as a stream. It can be read once. */
    private final class Body extends RequestBody {
        @Override
        public @Nullable MediaType contentType() {
            // The header is passed on unchanged.
            return null;
        }

        @Override
        public long contentLength() {
            return request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING)
                    ? -1
                    : request.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
        }

        @Override
        public boolean isOneShot() {
            return true;
        }

        @Override
        public void writeTo(BufferedSink sink) throws IOException {
            byte[] buffer = new byte[BUFFER];
            InputStream in = Content.Source.asInputStream(request);
            long allowedNanos = slow.toNanos();
            while (true) {
                int read;
                long start = System.nanoTime();
                try {
                    read = in.read(buffer);
                } catch (IOException failed) {
                    clientGone = true;
                    throw failed;
                }
                // Only the time of reading from the client counts, not the time of writing to the endpoint.
                allowedNanos -= System.nanoTime() - start - NANOS_PER_BYTE * Math.max(read, 0);
                allowedNanos = Math.min(allowedNanos, slow.toNanos());
                if (allowedNanos < 0 && read >= 0) {
                    throw new SlowBodyException();
                }
                if (read < 0) {
                    break;
                }
                sink.write(buffer, 0, read);
                sink.flush();
            }
            synchronized (Exchange.this) {
                requestRead = true;
            }
        }
    }

    /** The client sends too slowly. */
    private static final class SlowBodyException extends IOException {
        private static final long serialVersionUID = 1;

        SlowBodyException() {
            super("the body arrives too slowly, expected at least 1 KiB a second");
        }
    }

    // ---- and back ----

    private void pass(okhttp3.Response answer, Call made) throws IOException {
        Endpoint endpoint = ZerohopOkHttp.endpoint(made);
        String address = endpoint == null ? "" : endpoint.address();
        boolean gateway = endpoint != null && WithoutGateways.isGateway(endpoint, settings.gateways());
        response.setStatus(answer.code());
        ForwardingHeaders.toClient(answer.headers(), response.getHeaders(), settings.node(), address, gateway);
        boolean none = request.getMethod().equals("HEAD") || answer.code() == 204 || answer.code() == 304;
        if (none) {
            if (answer.body().contentLength() != 0) {
                // A 304 may have the length of the omitted body; OkHttp would wait for that body.
                made.cancel();
            }
            return;
        }
        if (answer.header("Trailer") != null) {
            response.setTrailersSupplier(() -> trailers(answer));
        }
        if (answer.body().contentLength() < 0) {
            // A stream may send its first byte late, so the head is sent on at once.
            toClient(false, BufferUtil.EMPTY_BUFFER);
        }
        byte[] buffer = new byte[BUFFER];
        InputStream in = answer.body().byteStream();
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            toClient(false, ByteBuffer.wrap(buffer, 0, read));
        }
        toClient(true, BufferUtil.EMPTY_BUFFER);
    }

    private void toClient(boolean last, ByteBuffer bytes) throws IOException {
        try {
            Content.Sink.write(response, last, bytes);
        } catch (IOException gone) {
            clientGone = true;
            throw gone;
        }
    }

    private static HttpFields trailers(okhttp3.Response answer) {
        HttpFields.Mutable fields = HttpFields.build();
        try {
            Headers trailers = answer.trailers();
            for (int i = 0; i < trailers.size(); i++) {
                if (ForwardingHeaders.isTrailer(trailers.name(i))
                        && AnswerHead.wellFormed(trailers.name(i), trailers.value(i))) {
                    fields.add(trailers.name(i), ForwardingHeaders.sent(trailers.value(i)));
                }
            }
        } catch (IOException none) {
            LOG.debug("the trailers of {} cannot be read", answer, none);
        }
        return fields;
    }

    private void fail(IOException failed) {
        if (clientGone || response.isCommitted()) {
            // The client is gone, or the answer has begun. In the second case only cutting the connection can
            // signal the failure.
            finish(() -> callback.failed(failed));
            return;
        }
        response.reset();
        String sentence = String.valueOf(failed.getMessage());
        finish(() -> {
            if (failed instanceof NoEndpointIOException) {
                ForwardingHandler.unavailable(response, callback, sentence);
            } else if (failed instanceof SlowBodyException) {
                ForwardingHandler.answer(response, callback, 408, sentence);
            } else {
                ForwardingHandler.answer(
                        response, callback, failed instanceof InterruptedIOException ? 504 : 502, sentence);
            }
        });
    }

    private void finish(Runnable completion) {
        synchronized (this) {
            finished = true;
        }
        completion.run();
    }

    // ---- clients that leave ----

    private void clientGone() {
        Call running;
        synchronized (this) {
            running = finished ? null : call;
        }
        if (running != null) {
            clientGone = true;
            running.cancel();
        }
    }

    /** Checks whether the client has closed its side. If the first byte of a next request is read, it is pushed back. */
    void look() {
        boolean gone = false;
        synchronized (this) {
            if (finished || !requestRead || nextRequestSeen) {
                return;
            }
            Connection connection = request.getConnectionMetaData().getConnection();
            EndPoint endPoint = connection.getEndPoint();
            ByteBuffer one = BufferUtil.allocate(1);
            try {
                int read = endPoint.fill(one);
                gone = read < 0;
                nextRequestSeen = read > 0;
                if (read > 0 && connection instanceof Connection.UpgradeTo same) {
                    same.onUpgradeTo(one);
                }
            } catch (IOException broken) {
                gone = true;
            }
        }
        if (gone) {
            clientGone();
        }
    }
}
