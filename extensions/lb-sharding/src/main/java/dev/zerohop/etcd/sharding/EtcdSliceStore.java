package dev.zerohop.etcd.sharding;

import static java.util.Objects.requireNonNull;

import dev.zerohop.SliceMap;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.EtcdRegistration;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.sharding.store.LoadReport;
import dev.zerohop.sharding.store.MemberState;
import dev.zerohop.sharding.store.SliceStore;
import dev.zerohop.sharding.store.StoreView;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The store of a service in etcd, where its clients read the assignment.
 *
 * <p>A member is registered under a lease that is renewed three times within its length, so one that died is gone when it ends. The candidate that came first leads; it alone reads
 * registrations and reports. Each assignment is written in one transaction, bound to what was in force before and to the candidacy: the assignments of a service are one history, however
 * many believe that they lead. If etcd is put back to an earlier state or loses what it held, the leader writes the newest assignment that a member knows again, under a higher epoch.
 *
 * <p>Thread-safe. Nothing blocks.
 */
public final class EtcdSliceStore implements SliceStore {

    /** How long a member that died counts as alive. */
    public static final Duration DEFAULT_LEASE = Duration.ofSeconds(5);

    private final EtcdClient client;
    private final EtcdMember member;
    private final Object lock = new Object();

    // Guarded by the lock.
    private @Nullable StoreSession session;
    private boolean left;

    private EtcdSliceStore(EtcdClient client, EtcdMember member) {
        this.client = client;
        this.member = member;
    }

    /**
     * The store for one member of a service, which is a candidate, with {@link #DEFAULT_LEASE}.
     *
     * @param client stays open; it must outlive the store
     * @throws IllegalArgumentException if the service is blank or has a slash
     */
    public static EtcdSliceStore of(EtcdClient client, String service) {
        return of(client, service, DEFAULT_LEASE, true);
    }

    /**
     * The store for one member of a service.
     *
     * @param client stays open; it must outlive the store
     * @param lease how long a member that died counts as alive, {@link EtcdRegistration#MIN_TTL} to {@link EtcdRegistration#MAX_TTL}, in whole seconds (rounded up)
     * @param candidate whether this member may lead
     * @throws IllegalArgumentException if the lease is out of its range, or the service is blank or has a slash
     */
    public static EtcdSliceStore of(EtcdClient client, String service, Duration lease, boolean candidate) {
        ServiceKeys keys = new ServiceKeys(requireNonNull(service, "service"));
        if (requireNonNull(lease, "lease").compareTo(EtcdRegistration.MIN_TTL) < 0
                || lease.compareTo(EtcdRegistration.MAX_TTL) > 0) {
            throw new IllegalArgumentException("lease was " + lease + ", expected " + EtcdRegistration.MIN_TTL + " to "
                    + EtcdRegistration.MAX_TTL);
        }
        return new EtcdSliceStore(
                requireNonNull(client, "client"),
                new EtcdMember(keys, lease.plusNanos(999_999_999).toSeconds(), candidate));
    }

    @Override
    public void start(MemberState self, Consumer<StoreView> listener) {
        requireNonNull(self, "self");
        requireNonNull(listener, "listener");
        synchronized (lock) {
            if (session != null || left) {
                throw new IllegalStateException(
                        this + ": start() was called " + (left ? "after leave()" : "twice") + ", expected once");
            }
            session = new StoreSession(client.cluster(), member, self, listener);
            session.start();
        }
    }

    private StoreSession started() {
        synchronized (lock) {
            if (session == null) {
                throw new IllegalStateException(this + " was used before start(), expected start() first");
            }
            return session;
        }
    }

    @Override
    public void announce(MemberState self) {
        started().announce(requireNonNull(self, "self"));
    }

    @Override
    public void report(LoadReport report) {
        started().report(requireNonNull(report, "report"));
    }

    @Override
    public CompletableFuture<Boolean> write(@Nullable SliceMap before, SliceMap next) {
        return started().write(before, requireNonNull(next, "next"));
    }

    @Override
    public void resign() {
        started().resign();
    }

    @Override
    public CompletableFuture<Void> leave() {
        synchronized (lock) {
            left = true;
            return session == null ? CompletableFuture.completedFuture(null) : session.leave();
        }
    }

    @Override
    public void close() {
        var ignored = leave();
    }

    @Override
    public String toString() {
        return "EtcdSliceStore(" + client + "/" + member.keys().service() + ")";
    }
}
