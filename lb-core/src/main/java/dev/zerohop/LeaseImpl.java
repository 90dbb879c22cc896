package dev.zerohop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** The one object that a call costs. */
final class LeaseImpl implements Lease {
    private static final VarHandle OWNER;

    static {
        try {
            OWNER = MethodHandles.lookup().findVarHandle(LeaseImpl.class, "owner", Balancer.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final LiveNode node;
    private final long startNanos;

    /** Null once completed: an atomic exchange is the whole of "once". */
    @SuppressWarnings("unused")
    private volatile @Nullable Balancer owner;

    LeaseImpl(Balancer owner, LiveNode node, long startNanos) {
        this.node = node;
        this.startNanos = startNanos;
        OWNER.set(this, owner);
    }

    @Override
    public Node node() {
        return node;
    }

    @Override
    public boolean complete(Outcome outcome) {
        Balancer balancer = (Balancer) OWNER.getAndSet(this, null);
        if (balancer == null) {
            return false;
        }
        balancer.completed(node, startNanos, outcome);
        return true;
    }

    @Override
    public String toString() {
        return "lease of " + node;
    }
}
