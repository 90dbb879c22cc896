package dev.zerohop.monitor;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.Time;
import java.lang.ref.Cleaner;
import java.lang.ref.WeakReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One service while it has balancers, and its meters. Its lock is held while meters are registered and taken back, which a slow registry makes last: no two services have one in common, and
 * neither attempts nor readers take it.
 *
 * <p>A balancer is held by whoever uses it, and nothing here keeps it: its meters are taken back when it is closed, or when it is collected without.
 */
final class MeteredService {
    private static final Cleaner FORGOTTEN = Cleaner.create();

    private final Supplier<ServiceMetrics> meters;
    private final Runnable whenGone;
    private @Nullable ServiceMetrics metrics;
    private boolean gone;

    /**
     * Makes one without meters, which come with the first balancer.
     *
     * @param meters registers them
     * @param whenGone called once, when they have been taken back
     */
    MeteredService(Supplier<ServiceMetrics> meters, Runnable whenGone) {
        this.meters = meters;
        this.whenGone = whenGone;
    }

    /** The listener of one more balancer; {@link BalancerListener#NOOP} if it has one. Null if the last balancer has left: this one is used no more then. */
    synchronized @Nullable BalancerListener observe(Balancer balancer, Time time) {
        if (gone) {
            return null;
        }
        try {
            ServiceMetrics known = metrics;
            if (known == null) {
                known = meters.get();
                metrics = known;
            } else if (known.observes(balancer)) {
                return BalancerListener.NOOP;
            }
            return add(new ObservedBalancer(this, known, balancer, time), known);
        } catch (RuntimeException unwatched) {
            try {
                closeIfUnused();
            } catch (RuntimeException again) {
                unwatched.addSuppressed(again);
            }
            throw unwatched;
        }
    }

    private ObservedBalancer add(ObservedBalancer observed, ServiceMetrics to) {
        WeakReference<ObservedBalancer> reference = observed.reference();
        try {
            to.add(reference);
        } catch (RuntimeException unwatched) {
            to.balancers().remove(reference);
            throw unwatched;
        }
        FORGOTTEN.register(observed, () -> remove(reference));
        return observed;
    }

    /** The balancer was closed or collected. */
    synchronized void remove(WeakReference<ObservedBalancer> reference) {
        ServiceMetrics known = metrics;
        if (known != null && known.balancers().remove(reference) && !closeIfUnused()) {
            known.refresh();
        }
    }

    private boolean closeIfUnused() {
        ServiceMetrics known = metrics;
        if (gone || (known != null && !known.balancers().isEmpty())) {
            return gone;
        }
        gone = true;
        metrics = null;
        try {
            if (known != null) {
                known.close();
            }
        } finally {
            whenGone.run();
        }
        return true;
    }

    /** What a balancer shows of itself has changed. */
    synchronized void changed() {
        if (metrics != null) {
            metrics.refresh();
        }
    }
}
