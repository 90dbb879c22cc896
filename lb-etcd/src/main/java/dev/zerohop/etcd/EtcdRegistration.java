package dev.zerohop.etcd;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.Printable;
import dev.zerohop.etcd.client.EtcdConnection;
import dev.zerohop.etcd.client.EtcdFailure;
import dev.zerohop.etcd.client.LeasedKey;
import dev.zerohop.etcd.client.Leases;
import dev.zerohop.etcd.client.RangeWatch;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.resolver.EndpointJson;
import dev.zerohop.watch.SourceFailure;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one server listed as an endpoint of a service, for as long as it lives.
 *
 * <p>The endpoint is written under a lease that is renewed three times within its length: a server that dies is removed when the lease ends. After an outage
 * the lease and the endpoint are written again; attempts never stop. A server that leaves on purpose first writes {@code draining}, which clients can
 * distinguish from a lease that ended, waits while they move to other endpoints, and then deletes its endpoint.
 *
 * <p>If two servers register the same id, the later one is listed. The earlier one detects this at its next renewal, reports it ({@link Listener#onClash},
 * and the log), does not overwrite the entry, and is listed again within its time to live after the other one is gone. Thread-safe. Only {@link #close}
 * blocks.
 */
public final class EtcdRegistration implements AutoCloseable {
    private static final Log LOG = Log.of(EtcdRegistration.class);

    /** Is notified of changes of a registration, by one thread at a time; must return quickly. */
    public interface Listener {
        /** Ignores everything. */
        Listener NOOP = new Listener() {};

        /** The server is listed: for the first time, or again after an outage. */
        default void onRegistered() {}

        /** etcd is unreachable; the server is removed when its lease ends, unless etcd answers before. Called once until {@link #onRegistered}. */
        default void onLost(String reason) {}

        /** Another server has registered the same id and is listed instead of this one until it leaves; then {@link #onRegistered} follows. */
        default void onClash(String reason) {}
    }

    /** How long {@link #close} waits for clients to move to other endpoints. */
    public static final Duration DEFAULT_DRAIN = Duration.ofSeconds(5);

    /** The shortest lease; etcd itself grants none below its election timeout. */
    public static final Duration MIN_TTL = Duration.ofSeconds(2);

    /** The longest lease. A dead server stays listed until its lease ends. */
    public static final Duration MAX_TTL = Duration.ofHours(1);

    private static final Duration MAX_DRAIN = Duration.ofHours(1);

    private final Env env;
    private final String key;
    private final Endpoint endpoint;
    private final long ttlSeconds;
    private final Listener listener;
    private final Executor serial;
    private final CompletableFuture<Void> registered = new CompletableFuture<>();

    // Touched by serial tasks only.
    private final LeasedKey listed;
    private boolean lost;
    private @Nullable CompletableFuture<Void> leaving;

    private EtcdRegistration(EtcdClient client, String service, Endpoint endpoint, Duration ttl, Listener listener) {
        this.listener = listener;
        this.env = client.cluster().env();
        this.key = new ServiceKeys(service).endpoint(endpoint.id());
        this.endpoint = endpoint;
        this.ttlSeconds = ttl.plusNanos(999_999_999).toSeconds();
        this.serial = env.serial(this);
        this.listed = new LeasedKey(
                new Leases(client.cluster().connection()),
                env,
                serial,
                new LeasedKey.Entry(key, EndpointJson.write(endpoint), ttlSeconds),
                RangeWatch.BACKOFF.denied(),
                new Listing());
    }

    /**
     * Registers a server. Returns at once, even while etcd is down; see {@link #registered}.
     *
     * @param client stays open; it must outlive the registration
     * @param endpoint the server as clients see it; its id identifies it
     * @param ttl how long a server that died stays listed, {@link #MIN_TTL} to {@link #MAX_TTL}, counted in whole seconds (rounded up)
     * @throws IllegalArgumentException if {@code ttl} is out of its range, or the service or the id is blank or has a slash
     */
    public static EtcdRegistration register(EtcdClient client, String service, Endpoint endpoint, Duration ttl) {
        return register(client, service, endpoint, ttl, Listener.NOOP);
    }

    /** {@link #register(EtcdClient, String, Endpoint, Duration)} with a listener. */
    public static EtcdRegistration register(
            EtcdClient client, String service, Endpoint endpoint, Duration ttl, Listener listener) {
        requireNonNull(listener, "listener");
        requireNonNull(client, "client");
        requireNonNull(service, "service");
        requireNonNull(endpoint, "endpoint");
        if (requireNonNull(ttl, "ttl").compareTo(MIN_TTL) < 0 || ttl.compareTo(MAX_TTL) > 0) {
            throw new IllegalArgumentException("ttl was " + ttl + ", expected " + MIN_TTL + " to " + MAX_TTL);
        }
        EtcdRegistration registration = new EtcdRegistration(client, service, endpoint, ttl, listener);
        registration.serial.execute(registration.listed::establish);
        return registration;
    }

    /** Completes when the server is listed for the first time; cancelled if it leaves before. */
    public CompletableFuture<Void> registered() {
        return registered.copy();
    }

    /**
     * Leaves: announces it ({@code draining}), waits, and deletes the endpoint. The lease is renewed until then. Later calls complete with the first one.
     *
     * @param drain how long clients have to move to other endpoints, 0 to one hour
     * @return completes when the endpoint is deleted; fails if etcd is unreachable, and the endpoint is then removed when its lease ends
     * @throws IllegalArgumentException if {@code drain} is out of its range
     */
    public CompletableFuture<Void> leave(Duration drain) {
        if (requireNonNull(drain, "drain").isNegative() || drain.compareTo(MAX_DRAIN) > 0) {
            throw new IllegalArgumentException("drain was " + drain + ", expected PT0S to " + MAX_DRAIN);
        }
        CompletableFuture<Void> left = new CompletableFuture<>();
        serial.execute(() -> {
            if (leaving == null) {
                leaving = left;
                beginToLeave(drain);
            } else {
                leaving.whenComplete((done, thrown) -> complete(left, thrown));
            }
        });
        return left;
    }

    /** {@link #leave Leaves} after {@link #DEFAULT_DRAIN}, and waits for it: for a shutdown hook. Idempotent; a failure is logged. */
    @Override
    public void close() {
        try {
            leave(DEFAULT_DRAIN)
                    .get(DEFAULT_DRAIN.toMillis() + 2 * EtcdConnection.CALL_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException failed) {
            LOG.warn("{} could not be deleted and goes when its lease of {} s ends", key, ttlSeconds, failed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private final class Listing implements LeasedKey.Owner {
        @Override
        public void onWritten(long seconds) {
            lost = false;
            if (registered.complete(null)) {
                LOG.info("{} is registered for {} s at a time", key, seconds);
            }
            report(Listener::onRegistered);
        }

        @Override
        public void onRenewed() {
            if (lost) {
                lost = false;
                report(Listener::onRegistered);
            }
        }

        @Override
        public void onFailing(SourceFailure cause) {
            LOG.warn("{} cannot be kept registered, retrying: {}", key, cause.getMessage());
            if (!lost) {
                lost = true;
                report(l -> l.onLost(String.valueOf(cause.getMessage())));
            }
        }

        @Override
        public void onLeaseLost() {
            LOG.warn("{}: its lease has ended; it is registered again", key);
        }

        @Override
        public void onGone() {
            LOG.warn("{} was deleted, by hand or by another server of this id; it is registered again", key);
        }

        @Override
        public void onTaken(String value) {
            String reason = key + " is registered by another server too, with " + Printable.text(value)
                    + ", expected this one's "
                    + EndpointJson.write(endpoint)
                    + ": the other one is listed until it ends; give each server an id of its own";
            LOG.warn("{}", reason);
            report(l -> l.onClash(reason));
        }

        /** A listener that throws must not end the registration. */
        private void report(Consumer<Listener> call) {
            try {
                call.accept(listener);
            } catch (RuntimeException | LinkageError | AssertionError thrown) {
                LOG.error("{}: the listener threw; the server stays registered", key, thrown);
            }
        }
    }

    // ---- leaving ----

    private void beginToLeave(Duration drain) {
        if (!listed.written()) {
            delete();
            return;
        }
        String draining = EndpointJson.write(
                endpoint.toBuilder().readiness(Endpoint.Readiness.DRAINING).build());
        // The endpoint is deleted even if the announcement fails.
        listed.amend(draining)
                .whenComplete(
                        (done, thrown) -> env.time().schedule(drain.toNanos(), () -> serial.execute(this::delete)));
    }

    private void delete() {
        registered.cancel(false);
        CompletableFuture<Void> left = requireNonNull(leaving, "leaving");
        listed.end().whenComplete((done, thrown) -> complete(left, thrown));
    }

    private static void complete(CompletableFuture<Void> future, @Nullable Throwable thrown) {
        if (thrown == null) {
            future.complete(null);
        } else {
            future.completeExceptionally(EtcdFailure.of(thrown));
        }
    }

    @Override
    public String toString() {
        return "EtcdRegistration(" + key + ")";
    }
}
