package dev.zerohop.sharding.store;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Cancellable;
import dev.zerohop.SliceMap;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One member's access to an {@link InProcessSliceStore}. All state is guarded by the lock of that, except what is published, which belongs to a serial executor. */
final class InProcessAccess implements SliceStore {
    private final InProcessSliceStore store;
    private final boolean candidate;
    private final Executor serial;

    private @Nullable MemberState self;
    private @Nullable Consumer<StoreView> listener;
    private long incarnation;
    private @Nullable SliceMap known;
    private @Nullable Cancellable expiry;
    private boolean resigned;
    private boolean expired;
    private @Nullable CompletableFuture<Void> left;

    boolean registered;
    boolean cut;
    boolean dead;

    /** Touched by serial tasks only. */
    private StoreView published = StoreView.NONE;

    InProcessAccess(InProcessSliceStore store, boolean candidate) {
        this.store = store;
        this.candidate = candidate;
        this.serial = store.env().serial(this);
    }

    // ---- what the member calls ----

    @Override
    public void start(MemberState state, Consumer<StoreView> to) {
        requireNonNull(state, "self");
        requireNonNull(to, "listener");
        store.change(() -> {
            if (self != null || left != null) {
                throw new IllegalStateException(this + ": start() was called "
                        + (left == null ? "twice" : "after leave()") + ", expected once");
            }
            self = state;
            listener = to;
            incarnation = store.enter(this);
            if (store.away()) {
                expired = true;
            } else {
                renew();
            }
        });
    }

    @Override
    public void announce(MemberState state) {
        requireNonNull(state, "self");
        store.change(() -> self = state);
    }

    @Override
    public void report(LoadReport report) {
        requireNonNull(report, "report");
        store.change(() -> {
            if (registered && reaches()) {
                store.keep(report);
            }
        });
    }

    @Override
    public CompletableFuture<Boolean> write(@Nullable SliceMap before, SliceMap next) {
        requireNonNull(next, "next");
        CompletableFuture<Boolean> written = new CompletableFuture<>();
        boolean[] done = {false};
        boolean[] failed = {false};
        store.change(() -> {
            failed[0] = left == null && !reaches();
            done[0] = left == null && reaches() && store.writes(this, before, next);
        });
        if (failed[0]) {
            written.completeExceptionally(new IOException(unreachable()));
        } else {
            written.complete(done[0]);
        }
        return written;
    }

    @Override
    public void resign() {
        store.change(() -> {
            resigned = true;
            store.withdraw(this);
        });
    }

    @Override
    public CompletableFuture<Void> leave() {
        CompletableFuture<Void> leaving = new CompletableFuture<>();
        boolean[] reached = {true};
        store.change(() -> {
            if (left != null) {
                return;
            }
            left = leaving;
            reached[0] = self == null || reaches();
            dead = true;
            if (self == null) {
                return;
            }
            if (reached[0]) {
                cancelExpiry();
                store.remove(this);
            } else {
                expireAfter(InProcessSliceStore.LEASE);
            }
        });
        CompletableFuture<Void> result = requireNonNull(left);
        if (result == leaving) {
            if (reached[0]) {
                leaving.complete(null);
            } else {
                leaving.completeExceptionally(new IOException(unreachable()));
            }
        }
        return result.copy();
    }

    @Override
    public void close() {
        CompletableFuture<Void> ignored = leave();
    }

    // ---- what the store asks, under its lock ----

    String id() {
        return requireNonNull(self).id();
    }

    Member member() {
        return new Member(requireNonNull(self), incarnation);
    }

    @Nullable
    SliceMap known() {
        return known;
    }

    boolean reaches() {
        return !dead && !cut && !store.away();
    }

    /** Registers, or goes on with a registration that is still there. */
    void renew() {
        cancelExpiry();
        expired = false;
        registered = true;
        if (candidate && !resigned) {
            store.campaign(this);
        }
    }

    /** Begins the rest of the lease, unless it runs already. */
    void expireAfter(Duration lease) {
        if (expiry == null) {
            expiry = store.env().time().schedule(lease.toNanos(), () -> store.change(this::expire));
        }
    }

    private void expire() {
        if (expiry == null) {
            return;
        }
        expiry = null;
        expired = true;
        // A store that is away ends no lease; the member's own clock does.
        if (store.away()) {
            return;
        }
        if (dead) {
            store.remove(this);
        } else {
            store.forget(this);
        }
    }

    private void cancelExpiry() {
        if (expiry != null) {
            expiry.cancel();
            expiry = null;
        }
    }

    // ---- publishing ----

    void publishSoon() {
        serial.execute(this::publish);
    }

    /** What is known when this runs: a later task may find nothing new. */
    private void publish() {
        StoreView next;
        Consumer<StoreView> to;
        synchronized (store.lock()) {
            to = listener;
            if (to == null || dead) {
                return;
            }
            if (reaches()) {
                SliceMap held = store.assignment();
                if (held != null && (known == null || held.generation() > known.generation())) {
                    known = held;
                }
                next = store.view(this, known);
            } else {
                next = new StoreView(
                        published.members(),
                        known,
                        published.leader(),
                        published.leading() && !expired,
                        published.reports(),
                        unreachable(),
                        published.read());
            }
        }
        if (!next.equals(published)) {
            published = next;
            to.accept(next);
        }
    }

    private String unreachable() {
        return dead ? "the member has ended" : cut ? "the member is cut off" : "the store is away";
    }

    @Override
    public String toString() {
        MemberState state = self;
        return "InProcessSliceStore(" + (state == null ? "not started" : state.id()) + ")";
    }
}
