package dev.zerohop.etcd.directory;

import static java.util.Objects.requireNonNull;

import dev.zerohop.EndpointSet;
import dev.zerohop.HealthSource;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.ServiceKeys;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Hands out a directory with every set of another resolver. The two tell of refused values on threads of their own, so all goes through one executor. */
public final class DirectoryResolver implements Resolver {
    private final Resolver endpoints;
    private final ClientSource source;
    private final ServiceKeys service;
    private final DirectoryOptions options;
    private final Executor serial;
    private volatile boolean closed;

    // Guarded by this.
    private boolean started;
    private @Nullable EtcdDirectory directory;

    /** {@code service} is the one whose directory it is. */
    public DirectoryResolver(Resolver endpoints, ClientSource source, ServiceKeys service, DirectoryOptions options) {
        this.endpoints = endpoints;
        this.source = source;
        this.service = service;
        this.options = options;
        this.serial = source.env().serial(this);
    }

    @Override
    public void start(Listener listener) {
        requireNonNull(listener, "listener");
        EtcdDirectory made;
        synchronized (this) {
            if (started || closed) {
                throw new IllegalStateException(
                        this + ": start() was called " + (closed ? "after close()" : "twice") + ", expected once");
            }
            started = true;
            try {
                ClientSource.Use use = source.uses().get();
                made = new EtcdDirectory(
                        use.store(),
                        service.directory(),
                        source.env(),
                        options,
                        refusal -> run(() -> listener.onRefused(refusal)),
                        use::close);
            } catch (RuntimeException unusable) {
                // The other resolver goes by the same client.
                run(() -> listener.onError(unusable));
                return;
            }
            directory = made;
        }
        endpoints.start(new Feed(listener, made));
    }

    @Override
    public void refresh() {
        endpoints.refresh();
    }

    @Override
    public void close() {
        EtcdDirectory made;
        synchronized (this) {
            closed = true;
            made = directory;
        }
        endpoints.close();
        if (made != null) {
            made.close();
        }
    }

    private void run(Runnable task) {
        serial.execute(() -> {
            if (!closed) {
                task.run();
            }
        });
    }

    /** Tells the listener. A set that has a directory already, because it comes from elsewhere, keeps it. */
    private final class Feed implements Listener {
        private final Listener listener;
        private final EtcdDirectory own;

        Feed(Listener listener, EtcdDirectory own) {
            this.listener = listener;
            this.own = own;
        }

        @Override
        public void onEndpoints(EndpointSet all) {
            run(() -> listener.onEndpoints(all.directory() == null ? all.withDirectory(own) : all));
        }

        @Override
        public void onConfirmed(Instant asOf) {
            run(() -> listener.onConfirmed(asOf));
        }

        @Override
        public void onError(Throwable cause) {
            run(() -> listener.onError(cause));
        }

        @Override
        public void onConfiguration(String json) {
            run(() -> listener.onConfiguration(json));
        }

        @Override
        public void onConfigurationRejected(String reason) {
            run(() -> listener.onConfigurationRejected(reason));
        }

        @Override
        public void onRefused(String reason) {
            run(() -> listener.onRefused(reason));
        }

        @Override
        public void onVerdicts(Map<String, HealthSource.Verdict> verdicts) {
            run(() -> listener.onVerdicts(verdicts));
        }
    }

    @Override
    public String toString() {
        return endpoints.toString();
    }
}
