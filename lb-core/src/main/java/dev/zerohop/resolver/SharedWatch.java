package dev.zerohop.resolver;

import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.internal.FaultCount;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One watch with its users and its last resolution. Users are notified in serial tasks, on the thread that brings the change. */
final class SharedWatch extends AbstractResolver {
    private static final Log LOG = Log.of(SharedWatch.class);

    private final Resolver source;

    // Touched by tasks only.
    private final List<User> users = new ArrayList<>();
    private boolean started;
    private @Nullable EndpointSet given;

    /** One listener, which is not called once it has left. */
    static final class User {
        private final Resolver.Listener listener;
        private volatile boolean left;

        private final FaultCount failures = new FaultCount();

        User(Resolver.Listener listener) {
            this.listener = listener;
        }

        private void publish(Resolver source, Resolution now) {
            if (left) {
                return;
            }
            try {
                listener.onResolution(now);
            } catch (Throwable thrown) {
                long count = failures.next();
                if (count != 0) {
                    LOG.error(
                            "{}: one of its listeners threw ({} times so far); others are still notified",
                            source,
                            count,
                            thrown);
                }
            }
        }
    }

    SharedWatch(Resolver source, Env env) {
        super(source, env, Runnable::run);
        this.source = source;
        start(now -> List.copyOf(users).forEach(user -> user.publish(source, now)));
    }

    boolean uses(Resolver candidate) {
        return source == candidate;
    }

    /** The first user starts the source; later ones get its last resolution. */
    void attach(User user) {
        run(() -> {
            if (user.left) {
                return;
            }
            users.add(user);
            if (!started) {
                started = true;
                follow(source, this::take);
            } else if (current() != Resolution.NONE) {
                user.publish(source, current());
            }
        });
    }

    void detach(User user) {
        user.left = true;
        run(() -> users.remove(user));
    }

    /** Users that join later know of the ordinals that were there before them. */
    private void take(Resolution now) {
        EndpointSet before = current().endpoints();
        EndpointSet last = given;
        given = now.endpoints();
        publish(now.mapEndpoints(set -> set == last && before != null ? before : set.rememberingOrdinals(before)));
    }

    @Override
    public void refresh() {
        source.refresh();
    }

    @Override
    protected void onStart() {}

    @Override
    protected void onClose() {
        closeSource(source);
    }
}
