package dev.zerohop.okhttp;

import dev.zerohop.Outcome;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.util.List;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.EventListener;
import okhttp3.HttpUrl;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * What is known about one call while it runs, from OkHttp's own events: how far the attempt came, which connection the call holds, and whether it
 * was cancelled. Written by the call's thread and, on cancel, by any thread.
 */
final class CallState extends EventListener {
    private final Call call;
    private final long startNanos;

    private volatile @Nullable OpenLease lease;
    private volatile @Nullable Service awaited;
    private volatile @Nullable Connection connection;
    private volatile boolean canceled;

    // Of the attempt under way.
    private volatile boolean connecting;
    private volatile boolean connected;
    private volatile boolean transportFailed;
    private volatile boolean bodyStarted;
    private int requests;
    private List<String> retryAfter = List.of();

    private volatile @Nullable Redirect redirect;
    private final RedirectCredentials credentials = new RedirectCredentials();

    /** A redirect that leaves the service: where to, and the answer's own headers. */
    record Redirect(HttpUrl target, Response original) {}

    private CallState(Call call, long startNanos) {
        this.call = call;
        this.startNanos = startNanos;
    }

    /** The state of this call, made on first use. */
    static CallState of(Call call) {
        CallState known = call.tag(CallState.class);
        if (known != null) {
            return known;
        }
        CallState fresh = new CallState(call, System.nanoTime());
        CallState state = call.tag(CallState.class, () -> fresh);
        if (state == fresh) {
            call.addEventListener(fresh);
            fresh.canceled = call.isCanceled();
        }
        return state;
    }

    void begin(OpenLease next) {
        connecting = false;
        connected = connection != null;
        transportFailed = false;
        requests = 0;
        retryAfter = List.of();
        lease = next;
        if (canceled) {
            next.end(cancelOutcome());
        }
    }

    boolean canceled() {
        return canceled || call.isCanceled();
    }

    /** A call that ran out of its own time is cancelled by OkHttp; that speaks about the endpoint, the caller's cancel does not. */
    Outcome cancelOutcome() {
        long limit = call.timeout().timeoutNanos();
        // The clock of the limit began a little before ours.
        boolean outOfTime = limit > 0 && System.nanoTime() - startNanos >= limit - limit / 10;
        return outOfTime ? Outcome.TIMEOUT : Outcome.CANCELLED;
    }

    /** Whether the failure of this attempt came from the way to the endpoint, rather than from the application's own interceptors or body. */
    boolean transportFailed() {
        return transportFailed || (connecting && !connected);
    }

    /** How many requests of this attempt began to be sent; in-service redirects and authentication make it more than one. */
    int requests() {
        return requests;
    }

    /** Whether a request body of this call began to be written. */
    boolean bodyStarted() {
        return bodyStarted;
    }

    /** The connection that the call still holds, if any. */
    @Nullable
    Connection connection() {
        return connection;
    }

    /** The route of the attempt under way, if the call is routed. */
    @Nullable
    EndpointRoute route() {
        OpenLease open = lease;
        return open == null ? null : open.route();
    }

    /** What OkHttp did on the way to releasing a connection does not count as part of the attempt. */
    void released() {
        connecting = false;
        connected = false;
        transportFailed = false;
        requests = 0;
    }

    void await(@Nullable Service service) {
        awaited = service;
    }

    void redirect(@Nullable Redirect next) {
        redirect = next;
    }

    @Nullable
    Redirect redirect() {
        return redirect;
    }

    RedirectCredentials credentials() {
        return credentials;
    }

    /** Keeps what the endpoint's answer said, for whoever gets the answer. */
    void retryAfter(List<String> values) {
        retryAfter = values;
    }

    /** The answer of the attempt, as its endpoint sent it. */
    Response asSent(Response response) {
        if (retryAfter.isEmpty()) {
            return response;
        }
        Response.Builder builder = response.newBuilder();
        retryAfter.forEach(value -> builder.addHeader("Retry-After", value));
        return builder.build();
    }

    @Override
    public void dnsStart(Call ignored, String domainName) {
        connecting = true;
    }

    @Override
    public void connectStart(Call ignored, InetSocketAddress address, Proxy proxy) {
        connecting = true;
    }

    @Override
    public void connectionAcquired(Call ignored, Connection acquired) {
        connection = acquired;
        connected = true;
    }

    @Override
    public void connectionReleased(Call ignored, Connection released) {
        connection = null;
    }

    @Override
    public void requestHeadersStart(Call ignored) {
        requests++;
    }

    @Override
    public void requestBodyStart(Call ignored) {
        bodyStarted = true;
    }

    @Override
    public void requestFailed(Call ignored, IOException failure) {
        transportFailed = true;
    }

    @Override
    public void responseFailed(Call ignored, IOException failure) {
        transportFailed = true;
    }

    @Override
    public void canceled(Call ignored) {
        canceled = true;
        OpenLease open = lease;
        if (open != null) {
            open.end(cancelOutcome());
        }
        Service service = awaited;
        if (service != null) {
            service.wake();
        }
    }
}
