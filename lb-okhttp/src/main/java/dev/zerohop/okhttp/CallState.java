package dev.zerohop.okhttp;

import dev.zerohop.Outcome;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.EventListener;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * What is known about one call while it runs, from OkHttp's own events: how far the attempt came, which connection the call holds, and whether it
 * was cancelled. Ends the attempt's lease with the last byte of the answer, on whichever thread it is read. Written by the thread that makes the call, by the one that
 * reads the answer, and on cancel by any thread.
 */
final class CallState extends EventListener {

    /** How far an attempt has come. */
    enum Phase {
        /** The application's own interceptors are at work: what fails now is theirs. */
        LOCAL,
        /** A connection is being made. */
        CONNECTING,
        /** There is one, and nothing was written to it. */
        CONNECTED,
        /** The request is being written, or its answer awaited. */
        SENT,
        /** The headers of the answer have come. */
        ANSWERED
    }

    private final Cancellation cancellation;
    private final FollowUps followUps = new FollowUps();

    private volatile @Nullable OpenLease lease;
    private volatile Interceptor.@Nullable Chain chain;
    private volatile @Nullable Connection connection;

    // Of the attempt under way.
    private volatile Phase phase = Phase.LOCAL;
    private volatile boolean secured;
    private volatile boolean transportFailed;
    private volatile @Nullable Connection failedOn;
    private volatile boolean bodyOpen;
    private volatile boolean returned;
    private volatile boolean wroteNothing;
    private volatile Outcome answer = Outcome.CANCELLED;
    private int requests;
    private Map<String, List<String>> hidden = Map.of();

    private volatile boolean bodyStarted;
    private boolean withoutEndpoint;

    private CallState(Call call) {
        this.cancellation = new Cancellation(call);
    }

    /** The state of this call, made on first use. */
    static CallState of(Call call) {
        CallState known = call.tag(CallState.class);
        if (known != null) {
            return known;
        }
        CallState fresh = new CallState(call);
        CallState state = call.tag(CallState.class, () -> fresh);
        if (state == fresh) {
            call.addEventListener(fresh);
            fresh.cancellation.listening();
        }
        return state;
    }

    void begin(OpenLease next, Interceptor.Chain through) {
        begin();
        chain = through;
        lease = next;
        if (cancellation.reported()) {
            next.end(Outcome.CANCELLED);
        }
    }

    /** What follows is to be answered by the cache: there is no endpoint. */
    void beginWithoutEndpoint() {
        begin();
        lease = null;
        withoutEndpoint = true;
    }

    /** What follows goes to a host that is not routed. */
    void leaveServices() {
        lease = null;
    }

    void endWithoutEndpoint() {
        withoutEndpoint = false;
    }

    /** Whether the call must not go to the network. */
    boolean withoutEndpoint() {
        return withoutEndpoint;
    }

    /** The attempt needs its endpoint, if the cache might have answered it. */
    private void needsEndpoint() {
        OpenLease open = lease;
        if (open != null) {
            open.needed();
        }
    }

    private void begin() {
        phase = Phase.LOCAL;
        secured = false;
        transportFailed = false;
        failedOn = null;
        bodyOpen = false;
        returned = false;
        wroteNothing = false;
        answer = Outcome.CANCELLED;
        requests = 0;
        hidden = Map.of();
    }

    Cancellation cancellation() {
        return cancellation;
    }

    boolean canceled() {
        return cancellation.canceled();
    }

    FollowUps followUps() {
        return followUps;
    }

    /**
     * What the cancel of the attempt means. OkHttp cancels a call that ran out of its own time; that speaks about an endpoint that was at work on it. The
     * caller's cancel speaks against no endpoint, and neither does time that the application's own interceptors or the reader of the body have taken.
     */
    Outcome cancelOutcome() {
        OpenLease open = lease;
        boolean endpointsTurn = switch (phase) {
            case LOCAL -> false;
            case CONNECTING, CONNECTED, SENT -> true;
            case ANSWERED -> open != null && open.awaitsBytes();
        };
        return endpointsTurn && cancellation.ranOut() ? Outcome.TIMEOUT : abandoned();
    }

    /** What an attempt means that the caller has given up: a failed answer stays one. */
    Outcome abandoned() {
        Outcome outcome = answer;
        return outcome.isFailure() ? outcome : Outcome.CANCELLED;
    }

    Phase phase() {
        return phase;
    }

    /** Whether the way to the endpoint failed, rather than the application's own interceptors or body. */
    boolean transportFailed() {
        return transportFailed;
    }

    /**
     * Whether the failure is the first that its connection has caused. An HTTP/2 connection that is lost ends all its streams at once, and is one failure
     * of the endpoint; a stream that is reset on a connection that goes on is one of its own.
     */
    boolean firstOfItsConnection(IOException failure) {
        Connection on = failedOn;
        OpenLease open = lease;
        if (on == null || open == null || !Reuse.multiplexed(on)) {
            return true;
        }
        return Failure.isOfOneStream(failure) || open.route().lost(on);
    }

    /**
     * Whether what failed under TLS may be the client's own doing: it may lack an authority's certificate, or its own, and no endpoint of the service has
     * ever answered it. Under TLS 1.3 a server refuses the client's certificate after the client has begun to send, and the reset that follows can overtake
     * the reason.
     */
    boolean unproven() {
        OpenLease open = lease;
        Interceptor.Chain through = chain;
        Connection on = failedOn;
        return (secured || (on != null && on.handshake() != null))
                && (open == null || through == null || !open.route().proofs().has(through));
    }

    /** How many requests of this attempt began to be sent; in-service redirects and authentication make it more than one. */
    int requests() {
        return requests;
    }

    /** The last request of this attempt failed before a byte of it was written. */
    void nothingWritten() {
        wroteNothing = true;
    }

    /** Whether the last request of this attempt failed before a byte of it was written. */
    boolean wroteNothing() {
        return wroteNothing;
    }

    /** What the last answer of this attempt means, as it came from the endpoint; {@link Outcome#CANCELLED} while there is none. */
    Outcome answer() {
        return answer;
    }

    /** Whether the last answer of this attempt is still coming. */
    boolean bodyOpen() {
        return bodyOpen;
    }

    /** The attempt has given its response: from now on the events end the lease. */
    void returned() {
        returned = true;
        if (!bodyOpen) {
            end(answer);
        }
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

    /** The request that the application's own network interceptors are about to see: what is written of a long body is progress. */
    Request entering(Request request) throws IOException {
        phase = Phase.LOCAL;
        OpenLease open = lease;
        return open == null ? request : open.entering(request);
    }

    /** Keeps what the endpoint's answer said in this header, and OkHttp is not shown, for the caller that gets the answer. */
    void hide(String name, List<String> values) {
        if (hidden.isEmpty()) {
            hidden = new HashMap<>();
        }
        hidden.put(name, values);
    }

    /** The answer of the attempt, as its endpoint sent it. */
    Response asSent(Response response) {
        if (hidden.isEmpty()) {
            return response;
        }
        Response.Builder builder = response.newBuilder();
        hidden.forEach((name, values) -> {
            builder.removeHeader(name);
            values.forEach(value -> builder.addHeader(name, value));
        });
        return builder.build();
    }

    /** Before OkHttp lets go of the connection. */
    private void broken() {
        failedOn = connection;
        transportFailed = true;
    }

    private void end(Outcome outcome) {
        OpenLease open = lease;
        if (open != null) {
            open.end(outcome);
        }
    }

    // The race for a connection reports its tries from other threads, and late: only what the call's own thread reports
    // is taken for the phase.

    @Override
    public void dnsStart(Call ignored, String domainName) {
        phase = Phase.CONNECTING;
        needsEndpoint();
    }

    @Override
    public void secureConnectStart(Call ignored) {
        secured = true;
    }

    @Override
    public void connectionAcquired(Call ignored, Connection acquired) {
        connection = acquired;
        phase = Phase.CONNECTED;
        needsEndpoint();
    }

    @Override
    public void connectionReleased(Call ignored, Connection released) {
        connection = null;
        Reuse.left(released, strictReuse());
    }

    @Override
    public void requestHeadersStart(Call ignored) {
        Connection on = connection;
        if (on != null) {
            Reuse.requestDue(on);
        }
        requests++;
        phase = Phase.SENT;
        // A connection that the call has held since before is not acquired again.
        needsEndpoint();
        OpenLease open = lease;
        if (open != null) {
            open.sending(on);
        }
    }

    @Override
    public void requestBodyStart(Call ignored) {
        bodyStarted = true;
    }

    @Override
    public void requestFailed(Call ignored, IOException failure) {
        broken();
    }

    @Override
    public void responseHeadersEnd(Call ignored, Response response) {
        Outcome outcome = Answers.outcome(response);
        answer = outcome;
        bodyOpen = true;
        phase = Phase.ANSWERED;
        OpenLease open = lease;
        Connection on = connection;
        Interceptor.Chain through = chain;
        if (open != null && through != null && on != null && on.handshake() != null) {
            open.route().proofs().add(through);
        }
        if (open != null) {
            open.answered(response, outcome);
        }
        if (on != null) {
            Reuse.answered(on, response, strictReuse());
        }
    }

    private boolean strictReuse() {
        EndpointRoute route = route();
        return route != null && route.strictReuse();
    }

    @Override
    public void followUpDecision(Call ignored, Response response, @Nullable Request next) {
        if (next != null) {
            followUps.add();
        }
    }

    @Override
    public void responseBodyEnd(Call ignored, long byteCount) {
        bodyOpen = false;
        if (returned) {
            end(answer);
        }
    }

    @Override
    public void responseFailed(Call ignored, IOException failure) {
        bodyOpen = false;
        broken();
        if (returned) {
            end(Failure.of(failure, this).outcome());
        }
    }

    @Override
    public void canceled(Call ignored) {
        cancellation.report();
        end(cancelOutcome());
        cancellation.wake();
    }
}
