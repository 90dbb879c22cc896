package dev.zerohop.etcd;

import static java.util.Objects.requireNonNull;

import com.google.common.util.concurrent.MoreExecutors;
import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.resolver.EndpointJson;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one server listed as an endpoint of a service, for as long as it lives.
 *
 * <p>The endpoint is written under a lease that is renewed three times within its length: a server that dies is gone when the lease ends. After any
 * outage the lease is granted again and the endpoint written again, without end. A server that leaves on purpose writes {@code draining} first, so that
 * clients can tell this from a lease that ended, waits while they turn to others, and then deletes its endpoint.
 *
 * <p>Two servers that register the same id overwrite each other; the later one is listed, and the earlier one leaves without touching it. Thread-safe.
 * Nothing but {@link #close} blocks.
 */
public final class EtcdRegistration implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EtcdRegistration.class);

    /** Learns how a registration fares. Told by one thread at a time; must return soon. */
    public interface Listener {
        /** Nobody. */
        Listener NOOP = new Listener() {};

        /** The server is listed: for the first time, or etcd answers again. */
        default void onRegistered() {}

        /** etcd cannot be asked, so the server goes when its lease ends, unless etcd answers before. Said once, until {@link #onRegistered}. */
        default void onLost(String reason) {}
    }

    /** How long {@link #close} lets clients turn to other endpoints. */
    public static final Duration DEFAULT_DRAIN = Duration.ofSeconds(5);

    /** The shortest lease; etcd itself grants none below its election timeout. */
    public static final Duration MIN_TTL = Duration.ofSeconds(2);

    /** The longest lease: a dead server would stay listed for as long. */
    public static final Duration MAX_TTL = Duration.ofHours(1);

    private static final Duration MAX_DRAIN = Duration.ofHours(1);

    /** Two renewals may fail before the lease ends. */
    private static final int RENEWALS_PER_TTL = 3;

    private final Leases leases;
    private final Env env;
    private final String key;
    private final Endpoint endpoint;
    private final long ttlSeconds;
    private final Listener listener;
    private final Executor serial;
    private final CompletableFuture<Void> registered = new CompletableFuture<>();

    // Touched by serial tasks only.
    private Leases.@Nullable Lease lease;
    private long writtenRevision;
    private boolean ended;
    private boolean lost;
    private @Nullable CompletableFuture<Void> leaving;
    private int failures;
    private @Nullable Cancellable timer;

    private EtcdRegistration(EtcdClient client, String service, Endpoint endpoint, Duration ttl, Listener listener) {
        this.listener = listener;
        this.leases = new Leases(client.connection());
        this.env = client.env();
        this.key = new ServiceKeys(service).endpoint(endpoint.id());
        this.endpoint = endpoint;
        this.ttlSeconds = ttl.plusNanos(999_999_999).toSeconds();
        this.serial = MoreExecutors.newSequentialExecutor(env.blocking());
    }

    /**
     * Begins to list a server. Returns at once, also while etcd is down; {@link #registered} tells when it is listed.
     *
     * @param client stays open; it must outlive the registration
     * @param service the service
     * @param endpoint what clients are to know about the server; its id names it
     * @param ttl how long a server that died stays listed, {@link #MIN_TTL} to {@link #MAX_TTL}, counted in whole seconds (rounded up)
     * @throws IllegalArgumentException if {@code ttl} is out of its range, or the service or the id is blank or has a slash
     */
    public static EtcdRegistration register(EtcdClient client, String service, Endpoint endpoint, Duration ttl) {
        return register(client, service, endpoint, ttl, Listener.NOOP);
    }

    /**
     * {@link #register(EtcdClient, String, Endpoint, Duration)} with somebody who learns how it fares.
     *
     * @throws IllegalArgumentException as above
     */
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
        registration.serial.execute(registration::establish);
        return registration;
    }

    /** Completes when the server is listed for the first time; cancelled if it leaves before. */
    public CompletableFuture<Void> registered() {
        return registered.copy();
    }

    /**
     * Leaves: announces it ({@code draining}), waits, and deletes the endpoint. The lease is renewed until then. Later calls answer with the first one's
     * future.
     *
     * @param drain how long clients may turn to other endpoints, 0 to one hour
     * @return completes when the endpoint is deleted; fails if etcd cannot be asked, in which case the endpoint goes when its lease ends
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

    // ---- staying ----

    private void establish() {
        if (ended) {
            return;
        }
        lease = null;
        writtenRevision = 0;
        then(leases.grant(ttlSeconds), granted -> {
            lease = granted;
            write(granted);
        });
    }

    private void write(Leases.Lease granted) {
        then(leases.put(key, value(), granted.id()), revision -> {
            writtenRevision = revision;
            failures = 0;
            lost = false;
            if (registered.complete(null)) {
                LOG.info("{} is registered for {} s at a time", key, granted.ttlSeconds());
            }
            listener.onRegistered();
            renewLater(granted);
        });
    }

    private void renewLater(Leases.Lease granted) {
        long third = Duration.ofSeconds(granted.ttlSeconds()).toNanos() / RENEWALS_PER_TTL;
        schedule(Backoff.jittered(third, env.dice()), () -> renew(granted));
    }

    private void renew(Leases.Lease granted) {
        then(leases.keepAlive(granted.id()), left -> {
            if (left > 0) {
                failures = 0;
                if (lost) {
                    lost = false;
                    listener.onRegistered();
                }
                renewLater(granted);
            } else {
                LOG.warn("{}: its lease has ended; it is registered again", key);
                establish();
            }
        });
    }

    /** Goes on with the answer, or starts again from what is known after a while. */
    private <T> void then(CompletableFuture<T> call, Consumer<T> next) {
        call.whenComplete((answer, thrown) -> serial.execute(() -> {
            if (ended) {
                return;
            }
            if (thrown == null) {
                next.accept(answer);
            } else {
                retry(thrown);
            }
        }));
    }

    private void retry(Throwable thrown) {
        EtcdFailure failure = failure(thrown);
        if (failure.kind() == EtcdFailure.Kind.CLOSED) {
            ended = true;
            return;
        }
        failures++;
        if (failures == 1) {
            LOG.warn("{} cannot be kept registered, trying on: {}", key, failure.getMessage());
        }
        if (!lost) {
            lost = true;
            listener.onLost(String.valueOf(failure.getMessage()));
        }
        Leases.Lease held = lease;
        schedule(Backoff.nanos(failure.kind(), failures, env.dice()), () -> {
            if (held != null && writtenRevision > 0) {
                renew(held);
            } else {
                // A lease that nothing was written under may have ended by now; a new one has not.
                establish();
            }
        });
    }

    private String value() {
        boolean draining = leaving != null;
        return EndpointJson.write(
                draining
                        ? endpoint.toBuilder()
                                .readiness(Endpoint.Readiness.DRAINING)
                                .build()
                        : endpoint);
    }

    // ---- leaving ----

    private void beginToLeave(Duration drain) {
        Leases.Lease held = lease;
        if (held == null || writtenRevision == 0) {
            delete();
            return;
        }
        // Whether or not it can be announced, the endpoint is deleted in the end.
        leases.replace(key, writtenRevision, value(), held.id())
                .whenComplete(
                        (done, thrown) -> env.time().schedule(drain.toNanos(), () -> serial.execute(this::delete)));
    }

    private void delete() {
        ended = true;
        if (timer != null) {
            timer.cancel();
        }
        registered.cancel(false);
        CompletableFuture<Void> left = requireNonNull(leaving, "leaving");
        Leases.Lease held = lease;
        if (held == null) {
            left.complete(null);
            return;
        }
        leases.revoke(held.id()).whenComplete((done, thrown) -> complete(left, thrown));
    }

    private static void complete(CompletableFuture<Void> future, @Nullable Throwable thrown) {
        if (thrown == null) {
            future.complete(null);
        } else {
            future.completeExceptionally(failure(thrown));
        }
    }

    private void schedule(long delayNanos, Runnable task) {
        timer = env.time()
                .schedule(
                        delayNanos,
                        () -> serial.execute(() -> {
                            if (!ended) {
                                task.run();
                            }
                        }));
    }

    private static EtcdFailure failure(Throwable thrown) {
        return EtcdFailure.of(
                "", thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown);
    }

    @Override
    public String toString() {
        return "EtcdRegistration(" + key + ")";
    }
}
